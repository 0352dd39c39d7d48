// @ts-check
/** Reactions: one tap sends one, and everyone's float up over the stage. */

import { query, queryAll } from "../common/dom.js";
import { tally } from "../common/format.js";

/** @import { Vitrine } from "../../realtime/client.js" */

const AT_ONCE = 24; // floating over the stage; a storm shows no more

/**
 * Returns what lets the picture of one kind float up.
 * @param {HTMLElement} floats
 * @param {Map<string, HTMLElement>} buttons the pictures stand on
 */
export function floating(floats, buttons) {
  return (/** @type {string} */ kind) => {
    const icon = (buttons.get(kind) ?? buttons.get("heart"))?.querySelector("svg")?.cloneNode(true);
    if (!(icon instanceof SVGElement) || floats.children.length >= AT_ONCE || document.hidden) return;
    icon.style.setProperty("--at", `${4 + Math.random() * 22}%`);
    icon.style.setProperty("--drift", `${Math.random() * 5 - 2.5}rem`);
    icon.style.setProperty("--turn", `${Math.random() * 40 - 20}deg`);
    icon.addEventListener("animationend", () => icon.remove());
    floats.append(icon);
  };
}

/** The buttons of a bar by their kind. @param {HTMLElement} bar */
export function kinds(bar) {
  return new Map(queryAll("[data-kind]", bar).map((button) => [button.dataset.kind ?? "", button]));
}

/**
 * Returns what shows how many there have been.
 * @param {HTMLElement} bar
 * @param {HTMLElement} floats
 * @param {Vitrine} client
 * @param {string} sessionId
 * @returns {(total: number) => void}
 */
export function reactions(bar, floats, client, sessionId) {
  /** @type {Map<string, number>} one's own, shown when tapped and therefore not again when the room hears them */
  const own = new Map();
  const buttons = kinds(bar);
  const float = floating(floats, buttons);

  /** @param {string} kind @param {number} change */
  const count = (kind, change) => own.set(kind, Math.max(0, (own.get(kind) ?? 0) + change));

  for (const [kind, button] of buttons) {
    button.addEventListener("click", async () => {
      float(kind);
      count(kind, 1);
      const ack = await client.send("send-reaction", { sessionId, kind }, { keep: false });
      if (!ack.ok) count(kind, -1);
    });
  }
  client.on("new-reaction", ({ kind }) => {
    if (own.get(kind)) count(kind, -1);
    else float(kind);
  });
  return (total) => {
    const words = query("[data-total]", bar);
    words.textContent = `${tally(total)} ${total === 1 ? "reaction" : "reactions"}`;
    words.hidden = total === 0;
  };
}
