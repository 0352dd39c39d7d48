// @ts-check
/** One customer's conversation as it stands, followed over the socket, and what has not been sent of it yet. */

import { Vitrine } from "../../realtime/client.js";
import { Emitter } from "../../realtime/emitter.js";
import { Waiting } from "./waiting.js";

/** @import { Ack, Attachment, Line, Marks, Status, Thread } from "../../realtime/client.js" */
/** @import { About, Item, Said } from "../options.js" */
/** @import { Api } from "./api.js" */
/** @import { Kept } from "./kept.js" */
/** @typedef {{ changed: undefined, heard: Said }} Events */

const SAY_TYPING = 10_000; // ms between two messages that say so
const TYPING = 12_000; // ms after which somebody who has said no more has stopped
const SHOWN = 100; // messages with which a conversation opens

/** @extends {Emitter<Events>} */
export class Talk extends Emitter {
  #api;
  #kept;
  #client;
  #leave = () => {};
  #isEntered = false;
  /** The room that is entered again after a loss. */ #room = "";
  #isRead = () => false;
  #saidTyping = 0;
  #typing = 0;
  #marked = { read: 0, delivered: 0 };
  /** @type {Map<string, Said>} */ #lines = new Map();

  /** @type {Thread | null} */ thread = null;
  /** Whether it is known how the conversation stands. */ isKnown = false;
  hasEarlier = false;
  isStaffed = true;
  /** @type {string | null} */ backAt = null;
  /** Who writes. */ writer = "";
  /** Why it cannot be opened. */ problem = "";
  /** @type {Status["state"]} */ connection = "idle";

  /**
   * @param {string} server
   * @param {{ api: Api, kept: Kept, isRead: () => boolean }} parts `isRead`: someone looks at the window now
   */
  constructor(server, { api, kept, isRead }) {
    super();
    this.#api = api;
    this.#kept = kept;
    this.#isRead = isRead;
    this.#client = new Vitrine({ url: new URL("/ws/support/", server).href });
    const hearers = { changed: () => this.#changed(), said: this.#said.bind(this) };
    this.waiting = new Waiting(this.#client, kept, hearers);
    this.#client.on("support-opened", ({ thread, staffed, backAt }) => {
      [this.isStaffed, this.backAt] = [staffed, backAt];
      this.#stand(thread);
    });
    this.#client.on("support-message", ({ message, seq }) => this.#hear(message, seq ?? 0));
    this.#client.on("support-status", (told) => this.#ofThis(told.conversationId, () => this.#turn(told)));
    this.#client.on("support-marks", (told) => this.#ofThis(told.conversationId, () => this.#mark(told.marks)));
    this.#client.on("support-typing", (told) => this.#ofThis(told.conversationId, () => this.#see(told)));
    this.#client.watch(({ state }) => {
      this.connection = state;
      this.#changed();
    });
  }

  /** The messages, oldest first. */
  get lines() {
    return [...this.#lines.values()].sort((one, other) => one.seq - other.seq);
  }

  get unread() {
    const { lines } = this;
    const answered = lines.findLast(({ kind }) => kind === "customer")?.seq ?? 0;
    const read = Math.max(this.thread?.marks.customerRead ?? 0, this.#marked.read, answered);
    return lines.filter(({ kind, seq }) => kind !== "customer" && seq > read).length;
  }

  /** The conversation that a message goes to, as the server knows it. */
  get id() {
    return this.thread?.id;
  }

  connect() {
    if (this.#isEntered) return;
    this.#isEntered = true;
    this.#enter();
    this.waiting.goOn();
    this.#client.connect();
  }

  /** Finds out which conversation goes on now. */
  refresh() {
    if (this.#isEntered) this.#enter();
    else this.connect();
  }

  close() {
    this.#isEntered = false;
    this.#client.close();
  }

  /**
   * Answers false where too much waits already.
   * @param {{ text: string, attachments: Attachment[], email?: string }} said
   * @param {About} about where it comes from, if a conversation begins with it
   */
  write(said, about) {
    this.#saidTyping = 0;
    return this.waiting.add({ ...(this.id ? {} : about), ...said, conversationId: this.id });
  }

  /** Resolves once there is a conversation. */
  async begun() {
    while (!this.id) await new Promise((done) => this.addEventListener("changed", done, { once: true }));
  }

  /** The customer writes, or has stopped. @param {boolean} typing */
  type(typing) {
    const isNews = typing ? Date.now() - this.#saidTyping > SAY_TYPING : this.#saidTyping > 0;
    if (!this.id || !isNews) return;
    this.#saidTyping = typing ? Date.now() : 0;
    this.#client.say("support-typing", { conversationId: this.id, typing });
  }

  /** @param {string} offerId @param {boolean} accept @returns {Promise<Ack>} */
  answer(offerId, accept) {
    return this.#client.send("support-offer-answer", { conversationId: this.id ?? "", offerId, accept });
  }

  /** What was said before all that is shown. */
  async earlier() {
    const [first] = this.lines;
    if (!this.id || !first) return;
    const { id } = this;
    const page = await this.#api.messages(id, first.seq);
    if (id !== this.id) return;
    this.hasEarlier = page.length > 0;
    for (const line of page) this.#lines.set(line.id, line);
    this.#changed();
  }

  /** @param {number} score @param {string} comment */
  async rate(score, comment) {
    if (!this.thread) return;
    await this.#api.rate(this.thread.id, score, comment);
    this.thread = { ...this.thread, mayRate: false };
    this.#changed();
  }

  /** Says to the server how far everything has come to this customer, and been read. */
  look() {
    const newest = this.lines.findLast(({ kind }) => kind !== "customer");
    if (!newest || !this.thread || this.connection !== "open") return;
    const { marks, id } = this.thread;
    const what = this.#isRead() ? "read" : "delivered";
    const done = what === "read" ? marks.customerRead : marks.customerDelivered;
    if (newest.seq <= Math.max(done, this.#marked[what])) return;
    this.#marked[what] = newest.seq;
    void this.#client.send("support-mark", { conversationId: id, [what]: newest.id }, { keep: false }).then((ack) => {
      if (!ack.ok) this.#marked[what] = done;
    });
    this.#changed();
  }

  // --- what is heard

  #enter() {
    this.#leave();
    this.#leave = this.#client.enter("support-open", {}, {
      entered: (ack) => {
        this.#room = ack.room ?? "";
        this.problem = ack.ok || ack.retryAfter ? "" : (ack.message ?? "");
        this.#changed();
      },
      resumed: (how) => {
        if (!how.recovered) this.#stand(how.state);
        this.look();
      },
    });
  }

  /** @param {Thread | null} thread how it is now, as far as it is shown at first */
  #stand(thread) {
    const known = this.isKnown ? new Set(this.#lines.keys()) : null; // what the page opens with is no news
    if (thread?.id !== this.thread?.id) {
      this.#lines.clear();
      this.#marked = { read: 0, delivered: 0 };
    }
    this.isKnown = true;
    this.thread = thread;
    for (const line of thread?.messages ?? []) {
      if (line.kind === "customer" && !this.#lines.has(line.id)) this.waiting.told(line);
      this.#put(line, 0);
    }
    this.hasEarlier = (thread?.messages.length ?? 0) >= SHOWN;
    this.#kept.keep({ conversation: thread?.id ?? "" });
    const newest = this.lines.findLast(({ kind }) => kind !== "customer");
    const isNews = known && newest && !known.has(newest.id) && this.unread > 0;
    this.look();
    if (isNews) this.emit("heard", newest);
    this.#changed();
  }

  /** @param {Line} line @param {number} seq of the event that told it; one that has changed keeps its own number */
  #put(line, seq) {
    const said = { ...line, seq: this.#lines.get(line.id)?.seq || line.seq || seq };
    this.#lines.set(line.id, said);
    return said;
  }

  /** @param {Line} line @param {number} seq */
  #hear(line, seq) {
    if (line.conversationId !== this.id) return;
    const isNew = !this.#lines.has(line.id);
    const said = this.#put(line, seq);
    if (line.kind === "customer" && isNew) this.waiting.told(line);
    if (line.kind !== "customer") this.writer = "";
    this.look();
    if (isNew && line.kind !== "customer") this.emit("heard", said);
    this.#changed();
  }

  /** @param {Item} item @param {Ack} ack */
  #said(item, ack) {
    const { id, conversationId, seq = 0 } = ack;
    if (this.#room !== `conversation:${conversationId}`) this.#enter(); // it has begun with this
    else if (!this.#lines.has(id)) this.#put(mine(item, id, conversationId), seq);
    this.#changed();
  }

  /** @param {{ status: Thread["status"], assignee: string | null }} told */
  #turn({ status, assignee }) {
    if (!this.thread) return;
    const isNew = this.thread.status !== "resolved";
    const mayRate = status === "resolved" && (isNew || this.thread.mayRate);
    this.thread = { ...this.thread, status, assignee, mayRate };
  }

  /** @param {Marks} marks */
  #mark(marks) {
    if (this.thread) this.thread = { ...this.thread, marks };
  }

  /** @param {{ by: string, name: string, typing: boolean }} told */
  #see({ by, name, typing }) {
    if (by !== "agent") return;
    clearTimeout(this.#typing);
    this.writer = typing ? name : "";
    if (typing) this.#typing = setTimeout(() => this.#see({ by, name, typing: false }), TYPING);
    this.#changed();
  }

  /** @param {string} id @param {() => void} act */
  #ofThis(id, act) {
    if (id !== this.id) return;
    act();
    this.#changed();
  }

  #changed() {
    this.emit("changed", undefined);
  }
}

/**
 * What was said, until the room tells it.
 * @param {Item} item
 * @param {string} id
 * @param {string} conversationId
 * @returns {Line}
 */
const mine = ({ text, at, attachments }, id, conversationId) => ({
  id, conversationId, kind: "customer", text, name: "", userId: null, attachments,
  createdAt: new Date(at).toISOString(), offer: null, shownAs: null, seq: null,
});
