// @ts-check
/** What held.js does, as long as the page lives, where a browser keeps nothing. */

/** @import { Item, Kept, Kind } from "./held.js" */

const MOST = 5_000_000; // bytes; beyond, the oldest is dropped
const START = Math.floor(Date.now() / 1000); // the pages before had lower ones; a page has fewer than one in a second

export class HeldHere {
  /** @type {Record<Kind, Kept[]>} */ #items = { events: [], audio: [] };
  #numbers = { events: START, audio: START, parts: START };
  #size = 0;
  #dropped;

  /** @param {(count: number) => void} dropped */
  constructor(dropped) {
    this.#dropped = dropped;
  }

  /** @param {Kind} kind @param {Item} item */
  async add(kind, item) {
    this.#items[kind].push({ ...item, number: ++this.#numbers[kind] });
    this.#size += item.size;
    let count = 0;
    while (this.#size > MOST && this.#items[kind].length) {
      this.#size -= /** @type {Kept} */ (this.#items[kind].shift()).size;
      count++;
    }
    if (count) this.#dropped(count);
  }

  /** @param {Kind} kind @param {number} count */
  async oldest(kind, count) {
    return this.#items[kind].slice(0, count);
  }

  /** @param {Kind} kind @param {Kept} item */
  async remove(kind, item) {
    const left = this.#items[kind].filter(({ number }) => number !== item.number);
    if (left.length < this.#items[kind].length) this.#size -= item.size;
    this.#items[kind] = left;
  }

  async clear() {
    this.#items = { events: [], audio: [] };
    this.#size = 0;
  }

  async part() {
    return ++this.#numbers.parts;
  }
}
