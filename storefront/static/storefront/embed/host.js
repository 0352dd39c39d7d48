// @ts-check
/** The page in whose frame this one stands: nothing is told to it, or heard of it, but between origins that are checked. */

const PATIENCE = 1_500; // ms for a page that has `/embed.js` to greet; without it a frame stands alone
const NEWS = ["mode", "cart"]; // of which the newest counts
const ANSWERS = 20_000; // ms for a shop to answer

/**
 * @typedef {object} Greeting what the page is, and can
 * @property {any} guest the guest as its own scripts keep it, or null
 * @property {string} mode
 * @property {Abilities} cart
 * @property {boolean} party
 * @property {boolean} support
 */
/** @typedef {{ add: boolean, update: boolean, checkout: boolean, cart: boolean }} Abilities which of the shop's handlers there are */
/** @typedef {{ ok: boolean, message: string, cart: any }} Answer */

export class Host {
  #origin;
  #asked = 0;
  /** @type {Map<number, (answer: Answer) => void>} */ #waiting = new Map();
  /** @type {Map<string, (message: any) => void>} */ #hearers = new Map();
  /** @type {Map<string, any>} */ #early = new Map(); // the newest of each type that nobody listened to yet

  /** @param {string} origin @param {Greeting} greeting */
  constructor(origin, greeting) {
    this.#origin = origin;
    this.greeting = greeting;
    addEventListener("message", (event) => {
      if (isFrom(event, (heard) => heard === this.#origin)) this.#hear(event.data);
    });
  }

  /**
   * Waits for the page to greet; null where there is none around this one, or it has no embed.js.
   * @param {string[]} allowed regular expressions of the origins that may
   * @param {object} about what the page is told of the show before it has greeted: what anybody may read
   * @returns {Promise<Host | null>}
   */
  static greeted(allowed, about) {
    if (parent === window) return Promise.resolve(null);
    const isAllowed = (/** @type {string} */ origin) => allowed.some((pattern) => new RegExp(pattern).test(origin));
    return new Promise((done) => {
      /** @param {MessageEvent} event */
      const hear = (event) => {
        if (isFrom(event, isAllowed) && event.data.vitrine === "hello") finish(new Host(event.origin, event.data));
      };
      const timer = setTimeout(() => finish(null), PATIENCE);
      /** @param {Host | null} host */
      const finish = (host) => {
        clearTimeout(timer);
        removeEventListener("message", hear);
        done(host);
      };
      addEventListener("message", hear);
      parent.postMessage({ vitrine: "ready", ...about }, "*"); // whose origin is not known yet; the browser lets only allowed ones frame us
    });
  }

  /** Hears a type of message, beginning with what came while this page was not ready. @param {string} type @param {(message: any) => void} hearer */
  on(type, hearer) {
    this.#hearers.set(type, hearer);
    if (this.#early.has(type)) hearer(this.#early.get(type));
    this.#early.delete(type);
  }

  /** @param {string} type @param {object} [fields] */
  tell(type, fields = {}) {
    parent.postMessage({ ...fields, vitrine: type }, this.#origin);
  }

  /** Has the shop do something with its cart; a shop that says nothing has refused. @param {string} what @param {any} item @returns {Promise<Answer>} */
  ask(what, item) {
    const id = ++this.#asked;
    this.tell("ask", { id, what, item });
    return new Promise((done) => {
      this.#waiting.set(id, done);
      setTimeout(() => this.#answered({ id, ok: false, message: "The shop did not answer. Please try again.", cart: null }), ANSWERS);
    });
  }

  /** @param {any} message */
  #hear(message) {
    const type = message.vitrine;
    const hearer = this.#hearers.get(type);
    if (type === "answer") this.#answered(message);
    else if (hearer) hearer(message);
    else if (NEWS.includes(type)) this.#early.set(type, message);
  }

  /** @param {Answer & { id: number }} answer */
  #answered({ id, ...answer }) {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }
}

/** @param {MessageEvent} event @param {(origin: string) => boolean} isAllowed */
function isFrom({ source, origin, data }, isAllowed) {
  return source === parent && typeof data?.vitrine === "string" && isAllowed(origin);
}
