// @ts-check
/** Small pieces that the lists of questions and of those who keep order share. */

import { query } from "../common/dom.js";

/** @param {string} words @param {string} [more] further classes */
export function button(words, more = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `button small ${more}`;
  made.textContent = words;
  return made;
}

/**
 * Shows whose words are kept in view, or nothing.
 * @param {HTMLElement} place
 * @param {{ userName: string, message: string } | null} said
 */
export function bold(place, said) {
  place.hidden = !said;
  query("[data-name]", place).textContent = said?.userName || (said ? "Guest" : "");
  query("[data-text]", place).textContent = said?.message ?? "";
}
