// @ts-check
/** Moments of a recording in words, and pieces of the page. */

/** @param {number} ms @returns {string} such as 1:02:03 or 2:03 */
export function moment(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** @param {number} ms @returns {string} for those who hear it */
export function spoken(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const words = ["hour", "minute", "second"].flatMap((word, index) =>
    parts[index] || (index === 2 && seconds < 60) ? [`${parts[index]} ${word}${parts[index] === 1 ? "" : "s"}`] : [],
  );
  return words.join(" ");
}

/**
 * The element that the template promises; its absence is a mistake in the template, so it is an error.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function query(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`No ${selector} on this page`);
  return /** @type {T} */ (found);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
