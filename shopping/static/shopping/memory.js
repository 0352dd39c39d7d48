// @ts-check
/** What a tab remembers of its party over a reload, in storage of its own: another tab is another participant. */

/** @import { Position, Remembered } from "./messages.js" */

const KEY = "vitrine.together";
const IDS = 50; // of one's own that are kept

export class Memory {
  /** @type {Remembered | null} */ #kept = recall();

  get kept() {
    return this.#kept;
  }

  /** Begins with a party, or goes on with it; answers whether this tab was in it. @param {string} sessionId @param {string} userName */
  enter(sessionId, userName) {
    const same = this.#kept?.sessionId === sessionId ? this.#kept : null;
    this.#kept = { ids: [], votes: {}, position: null, ...same, sessionId, userName };
    return same !== null;
  }

  /** @param {string} clientId */
  knows(clientId) {
    return this.#kept?.ids.includes(clientId) ?? false;
  }

  /** @param {string} clientId */
  be(clientId) {
    if (this.#kept && !this.knows(clientId)) this.#keep({ ids: [...this.#kept.ids, clientId].slice(-IDS) });
  }

  /** @param {Position | undefined} position */
  stand(position) {
    if (position) this.#keep({ position });
  }

  /** @param {string} productId @param {number} value */
  voted(productId, value) {
    this.#keep({ votes: { ...this.#kept?.votes, [productId]: value } });
  }

  forget() {
    this.#kept = null;
    stored(() => sessionStorage.removeItem(KEY));
  }

  /** @param {Partial<Remembered>} facts */
  #keep(facts) {
    if (!this.#kept) return;
    this.#kept = { ...this.#kept, ...facts };
    stored(() => sessionStorage.setItem(KEY, JSON.stringify(this.#kept)));
  }
}

/** @returns {Remembered | null} */
const recall = () => JSON.parse(stored(() => sessionStorage.getItem(KEY)) ?? "null");

/** A browser that keeps nothing (cookies refused) throws. @template T @param {() => T} work */
function stored(work) {
  try {
    return work();
  } catch {
    return null;
  }
}
