// @ts-check
/**
 * What a page has to say as it goes, in localStorage: Chromium gives up a write to IndexedDB whose room it has to ask
 * for first when the page is gone by then, and localStorage takes it at once. The next page of the shop takes it over.
 */

/** @import { Item } from "./held.js" */

const MOST = 1_000_000; // characters of all that are left; more goes the usual way

export class Left {
  #prefix;

  /** @param {string} name */
  constructor(name) {
    this.#prefix = `${name} left `;
  }

  /** Answers whether it is kept. @param {Item} item */
  leave(item) {
    const text = JSON.stringify(item);
    try {
      const size = this.#keys().reduce((sum, key) => sum + (localStorage.getItem(key)?.length ?? 0), text.length);
      if (size > MOST) return false;
      localStorage.setItem(`${this.#prefix}${Date.now()} ${Math.random()}`, text);
      return true;
    } catch {
      return false;
    }
  }

  /** What pages before have left, in its order; nobody else takes it. @returns {Item[]} */
  take() {
    try {
      return this.#keys().flatMap((key) => {
        const text = localStorage.getItem(key);
        localStorage.removeItem(key);
        return text === null ? [] : [JSON.parse(text)];
      });
    } catch {
      return [];
    }
  }

  #keys() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix)).sort();
  }
}
