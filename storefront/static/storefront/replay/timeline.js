// @ts-check
/** What happened in a show, fetched minute by minute around the moment that is played. */

import { call } from "../common/api.js";

/** @import { Product } from "../common/messages.js" */

/**
 * What the timeline says, as far as the page looks; `t` is the show's time in ms.
 * @typedef {{ t: number, id: string, message: string, userId: number | null, userName: string, badge: string, author: string, answers: string | null }} Said
 * @typedef {{ productId: string | null, pinnedMessage: Said | null }} State
 * @typedef {object} Page
 * @property {number | null} next
 * @property {State} state
 * @property {Said[]} messages
 * @property {{ t: number, productId: string | null }[]} showcase
 * @property {{ t: number, message: Said | null }[]} pinnedMessage
 * @property {{ t: number, counts: Record<string, number> }[]} reactions
 * @property {Product[]} products
 */

const MINUTE = 60_000; // ms
const BEHIND = 2; // minutes before the one that is played, whose lines are shown too
const AHEAD = 15_000; // ms before the end of a minute the next one is fetched
const KEPT = 60; // minutes in memory

export class Timeline {
  /** @type {Map<number, Page | Promise<void>>} */ #minutes = new Map();
  #deleted = new Set();

  /** @param {string} sessionId @param {(products: Product[]) => void} met hears the products that are spoken of */
  constructor(sessionId, met) {
    this.sessionId = sessionId;
    this.met = met;
  }

  /** Whether all that is shown at `t` is here. @param {number} t */
  has(t) {
    return around(t).every((minute) => this.#page(minute));
  }

  /** Fetches what is missing of that, and soon what comes after it. Rejects where the server can't be asked. @param {number} t */
  async need(t) {
    const minutes = around(t);
    const now = minutes.map((minute) => this.#fetch(minute));
    if (this.has(t) && t % MINUTE > MINUTE - AHEAD) void this.#fetch(minutes[0] + 1).catch(() => {});
    await Promise.all(now);
    for (const minute of this.#minutes.keys()) {
      if (this.#minutes.size > KEPT && !minutes.includes(minute)) this.#minutes.delete(minute);
    }
  }

  /** The last lines up to `t`, oldest first. @param {number} t @param {number} most */
  lines(t, most) {
    const said = around(t).reverse().flatMap((minute) => this.#page(minute)?.messages ?? []);
    return said.filter((line) => line.t <= t && !this.#deleted.has(line.id)).slice(-most);
  }

  /** What was on screen and in view at `t`. @param {number} t @returns {State} */
  state(t) {
    const page = this.#page(Math.floor(t / MINUTE));
    if (!page) return { productId: null, pinnedMessage: null };
    const shown = page.showcase.findLast((change) => change.t <= t);
    const pinned = page.pinnedMessage.findLast((change) => change.t <= t);
    const message = pinned ? pinned.message : page.state.pinnedMessage;
    return {
      productId: shown ? shown.productId : page.state.productId,
      pinnedMessage: message && !this.#deleted.has(message.id) ? message : null,
    };
  }

  /** How often people reacted in the minute of `t`, by kind. @param {number} t @returns {Record<string, number>} */
  reactions(t) {
    const buckets = around(t).flatMap((minute) => this.#page(minute)?.reactions ?? []);
    return buckets.find((bucket) => bucket.t <= t && t < bucket.t + MINUTE)?.counts ?? {};
  }

  /** @param {string} id of a line that was taken back meanwhile */
  forget(id) {
    this.#deleted.add(id);
  }

  /** Fetches all of it anew: lines were restored. */
  clear() {
    this.#deleted.clear();
    this.#minutes.clear();
  }

  /** @param {number} minute */
  #page(minute) {
    const found = this.#minutes.get(minute);
    return found instanceof Promise ? undefined : found;
  }

  /** @param {number} minute @returns {Promise<void>} */
  async #fetch(minute) {
    const known = this.#minutes.get(minute);
    if (known) return known instanceof Promise ? known : undefined;
    const fetching = this.#read(minute).then(
      (page) => void this.#minutes.set(minute, page),
      (error) => {
        this.#minutes.delete(minute);
        throw error;
      },
    );
    this.#minutes.set(minute, fetching);
    return fetching;
  }

  /** @param {number} minute @returns {Promise<Page>} */
  async #read(minute) {
    const end = (minute + 1) * MINUTE;
    /** @type {Page | null} */ let whole = null;
    for (let from = minute * MINUTE; ; ) {
      /** @type {Page} */ const page = await call("GET", `sessions/${this.sessionId}/timeline?from=${from}&to=${end}`);
      this.met(page.products);
      if (!whole) whole = page;
      else for (const list of LISTS) whole[list].push(.../** @type {any[]} */ (page[list]));
      if (page.next === null) return whole;
      from = page.next;
    }
  }
}

const LISTS = /** @type {const} */ (["messages", "showcase", "pinnedMessage", "reactions"]);

/** The minutes of which something is shown at `t`, that of `t` first. @param {number} t */
function around(t) {
  const minute = Math.floor(t / MINUTE);
  return Array.from({ length: BEHIND + 1 }, (_, n) => minute - n).filter((each) => each >= 0);
}
