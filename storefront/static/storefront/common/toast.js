// @ts-check
/** Short news at the edge of the page, with one thing to do about it at most. */

import { clone, query } from "./dom.js";

const STAYS = 6_000; // ms
const WAITS = 30_000; // ms for an answer: it has to be read, weighed and reached, by keyboard or with a slow hand too
const AT_ONCE = 3;

/** @param {string} words @param {{ label: string, act: () => void }} [answer] */
export function toast(words, answer) {
  const place = query("[data-toasts]");
  const notice = clone("notice");
  const button = query("button", notice);
  query("[data-words]", notice).textContent = words;
  if (answer) {
    button.hidden = false;
    button.textContent = answer.label;
    button.addEventListener("click", () => (notice.remove(), answer.act()));
  }
  while (place.children.length >= AT_ONCE) place.firstElementChild?.remove();
  place.append(notice);
  setTimeout(() => notice.remove(), answer ? WAITS : STAYS);
}

/** @param {unknown} error */
export const toastError = (error) => toast(/** @type {Error} */ (error).message);
