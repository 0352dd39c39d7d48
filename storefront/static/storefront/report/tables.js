// @ts-check
/** Tables of figures: rows of a name and its numbers. */

import { bdi } from "../common/dom.js";
import { money } from "../common/format.js";

/** @typedef {string | Node} Cell */

/**
 * The rows of a table's body, the first cell of each its heading; a table without rows is hidden, and its `data-none` shown.
 * @param {ParentNode} root with a `tbody`
 * @param {Cell[][]} rows
 */
export function fill(root, rows) {
  const body = /** @type {Element} */ (root.querySelector("tbody"));
  body.replaceChildren(...rows.map(row));
  root.querySelector(".scrolls")?.toggleAttribute("hidden", rows.length === 0);
  root.querySelector("[data-none]")?.toggleAttribute("hidden", rows.length > 0);
}

/** @param {Cell[]} cells */
function row([first, ...others]) {
  const element = document.createElement("tr");
  const head = Object.assign(document.createElement("th"), { scope: "row" });
  head.append(first);
  element.append(head, ...others.map(cell));
  return element;
}

/** @param {Cell} value */
function cell(value) {
  const element = document.createElement("td");
  element.append(value);
  return element;
}

/** @param {string | null} name */
export function named(name) {
  return name === null || name === "" ? "–" : bdi(name);
}

/** @param {number} amount in minor units @param {{ currency: string, exponent: number }} of */
export function minor(amount, { currency, exponent }) {
  return money(amount / 10 ** exponent, currency);
}

/** Such as 42 s, 7 min and 1 h 5 min. @param {number} seconds */
export function lasting(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min` : `${Math.round(seconds)} s`;
}
