// @ts-check
/** The keyboard. Keys count only while the focus is in the player, so that they take none from the rest of the page. */

import { SPEEDS } from "./player.js";

/** @import { Player } from "./player.js" */

const STEP = 5000; // ms

/**
 * @param {HTMLElement} root
 * @param {Player} player
 * @param {{ faster: (way: 1 | -1) => void, jump: (kind: "clicks" | "pages" | "spoken", way: 1 | -1) => void, note: () => void, skip: () => void }} does
 */
export function listen(root, player, does) {
  /** @type {Record<string, () => void>} */
  const keys = {
    " ": () => player.toggle(),
    k: () => player.toggle(),
    ArrowLeft: () => player.seek(player.position - STEP),
    ArrowRight: () => player.seek(player.position + STEP),
    Home: () => player.seek(0),
    End: () => player.seek(player.outline.duration),
    ",": () => does.faster(-1),
    ".": () => does.faster(1),
    c: () => does.jump("clicks", 1),
    C: () => does.jump("clicks", -1),
    p: () => does.jump("pages", 1),
    P: () => does.jump("pages", -1),
    v: () => does.jump("spoken", 1),
    V: () => does.jump("spoken", -1),
    i: () => does.skip(),
    n: () => does.note(),
  };
  root.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return;
    const isOwn = target.matches("button, summary, input[type=checkbox]") && key === " ";
    if (isOwn || target.matches("select, textarea, input[type=text]") || !Object.hasOwn(keys, key)) return;
    event.preventDefault();
    keys[key]();
  });
}

/** The speed beside this one. @param {number} speed @param {1 | -1} way */
export function beside(speed, way) {
  const index = SPEEDS.indexOf(speed) + way;
  return SPEEDS[Math.max(0, Math.min(index, SPEEDS.length - 1))];
}
