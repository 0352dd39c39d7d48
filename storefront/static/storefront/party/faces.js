// @ts-check
/** How those in a party are drawn: a name, its initials and a colour that stays with it. */

import { initial, query } from "../common/dom.js";

/** @import { Together } from "../../shopping/sdk.js" */

const TINTS = 6; // as many as tokens.css has

/** @param {Together} together @param {string} userId */
export function nameOf(together, userId) {
  return together.isMe(userId) ? "You" : together.nameOf(userId);
}

/** By the name, for ids change with each connection. @param {string} name */
export function tintOf(name) {
  const sum = [...name].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  return `tint-${sum % TINTS}`;
}

/** @param {string} name */
const initials = (name) => {
  const words = name.trim().split(/\s+/);
  return words.slice(0, 2).map(initial).join("") || "?";
};

/** @param {HTMLElement} element that has `.initials` in it @param {string} name */
export function drawFace(element, name) {
  const face = query(".initials", element);
  face.className = `initials ${tintOf(name)}`;
  face.textContent = initials(name);
}

/** @param {string[]} names */
export function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
