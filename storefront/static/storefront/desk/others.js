// @ts-check
/** Who else is in the open conversation: colleagues who look at it, and whoever is writing. */

import { query } from "../common/dom.js";

/** @import { Vitrine } from "../../realtime/client.js" */

const OVER = 12_000; // ms after which nobody is writing any more unless it is said again

export class Others {
  /** @type {Map<string, number>} */ #writing = new Map(); // names, with the timers that end it
  /** @type {string[]} */ #looking = [];
  #id = "";

  /** @param {HTMLElement} root @param {Vitrine} client @param {number} me */
  constructor(root, client, me) {
    this.lookers = query("[data-lookers]", root);
    this.typing = query("[data-typing]", root);
    client.on("support-lookers", ({ conversationId, agents }) => {
      if (conversationId !== this.#id) return;
      this.#looking = agents.filter(({ userId }) => userId !== me).map(({ name }) => name);
      this.#draw();
    });
    client.on("support-typing", ({ conversationId, name, typing }) => {
      if (conversationId !== this.#id) return;
      if (typing) this.#begin(name);
      else this.wrote(name);
    });
  }

  /** @param {string} id */
  open(id) {
    for (const timer of this.#writing.values()) clearTimeout(timer);
    this.#writing.clear();
    this.#looking = [];
    this.#id = id;
    this.#draw();
  }

  /** Somebody has stopped writing, or sent it. @param {string} name */
  wrote(name) {
    clearTimeout(this.#writing.get(name));
    if (this.#writing.delete(name)) this.#draw();
  }

  /** @param {string} name */
  #begin(name) {
    clearTimeout(this.#writing.get(name));
    this.#writing.set(name, setTimeout(() => this.wrote(name), OVER));
    this.#draw();
  }

  #draw() {
    const writing = [...this.#writing.keys()];
    say(this.lookers, this.#looking.length ? `${named(this.#looking)} also looking at this` : "");
    say(this.typing, writing.length ? `${named(writing)} writing…` : "");
  }
}

/** @param {HTMLElement} place @param {string} words */
function say(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

/** @param {string[]} names */
function named(names) {
  return `${new Intl.ListFormat("en").format(names)} ${names.length === 1 ? "is" : "are"}`;
}
