// @ts-check
/**
 * The client of Vitrine's flat socket: one connection that comes back and misses nothing, typed messages, and an answer to
 * each one sent.
 *
 *     import { Vitrine } from "https://shop.example/static/realtime/client.js";
 *
 *     const shop = new Vitrine();
 *     shop.on("new-message", ({ userName, message }) => console.log(userName, message));
 *     shop.enter("join-session", { sessionId });
 *     shop.connect();
 *     const ack = await shop.send("send-message", { sessionId, message: "Hello" });
 *     if (!ack.ok) console.warn(ack.message, ack.retryAfter);
 *
 * It connects to the server that it was loaded from, unless `url` names another. A page of the same origin is known by its
 * cookie; elsewhere give `token` or `ticket`, and the server must name the page's origin in CORS_ORIGINS. A guest stays the same one over
 * reloads and tabs there too: see guest.js, whose `guestHeaders` say over REST who that is.
 */

import { framed } from "./frames.js";
import { forgetGuest, guestHeaders, guestToken, hasCookie } from "./guest.js";
import { refusesOrigin } from "./origins.js";
import { Rooms } from "./rooms.js";

export { forgetGuest, guestHeaders, guestToken };

/** @import { Ack, Entering, Hearers, Hearing, Options, ServerMessages, Status, Vitrine as Declared } from "./client.js" */
/** @typedef {{ frame: string | Uint8Array<ArrayBuffer>, keep: boolean, settle: (ack: Ack) => void, timer?: number }} Question */

const HELLO = JSON.stringify({ type: "hello", recover: true });
const PING = JSON.stringify({ type: "ping" });
const BACKOFF = { least: 0.5, most: 30 }; // seconds; full jitter between, so that a restarted server is not stampeded
const SETTLED = 5_000; // ms a connection must last before the next loss counts as the first again
const PING_EVERY = 20_000; // ms
const SILENCE = 40_000; // ms without a word after a ping: the connection is dead, whatever the browser thinks
const WAKING = 5_000; // ms: the same after sleep or a change of network, when death is likely
const ANSWER = 15_000; // ms the server may take for an ack
const KEPT = 50; // messages waiting for a connection or an answer
const LOST = 4000; // close code for what comes back, unlike a close without one: nobody is to think that the user has left
const REFUSED = [4401, 4403]; // close codes after which trying again changes nothing
const OURS = /\/static\/realtime\/client[^/]*\.js$/; // where a server has this file; a copy elsewhere tells of no server

/** @implements {Declared} as client.d.ts, for other type checkers, says it is */
export class Vitrine {
  /** @type {Options} */ #options;
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Status} */ #status = { state: "idle" };
  /** @type {Map<string, Set<(message: any) => void>>} */ #listeners = new Map();
  /** @type {Set<(status: Status) => void>} */ #watchers = new Set();
  /** @type {Map<string, Question>} */ #questions = new Map();
  #rooms = new Rooms(
    async (type, fields) => (this.#status.state === "open" ? this.#ask(type, fields, false) : offline("Not connected")),
    (message) => this.#tell(message),
  );
  #turn = 0; // of opening a connection
  #attempt = 0;
  #openedAt = 0;
  #pingedAt = 0; // of the first ping since anything was heard; 0 means none is unanswered
  #retrying = 0;
  #pinging = 0;

  /** @param {Options} [options] */
  constructor(options = {}) {
    this.#options = options;
  }

  get status() {
    return this.#status;
  }

  /** Opens the connection and keeps it until `close`. */
  connect() {
    if (this.#status.state !== "idle" && this.#status.state !== "closed") return;
    addEventListener("online", this.#wake);
    addEventListener("offline", this.#drop);
    document.addEventListener("visibilitychange", this.#wake);
    this.#pinging = setInterval(this.#ping, PING_EVERY);
    this.#attempt = 0;
    void this.#open();
  }

  /** Ends the connection for good; what still waited is answered with `offline`. */
  close() {
    removeEventListener("online", this.#wake);
    removeEventListener("offline", this.#drop);
    document.removeEventListener("visibilitychange", this.#wake);
    clearInterval(this.#pinging);
    clearTimeout(this.#retrying);
    this.#detach();
    this.#become({ state: "closed" });
    for (const op of [...this.#questions.keys()]) this.#settle(op, offline("The connection was closed"));
  }

  /**
   * Hears one type of message; returns what stops it.
   * @template {keyof ServerMessages | (string & {})} T
   * @param {T} type
   * @param {(message: Hearing<T>) => void} listener
   * @returns {() => void}
   */
  on(type, listener) {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Follows the connection's state, beginning with the present one; returns what stops it.
   * @param {(status: Status) => void} watcher
   * @returns {() => void}
   */
  watch(watcher) {
    this.#watchers.add(watcher);
    watcher(this.#status);
    return () => void this.#watchers.delete(watcher);
  }

  /**
   * Sends a message and resolves with the server's answer. What can't be sent, or isn't answered before a loss, is sent
   * again with the same `op` on the next connection, so that the server does it once; `keep: false` is for what would be
   * stale by then, and `bytes` go with the message in one binary frame. Who may have to say it again on a later page
   * chooses the `op`.
   * @param {string} type
   * @param {object} [fields]
   * @param {{ keep?: boolean, bytes?: ArrayBuffer, op?: string }} [how]
   * @returns {Promise<Ack>}
   */
  async send(type, fields = {}, { keep = true, bytes, op } = {}) {
    if (this.#status.state === "closed") return offline("The connection is closed");
    if (this.#status.state !== "open" && !keep) return offline("Not connected");
    if (this.#questions.size >= KEPT) return offline("Too many messages are waiting");
    return this.#ask(type, fields, keep, bytes, op);
  }

  /**
   * Sends what needs no answer and would be stale later, such as a pointer's place; without a connection it is lost.
   * @param {string} type
   * @param {object} [fields]
   */
  say(type, fields = {}) {
    if (this.#status.state === "open") this.#socket?.send(JSON.stringify({ ...fields, type }));
  }

  /**
   * Joins a room with this message, and goes on where it was left on every later connection: what was missed comes to the
   * listeners as if there had been no loss, each message once and in order. Returns what forgets it (it sends nothing).
   * @param {string} type
   * @param {object} [fields]
   * @param {Hearers} [hearers]
   * @param {Entering} [how]
   * @returns {() => void}
   */
  enter(type, fields = {}, hearers = {}, how = {}) {
    return this.#rooms.add({ type, fields, hearers, ...how });
  }

  /** The last event heard of a room: what the next connection resumes after. @param {string} room */
  position(room) {
    return this.#rooms.position(room);
  }

  /**
   * Goes on with a new access token of the same user. An `error` with the code `expired` says that the old one is over:
   * until this is called the connection is a guest's, which has left the rooms that are not for guests.
   * @param {string} token
   * @returns {Promise<Ack>}
   */
  renew(token) {
    this.#options = { ...this.#options, token };
    return this.send("renew", { token });
  }

  /** Tries at once instead of waiting the rest of the pause. */
  retry() {
    if (this.#status.state !== "waiting") return;
    clearTimeout(this.#retrying);
    void this.#open();
  }

  // --- one connection

  async #open() {
    this.#become({ state: "connecting" });
    const url = new URL(this.#options.url ?? "/ws/", this.#options.url ? location.href : home());
    const turn = ++this.#turn;
    const server = url.origin.replace(/^ws/, "http");
    const guest = hasCookie(server) ? "" : await guestToken(server);
    url.protocol = url.protocol.replace("http", "ws");
    try {
      if (this.#options.ticket) url.searchParams.set("ticket", await this.#options.ticket());
    } catch {
      return this.#lost(0);
    }
    if (this.#status.state !== "connecting" || turn !== this.#turn) return; // closed while the tokens were on their way
    const offered = [this.#options.token ?? "", guest && `guest.${guest}`].filter(Boolean);
    const socket = new WebSocket(url, offered.length ? ["vitrine", ...offered] : []);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code }) => {
      if (!this.#openedAt) void this.#giveUpIfRefused(server);
      this.#lost(code);
    };
  }

  #opened() {
    this.#openedAt = Date.now();
    this.#pingedAt = 0;
    this.#socket?.send(HELLO);
    const kept = [...this.#questions.keys()]; // what is asked from now on is sent at once
    this.#become({ state: "open" });
    this.#rooms.enterAll();
    for (const op of kept) this.#transmit(op);
  }

  /** @param {unknown} data */
  #heard(data) {
    this.#pingedAt = 0;
    if (typeof data !== "string") return;
    const message = JSON.parse(data);
    if (message.type === "ack") this.#settle(message.op, message);
    if (message.type === "ack" || this.#rooms.hear(message)) this.#tell(message);
  }

  /** @param {any} message */
  #tell(message) {
    for (const listener of this.#listeners.get(message.type) ?? []) {
      try {
        listener(message);
      } catch (error) {
        reportError(error); // one listener's fault is not the others'
      }
    }
  }

  /** @param {number} code */
  #lost(code) {
    this.#detach(LOST);
    if (REFUSED.includes(code)) return this.close();
    if (this.#openedAt && Date.now() - this.#openedAt > SETTLED) this.#attempt = 0;
    this.#openedAt = 0;
    const ceiling = Math.min(BACKOFF.most, BACKOFF.least * 2 ** ++this.#attempt);
    const seconds = BACKOFF.least + Math.random() * (ceiling - BACKOFF.least);
    this.#retrying = setTimeout(() => void this.#open(), seconds * 1000);
    this.#become({ state: "waiting", seconds });
    for (const [op, question] of [...this.#questions]) {
      clearTimeout(question.timer);
      if (!question.keep) this.#settle(op, offline("The connection was lost"));
    }
  }

  /** @param {string} server */
  async #giveUpIfRefused(server) {
    const tries = () => ["connecting", "waiting"].includes(this.#status.state);
    if ((await refusesOrigin(server)) && tries()) this.close();
  }

  /** Lets go of the socket without waiting for its closing handshake, which a dead network never finishes. @param {number} [code] */
  #detach(code) {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  /** @param {Status} status */
  #become(status) {
    this.#status = status;
    for (const watcher of this.#watchers) watcher(status);
  }

  // --- asking and being answered

  /**
   * @param {string} type
   * @param {object} fields
   * @param {boolean} keep
   * @param {ArrayBuffer} [bytes]
   * @returns {Promise<Ack>}
   */
  #ask(type, fields, keep, bytes, op = newOp()) {
    const text = JSON.stringify({ ...fields, type, op });
    return new Promise((settle) => {
      this.#questions.set(op, { frame: bytes ? framed(text, bytes) : text, keep, settle });
      this.#transmit(op);
    });
  }

  /** @param {string} op */
  #transmit(op) {
    const question = this.#questions.get(op);
    if (!question || this.#status.state !== "open") return;
    this.#socket?.send(question.frame);
    question.timer = setTimeout(() => this.#settle(op, { ok: false, code: "timeout", message: "No answer came" }), ANSWER);
  }

  /** @param {string} op @param {Ack} ack */
  #settle(op, ack) {
    const question = this.#questions.get(op);
    if (!question) return;
    this.#questions.delete(op);
    clearTimeout(question.timer);
    question.settle(ack);
  }

  // --- staying alive

  #ping = () => {
    if (this.#status.state !== "open") return;
    if (this.#pingedAt && Date.now() - this.#pingedAt >= SILENCE) return this.#drop();
    this.#pingedAt ||= Date.now();
    this.#socket?.send(PING);
  };

  #wake = () => {
    if (document.visibilityState === "hidden") return;
    if (this.#status.state === "waiting") return this.retry();
    if (this.#status.state !== "open") return;
    const socket = this.#socket;
    this.#pingedAt = Date.now();
    this.#socket?.send(PING);
    setTimeout(() => {
      if (this.#socket === socket && this.#pingedAt) this.#drop();
    }, WAKING);
  };

  #drop = () => {
    if (this.#socket) this.#lost(0);
  };
}

/** An op. Unlike crypto.randomUUID this also works on plain http, as in a shop tried out on the local network. */
export const newOp = () => String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24)).map((byte) => 97 + (byte % 26)));

const home = () => (OURS.test(new URL(import.meta.url ?? "/", location.href).pathname) ? import.meta.url : location.href);

/** @param {string} message @returns {Ack} */
const offline = (message) => ({ ok: false, code: "offline", message });
