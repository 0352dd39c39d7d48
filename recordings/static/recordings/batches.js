// @ts-check
/** Events, gathered into batches: one every two seconds, or sooner where they are many. */

const EVERY = 2_000; // ms
const LARGE = 64_000; // characters
const MOST = 500; // events
const LARGEST = 7_000_000; // characters of one event; the server takes 8 MB

/** @import { RrwebEvent } from "./vendor/rrweb-record/record.js" */

export class Batches {
  /** @type {string[]} */ #events = [];
  #size = 0;
  #timer = 0;
  #pass;

  /** @param {(events: string) => Promise<void>} pass takes a batch, a JSON array */
  constructor(pass) {
    this.#pass = pass;
  }

  /** @param {RrwebEvent} event */
  add(event) {
    const text = JSON.stringify({ event: "rrweb", data: event, timestamp: event.timestamp });
    if (text.length > LARGEST) return;
    if (this.#size + text.length > LARGE) void this.flush();
    this.#events.push(text);
    this.#size += text.length;
    if (this.#size >= LARGE || this.#events.length >= MOST) void this.flush();
    else this.#timer ||= setTimeout(() => this.flush(), EVERY);
  }

  /** Resolves once what was gathered is held. */
  async flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const events = this.#events.splice(0);
    this.#size = 0;
    if (events.length) await this.#pass(`[${events.join(",")}]`);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#timer = this.#size = 0;
    this.#events = [];
  }
}
