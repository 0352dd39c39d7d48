// @ts-check
/** What was begun and not sent, in this tab, so that neither a look elsewhere nor a reload loses it. */

import { keep, kept } from "./kept.js";

/** @typedef {{ text: string, internal: boolean }} Draft */

const DRAFTS = "vitrine.desk.drafts";
const MOST = 50; // drafts of at most 4,000 characters; the oldest are forgotten first

export class Drafts {
  /** @type {Map<string, Draft>} */ #drafts;

  constructor() {
    this.#drafts = new Map(JSON.parse(kept(DRAFTS, () => sessionStorage) || "[]"));
  }

  /** @param {string} id of a conversation @returns {Draft} */
  of(id) {
    return this.#drafts.get(id) ?? { text: "", internal: false };
  }

  /** @param {string} id @param {Draft} draft */
  keep(id, draft) {
    this.#drafts.delete(id);
    if (draft.text) this.#drafts.set(id, draft);
    while (this.#drafts.size > MOST) this.#drafts.delete([...this.#drafts.keys()][0]);
    keep(DRAFTS, this.#drafts.size ? JSON.stringify([...this.#drafts]) : "", () => sessionStorage);
  }
}
