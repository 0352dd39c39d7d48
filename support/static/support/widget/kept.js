// @ts-check
/** What the browser keeps of a customer between pages: what they have not sent, and whether the window is open. */

import { forgetGuest } from "../../realtime/client.js";

/** @import { Item, Remembered, Seen } from "../options.js" */

const MAX_WAITING = 20; // messages that were not sent
const OURS = "vitrine."; // how the names of all that our scripts keep begin
const OWED = '"owed":true'; // a recording that the server has still to be told to delete

export class Kept {
  #server;
  #key;
  #reader;
  /** @type {Remembered} for a browser that keeps nothing */ #here = empty();
  /** @type {Seen} */ #seenHere = {};

  /** @param {string} server @param {string} reader who is logged in, or nothing: another one finds nothing of theirs */
  constructor(server, reader) {
    this.#server = server;
    this.#key = `vitrine.support ${server}`;
    this.#reader = reader;
    const before = this.all.reader;
    if (before && before !== reader) this.#clear([this.#key]);
    if (before !== reader) this.#change({ reader });
  }

  /** Of all tabs. @returns {Remembered} */
  get all() {
    return { ...empty(), ...(read("localStorage", this.#key) ?? this.#here) };
  }

  /** Of this tab. @returns {Seen} */
  get seen() {
    return read("sessionStorage", this.#key) ?? this.#seenHere;
  }

  /** @param {Partial<Seen>} facts */
  see(facts) {
    this.#seenHere = { ...this.seen, ...facts };
    write("sessionStorage", this.#key, this.#seenHere);
  }

  /** @param {Partial<Pick<Remembered, "conversation" | "draft" | "email" | "attached">>} facts */
  keep(facts) {
    this.#change(facts);
  }

  /** Answers false where too much waits already. @param {Item} item */
  wait(item) {
    const { waiting } = this.all;
    if (!waiting.some(({ op }) => op === item.op) && waiting.length >= MAX_WAITING) return false;
    const others = waiting.filter(({ op }) => op !== item.op);
    this.#change({ waiting: [...others, item].sort((one, other) => one.at - other.at) });
    return true;
  }

  /** @param {string} op of a message that waits no longer */
  done(op) {
    this.#change({ waiting: this.all.waiting.filter((item) => item.op !== op) });
  }

  /** On a shared computer: nothing of whoever was here stays, not in our other scripts either. */
  forget() {
    this.#clear(null);
    forgetGuest(this.#server);
    this.#change({ reader: this.#reader });
  }

  /** @param {string[] | null} keys null means all of ours */
  #clear(keys) {
    this.#here = empty();
    this.#seenHere = {};
    for (const name of /** @type {const} */ (["localStorage", "sessionStorage"])) {
      try {
        const storage = window[name];
        for (const key of keys ?? Object.keys(storage).filter((key) => key.startsWith(OURS))) {
          if (!storage.getItem(key)?.includes(OWED)) storage.removeItem(key);
        }
      } catch {
        // storage is forbidden: then nothing is in it
      }
    }
  }

  /** @param {Partial<Remembered>} facts */
  #change(facts) {
    this.#here = { ...this.all, ...facts };
    write("localStorage", this.#key, this.#here);
  }
}

/** @returns {Remembered} */
const empty = () => ({ reader: "", conversation: "", draft: "", email: "", attached: [], waiting: [] });

/** @param {"localStorage" | "sessionStorage"} name @param {string} key */
function read(name, key) {
  try {
    return JSON.parse(window[name].getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {"localStorage" | "sessionStorage"} name @param {string} key @param {object} facts */
function write(name, key, facts) {
  try {
    window[name].setItem(key, JSON.stringify(facts));
  } catch {
    // then it lasts as long as the page
  }
}
