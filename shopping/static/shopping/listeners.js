// @ts-check
/** Who hears what. */

/** @typedef {(payload: any, heard: { missed: boolean }) => void} Listener */

export class Listeners {
  /** @type {Map<string, Set<Listener>>} */ #listeners = new Map();

  /** Returns what stops it. @param {string} name @param {Listener} listener */
  add(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** @param {string} name @param {any} payload @param {boolean} missed */
  tell(name, payload, missed) {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(payload, { missed });
      } catch (error) {
        reportError(error); // one listener's fault is not the others'
      }
    }
  }
}
