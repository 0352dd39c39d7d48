// @ts-check
/** The events of a recording, fetched a few batches at a time; the newest of them are kept, and no more. */

import { call } from "./api.js";

/** @import { Batch } from "./outline.js" */
/** @typedef {{ event: string, data: any, timestamp: number }} Recorded */

const AT_ONCE = 30; // batches of one request
const KEPT = 90; // batches in memory, each a few seconds of a visit

export class Pieces {
  /** @type {Map<number, Recorded[]>} */ #kept = new Map();
  /** @type {Map<number, Promise<void>>} */ #coming = new Map();
  #path;

  /** @param {string} path of the recording's REST resource, which ends in a slash */
  constructor(path) {
    this.#path = path;
  }

  get size() {
    return this.#kept.size;
  }

  /** The batches that a recording begins with, for a picture before anything else is known. */
  async first() {
    const { batches } = await call("GET", `${this.#path}events?limit=3`);
    for (const { number, events } of batches) this.#keep(number, events);
    return /** @type {Recorded[]} */ (batches.flatMap((/** @type {{events: Recorded[]}} */ { events }) => events));
  }

  /**
   * The events of these batches, in the order of their time.
   * @param {Batch[]} batches
   * @returns {Promise<Recorded[]>}
   */
  async events(batches) {
    const found = [];
    for (let from = 0; from < batches.length; from += AT_ONCE) {
      const piece = batches.slice(from, from + AT_ONCE);
      for (const { number } of piece) await this.#batch(number, /** @type {Batch} */ (piece.at(-1)).number);
      for (const { number } of piece) found.push(...(this.#kept.get(number) ?? []));
    }
    return found.sort((a, b) => a.timestamp - b.timestamp);
  }

  /** Has a batch in memory, and while it asks for one, the others up to `last` as well. @param {number} number @param {number} last */
  async #batch(number, last) {
    if (this.#kept.has(number)) return;
    if (!this.#coming.has(number)) this.#ask(number, last);
    await this.#coming.get(number);
  }

  /** @param {number} first @param {number} last */
  #ask(first, last) {
    const limit = Math.min(last - first + 1, AT_ONCE);
    const asked = call("GET", `${this.#path}events?after=${first - 1}&limit=${limit}`).then(({ batches }) => {
      for (const { number, events } of batches) this.#keep(number, events);
      if (!this.#kept.has(first)) this.#keep(first, []); // it has been deleted, or can't be read any more
    });
    const settled = asked.finally(() => this.#coming.delete(first));
    this.#coming.set(first, settled);
  }

  /** @param {number} number @param {Recorded[]} events */
  #keep(number, events) {
    this.#kept.delete(number);
    this.#kept.set(number, events);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}
