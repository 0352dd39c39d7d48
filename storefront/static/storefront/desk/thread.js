// @ts-check
/** The conversation that is open: what is said in it, live and from before, who writes and who else is looking. */

import { call } from "../common/api.js";
import { query } from "../common/dom.js";
import { arrange, moment } from "./conversations.js";
import { drawLine } from "./lines.js";
import { Others } from "./others.js";
import { day } from "./times.js";

/** @import { Ack, Line, Marks, Summary, Thread as Opened, Vitrine } from "../../realtime/client.js" */
/** @import { Said } from "./lines.js" */
/**
 * @typedef {object} Hearers
 * @property {(id: string) => void} seen hears which conversation somebody looks at
 * @property {(conversation: Summary) => void} told hears how it stands
 */

const PAGE = 50; // messages that are asked for at a time; the server keeps at most 2,000 of one conversation
const NEAR = 80; // px from the end within which new messages are followed

export class Thread {
  /** @type {Map<string, Said>} */ #lines = new Map();
  /** @type {Map<string, HTMLElement>} */ #drawn = new Map();
  /** @type {Set<string>} */ #heard = new Set(); // of what was told since a page was asked for, the page may be older
  /** @type {Marks | null} */ #marks = null;
  /** @type {Summary | null} */ #about = null;
  #read = ""; // the customer's message up to which has been said that it was read
  #turn = 0;
  #leave = () => {};

  /** @param {HTMLElement} root @param {Vitrine} client @param {number} me @param {Hearers} hearers */
  constructor(root, client, me, hearers) {
    this.root = root;
    this.client = client;
    this.hearers = hearers;
    this.said = query("[data-said]", root);
    this.list = query("[data-lines]", root);
    this.older = query("[data-older]", root);
    this.newest = query("[data-newest]", root);
    this.others = new Others(root, client, me);
    this.id = "";
    this.older.addEventListener("click", () => void this.#load(this.#oldest()));
    this.newest.addEventListener("click", () => this.#follow());
    this.said.addEventListener("scroll", () => this.#isAtEnd() && (this.newest.hidden = true));
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("focus", () => this.look());
    client.on("support-opened", ({ thread }) => thread?.id === this.id && this.#stand(thread));
    client.on("support-message", (told) => this.#hear(told.message, told.seq ?? 0));
    client.on("support-marks", ({ conversationId, marks }) => {
      if (conversationId === this.id) this.#draw(() => (this.#marks = marks));
    });
  }

  /** @param {string} id nothing closes what is open */
  open(id) {
    if (id === this.id) return;
    this.close();
    this.id = id;
    this.others.open(id);
    query("[data-nothing]", this.root).hidden = id !== "";
    query("[data-head]", this.root).hidden = this.said.hidden = id === "";
    if (!id) return;
    this.#leave = this.client.enter("support-open", { conversationId: id }, {
      entered: (ack) => this.#entered(id, ack),
      resumed: (how) => id === this.id && (how.recovered ? this.look() : (this.#stand(how.state), void this.#load(0))),
    });
  }

  close() {
    this.#leave();
    if (this.id) this.client.say("support-leave", { conversationId: this.id });
    this.#turn += 1;
    this.#lines.clear();
    this.#drawn.clear();
    this.list.replaceChildren();
    this.#marks = this.#about = null;
    this.#read = this.id = "";
    this.#leave = () => {};
    this.older.hidden = this.newest.hidden = true;
  }

  /** @param {Summary} conversation how it stands now */
  tell(conversation) {
    if (conversation.id !== this.id) return;
    this.#draw(() => (this.#about = conversation));
  }

  /** Whether a conversation is on the screen. @param {string} id */
  shows(id) {
    return id !== "" && id === this.id && !document.hidden && this.said.checkVisibility();
  }

  /** What is on the screen has been read. */
  look() {
    if (!this.shows(this.id) || !this.#lines.size) return;
    this.hearers.seen(this.id);
    const last = [...this.#lines.values()].filter(({ kind }) => kind === "customer").sort(byNumber).at(-1);
    if (!last || last.id === this.#read || this.client.status.state !== "open") return;
    this.#read = last.id;
    this.client.say("support-mark", { conversationId: this.id, read: last.id });
  }

  // --- what the server tells

  /** @param {string} id @param {Ack} ack */
  #entered(id, ack) {
    if (id !== this.id) return;
    this.#problem(ack.ok ? "" : (ack.message ?? "It can’t be opened."));
    if (ack.ok) void this.#load(0);
  }

  /** @param {Opened} thread */
  #stand({ marks, summary }) {
    this.#marks = marks;
    if (summary) this.hearers.told(summary);
  }

  /** One that is told again has changed, and stays where it is. @param {Line} line @param {number} seq */
  #hear(line, seq) {
    if (line.conversationId !== this.id) return;
    const before = this.#lines.get(line.id);
    const first = Math.min(...[...this.#lines.values()].map(({ createdAt }) => moment(createdAt)));
    if (!before && moment(line.createdAt) < first) return; // it comes as it is now with the older ones
    this.#heard.add(line.id);
    this.#draw(() => this.#lines.set(line.id, { ...line, seq: before?.seq ?? seq }));
    this.others.wrote(line.name);
    this.look();
  }

  /** The newest messages, or those before number `before`. @param {number} before */
  async #load(before) {
    const [turn, id] = [++this.#turn, this.id];
    this.#heard.clear();
    try {
      const earlier = before ? `&before=${before}` : "";
      const page = await call("GET", `support/conversations/${id}/messages?limit=${PAGE}${earlier}`);
      if (turn !== this.#turn) return;
      const height = this.said.scrollHeight - this.said.scrollTop;
      this.#draw(() => this.#put(page, before === 0), !before);
      if (before) this.said.scrollTop = this.said.scrollHeight - height;
      this.older.hidden = page.length < PAGE;
      this.#problem("");
      this.look();
    } catch (error) {
      if (turn === this.#turn) this.#problem(/** @type {Error} */ (error).message);
    }
  }

  /** What is told live is newer than the page; what lies before the newest page is asked for again. */
  #put(/** @type {any[]} */ page, /** @type {boolean} */ isNewest) {
    if (isNewest) for (const id of [...this.#lines.keys()]) if (!this.#heard.has(id)) this.#lines.delete(id);
    for (const { message, ...line } of page) {
      if (!this.#heard.has(line.id)) this.#lines.set(line.id, { ...line, text: message });
    }
  }

  #oldest() {
    return Math.min(...[...this.#lines.values()].map(({ seq }) => seq));
  }

  /** @param {string} words */
  #problem(words) {
    query("[data-fault]", this.root).textContent = words;
  }

  // --- drawing

  /** Changes something, and follows the end of the messages where that was seen. @param {() => unknown} change */
  #draw(change, follow = this.#isAtEnd()) {
    const last = this.#lines.size;
    change();
    const said = [...this.#lines.values()].sort(byNumber);
    const answers = this.#about?.origin ? this.#showAnswer : null;
    let date = "";
    for (const line of said) {
      const element = drawLine(this.#drawn.get(line.id), line, this.#marks, answers);
      const heading = query("[data-day]", element);
      heading.hidden = day(line.createdAt) === date;
      heading.textContent = date = day(line.createdAt);
      this.#drawn.set(line.id, element);
    }
    arrange(this.list, said.map(({ id }) => /** @type {HTMLElement} */ (this.#drawn.get(id))));
    if (follow) this.#follow();
    else if (this.#lines.size > last && last) this.newest.hidden = this.#isAtEnd();
  }

  #isAtEnd() {
    return this.said.scrollHeight - this.said.scrollTop - this.said.clientHeight < NEAR;
  }

  #follow() {
    this.said.scrollTop = this.said.scrollHeight;
    this.newest.hidden = true;
  }

  #showAnswer = async (/** @type {Said} */ { id }) => {
    const ack = await this.client.send("support-show-answer", { conversationId: this.id, messageId: id });
    if (!ack.ok) throw new Error(ack.message);
  };
}

/** @param {Said} one @param {Said} other */
const byNumber = (one, other) => one.seq - other.seq;
