// @ts-check
/** The chapters of a replay, one for each product as it came on screen: marks on the track, and a list to choose from. */

import { moment } from "../../recordings/replay/format.js";
import { clone, query } from "../common/dom.js";

/** @typedef {{ t: number, productId: string, productName: string }} Chapter */

/**
 * Returns what is told of each moment.
 * @param {HTMLElement} root the player
 * @param {{ from: number, to: number, chapters: Chapter[] }} facts
 * @param {(t: number) => void} go
 */
export function chapters(root, { from, to, chapters: list }, go) {
  const dialog = /** @type {HTMLDialogElement} */ (query("[data-chapters]"));
  const opener = query("[data-open-chapters]", root);
  const buttons = list.map(({ t, productName }) => {
    const row = clone("chapter-row");
    const button = query("button", row);
    query("[data-at]", row).textContent = moment(t - from);
    query("[data-name]", row).textContent = productName;
    button.addEventListener("click", () => {
      dialog.close();
      go(t);
    });
    query("[data-chapter-rows]", dialog).append(row);
    return button;
  });
  for (const { t } of list) {
    const mark = document.createElement("span");
    mark.style.setProperty("--at", `${((t - from) / Math.max(1, to - from)) * 100}%`);
    query("[data-marks]", root).append(mark);
  }
  opener.addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

  let shown = -2;
  return (/** @type {number} */ t) => {
    const now = list.findLastIndex((chapter) => chapter.t <= t);
    if (now === shown) return;
    shown = now;
    for (const [n, button] of buttons.entries()) button.ariaCurrent = n === now ? "true" : null;
    query("[data-chapter]", root).textContent = list[now]?.productName ?? "Chapters";
  };
}

/** Draws how many watched, minute by minute, behind the track. @param {Element} path @param {{ from: number, to: number, viewers: { t: number, viewers: number }[] }} facts */
export function drawCrowd(path, { from, to, viewers }) {
  const most = Math.max(1, ...viewers.map(({ viewers: count }) => count));
  const within = viewers.filter(({ t }) => from <= t && t <= to);
  if (within.length < 2) return;
  const points = within.map(({ t, viewers: count }) => `${((t - from) / (to - from)) * 600} ${40 - (count / most) * 36}`);
  path.setAttribute("d", `M0 40 L${points.join(" L")} L600 40 Z`);
}
