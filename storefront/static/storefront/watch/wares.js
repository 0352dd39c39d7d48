// @ts-check
/** Where a screen has no room for the strip, its products lie in a sheet that a button opens. */

import { query } from "../common/dom.js";

/** Returns what tells it how many there are. @param {HTMLElement} strip */
export function wares(strip) {
  const button = query("[data-wares]");
  const sheet = /** @type {HTMLDialogElement} */ (query("[data-wares-sheet]"));
  const list = query("ul", strip);
  button.addEventListener("click", () => {
    sheet.append(list); // one list, wherever it is seen
    sheet.showModal();
  });
  sheet.addEventListener("click", ({ target }) => target === sheet && sheet.close());
  sheet.addEventListener("close", () => strip.prepend(list));

  return (/** @type {number} */ count) => {
    button.hidden = count === 0;
    query("[data-count]", button).textContent = String(count);
  };
}
