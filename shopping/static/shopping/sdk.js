// @ts-check
/**
 * Shopping together: a shop's page joins a party, shows its visitors to each other, and keeps one cart for all of them.
 *
 *     import { Together } from "https://shop.example/static/shopping/sdk.js";
 *
 *     const together = new Together({ userName: "Mia" });
 *     together.on("NAVIGATE", ({ url, sourceId }) => url && sourceId === together.session?.host && location.assign(url));
 *     together.on("CART_STATE", (cart) => draw(cart));
 *
 *     if (together.invitation) await together.join(together.invitation);
 *     else console.log("Send this to your friends:", (await together.create()).inviteLink);
 *     await together.add(productId, 2);
 *
 * Scripts that are no modules find the same class as `Vitrine.Together` once this module has run. After a loss or a reload
 * everything missed comes to the listeners as if there had been none; only where pointers were is gone.
 */

import { Vitrine } from "../realtime/client.js";
import { Listeners } from "./listeners.js";
import { Membership } from "./membership.js";
import { paced } from "./pace.js";
import { reportCheckout, reportPurchase } from "./purchases.js";
import { Refused } from "./refused.js";
import { Voice } from "./voice.js";

/** @import { Basket, Created, Events, Heard, Options, Reported, ReportedPurchase, Session, Status, SyncEvents } from "./messages.js" */

export { Refused };

const FLEETING = ["CURSOR_MOVE", "SCROLL_REQUEST"]; // told at once or never, and not recorded
const PACE = 50; // ms between two of them; the server keeps the newest of what comes faster

export class Together {
  #listeners = new Listeners();
  #pace = paced(PACE, (eventType, fields) => this.#say("SYNC_EVENT", { ...fields, eventType }));
  #client;
  #membership;
  #userName;
  #reporting;

  /** @param {Options} [options] */
  constructor({ server = new URL(import.meta.url).origin, userName = "", token } = {}) {
    this.#userName = userName;
    this.#reporting = { server, token };
    this.#client = new Vitrine({ url: new URL("/ws/shopping/", server).href, token });
    this.#membership = new Membership(this.#client, (name, payload) => this.#tell(name, payload));
    /** @type {Voice} Speaking with each other; see voice.js. */
    this.voice = new Voice(this, new URL("/api/config/webrtc", server).href, (state) => this.#tell("voice", state));
  }

  // --- who and where

  /** The party as it is now, or null outside of one. */
  get session() {
    return this.#membership.session;
  }

  /** One's own id in the party. It changes with each connection. */
  get clientId() {
    return this.#membership.clientId;
  }

  get isHost() {
    return this.session?.host === this.clientId;
  }

  /** The party that this page's address invites to, as the links of `create` and of the shops' plugins do. */
  get invitation() {
    const query = new URLSearchParams(location.search);
    return query.get("join") || query.get("swf_join") || null;
  }

  /** What this tab remembers of the party it was in before a reload. */
  get remembered() {
    return this.#membership.memory.kept;
  }

  /** Whether an id is one's own, or was before a reload. @param {string} userId */
  isMe(userId) {
    return this.#membership.isMe(userId);
  }

  /** How someone is called who is here, or was. @param {string} userId */
  nameOf(userId) {
    return this.#membership.nameOf(userId);
  }

  // --- coming and going

  /**
   * Opens a party and is its host.
   * @param {{ userName?: string, metadata?: object }} [about]
   * @returns {Promise<Created>}
   */
  async create({ userName = this.#userName, metadata = {} } = {}) {
    this.#client.connect();
    await this.#ask("CREATE_SESSION", { userName, metadata });
    const created = /** @type {Created} */ (this.#membership.created);
    await this.join(created.sessionId, { userName });
    return created;
  }

  /**
   * Joins a party, or comes back to the one that this tab was in.
   * @param {string} sessionId
   * @param {{ userName?: string }} [about]
   * @returns {Promise<Session>}
   */
  join(sessionId, { userName = this.#userName } = {}) {
    this.#userName = userName;
    return this.#membership.join(sessionId, userName);
  }

  async leave() {
    this.voice.leave();
    await this.#membership.leave();
  }

  /** Ends the connection without leaving: the place is kept for a while, as for a reload. */
  close() {
    this.voice.leave();
    this.#membership.pause();
    this.#client.close();
  }

  /** Tries at once instead of waiting the rest of the pause. */
  retry() {
    this.#client.retry();
  }

  /** Follows the connection's state, beginning with the present one. @param {(status: Status) => void} watcher */
  watch(watcher) {
    return this.#client.watch(watcher);
  }

  // --- doing things together

  /**
   * Tells the others what one does. It reaches those who are away for a moment too, except where pointers and scrolls are.
   * @template {keyof SyncEvents | (string & {})} T
   * @param {T} eventType
   * @param {T extends keyof SyncEvents ? SyncEvents[T] : object} [fields]
   * @returns {Promise<void>}
   */
  async sync(eventType, fields) {
    if (FLEETING.includes(eventType)) return this.#pace(eventType, fields ?? {});
    await this.#ask("SYNC_EVENT", { ...fields, eventType });
  }

  /** Puts a product into the shared cart. @param {string} productId @param {number} [qty] @param {string | null} [variantId] */
  add(productId, qty = 1, variantId) {
    return this.#cart("add", { productId, qty, variantId });
  }

  /** Takes some of a product out of it. @param {string} productId @param {number} [qty] @param {string | null} [variantId] */
  remove(productId, qty = 1, variantId) {
    return this.#cart("remove", { productId, qty, variantId });
  }

  /** Says how many of a product are in it; 0 takes it out. @param {string} productId @param {number} qty @param {string | null} [variantId] */
  set(productId, qty, variantId) {
    return this.#cart("set", { productId, qty, variantId });
  }

  /** Agrees to a price that has changed: `price` is the item's `unitPrice`. @param {string} productId @param {number} price @param {string | null} [variantId] */
  confirm(productId, price, variantId) {
    return this.#cart("confirm", { productId, price, variantId });
  }

  /** For or against a product; 0 takes one's vote back. @param {string} productId @param {1 | -1 | 0} value */
  async vote(productId, value) {
    await this.#ask("VOTE", { productId, value });
    this.#membership.memory.voted(productId, value);
  }

  /** Says that one begins to pay; in a party or not. See purchases.js. @param {Basket} [basket] @returns {Promise<void>} */
  reportCheckout(basket) {
    return reportCheckout(basket, this.#reporting);
  }

  /** Says that one has bought something. @param {ReportedPurchase} purchase @returns {Promise<Reported>} */
  reportPurchase(purchase) {
    return reportPurchase(purchase, this.#reporting);
  }

  /** Makes someone else the host. @param {string} userId */
  transfer(userId) {
    return this.#ask("HOST_TRANSFER", { userId });
  }

  /** Removes someone from the party, as only its host may. @param {string} userId */
  dismiss(userId) {
    return this.#ask("REMOVE_PARTICIPANT", { userId });
  }

  /** Sends one other participant what WebRTC needs to find a way. @param {string} targetId @param {object} signal */
  signal(targetId, signal) {
    this.#say("WEBRTC_SIGNAL", { targetId, signal });
  }

  /**
   * Hears what happens; returns what stops it. The second argument tells whether it happened while one was away.
   * @template {keyof Events | (string & {})} T
   * @param {T} name
   * @param {(payload: T extends keyof Events ? Events[T] : any, heard: Heard) => void} listener
   * @returns {() => void}
   */
  on(name, listener) {
    return this.#listeners.add(name, listener);
  }

  // --- sending and telling

  /** @param {string} type @param {object} payload */
  #say(type, payload) {
    this.#client.say(type, { payload });
  }

  /** @param {string} type @param {object} payload */
  async #ask(type, payload) {
    const ack = await this.#client.send(type, { payload });
    if (!ack.ok) throw new Refused(ack);
  }

  /** @param {"add" | "remove" | "set" | "confirm"} op @param {object} about */
  #cart(op, about) {
    return this.#ask("CART_OP", { opId: crypto.getRandomValues(new Uint32Array(4)).join("-"), op, ...about });
  }

  /** @param {string} name @param {any} payload */
  #tell(name, payload) {
    if (name === "NAVIGATE") payload = { ...payload, url: ownAddress(payload.url) };
    this.#listeners.tell(name, payload, this.#membership?.missed ?? false); // what is told first is told while it is made
  }
}

/**
 * Where a friend went, if that is a page of this site: a page may follow it, and must not be led to another one.
 * @param {unknown} url
 * @returns {string | undefined}
 */
function ownAddress(url) {
  const address = typeof url === "string" && URL.canParse(url, location.href) ? new URL(url, location.href) : undefined;
  return address?.origin === location.origin ? address.href : undefined;
}

/** @type {any} */ (globalThis).Vitrine = { .../** @type {any} */ (globalThis).Vitrine, Together };
