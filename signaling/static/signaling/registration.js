// @ts-check
/** How a seat in a match is asked for: on every connection, with what proves that it is one's own, and until there is room. */

/** @import { Ack, Vitrine } from "../realtime/client.js" */

/**
 * What a page keeps of its seat, to have the same one after being loaded again. With `talking` it goes on with a call, with
 * `accepts` it takes the next one unasked, because that was accepted elsewhere.
 * @typedef {{ userId: string, resumeToken?: string, talking?: boolean, accepts?: boolean }} Seat
 */

/**
 * @typedef {object} Place
 * @property {string} matchId
 * @property {Seat} seat
 * @property {() => Promise<RTCConfiguration>} configure
 * @property {(seat: Seat) => void} [keep] is given the seat whenever it changes
 */

const FULL_AGAIN = 3_000; // ms after which a full match is tried again: one of the two may be about to leave

export class Registration {
  /** @type {Vitrine} */ #client;
  /** @type {Place} */ #place;
  /** @type {{ userId: string, matchId: string, resumeToken?: string }} */ #said;
  /** @type {(stage: "full" | "refused", why: string) => void} */ #refused;
  #forget = () => {};
  #timer = 0;

  /** @param {Vitrine} client @param {Place} place @param {(stage: "full" | "refused", why: string) => void} refused */
  constructor(client, place, refused) {
    this.#client = client;
    this.#place = place;
    this.#refused = refused;
    const { userId, resumeToken } = place.seat;
    this.#said = { userId, matchId: place.matchId, resumeToken };
  }

  get userId() {
    return this.#said.userId;
  }

  ask() {
    this.#forget();
    const hearers = { entered: (/** @type {Ack} */ ack) => this.#answered(ack) };
    this.#forget = this.#client.enter("register", this.#said, hearers, { everyTime: true });
  }

  withdraw() {
    clearTimeout(this.#timer);
    this.#forget();
  }

  /** @param {{ userId: string, resumeToken?: string }} seat as the server has given it */
  learn({ userId, resumeToken }) {
    this.#said.userId = userId;
    if (resumeToken) this.#said.resumeToken = resumeToken;
  }

  /** @param {boolean} talking whether a page that is loaded again goes on with a call */
  keep(talking) {
    const { userId, resumeToken } = this.#said;
    this.#place.keep?.({ userId, resumeToken, talking });
  }

  /** @param {Ack} ack with `retryAfter` the client itself asks again; a ban, even for a time, ends the call */
  #answered(ack) {
    if (ack.ok || (ack.retryAfter && ack.code !== "forbidden") || ack.code === "timeout") return;
    const full = ack.code === "match_full";
    this.#refused(full ? "full" : "refused", ack.message ?? "");
    clearTimeout(this.#timer);
    if (full) this.#timer = setTimeout(() => this.ask(), FULL_AGAIN);
  }
}
