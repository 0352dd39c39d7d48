// @ts-check
/** The list of conversations: told live, filtered, and in the order in which they need somebody. */

import { call } from "../common/api.js";
import { query, queryAll } from "../common/dom.js";
import { arrange, FILTERS, isNews, moment, mostUrgentFirst } from "./conversations.js";
import { drawRow } from "./row.js";
import { keep, kept } from "./kept.js";

/** @import { Ack, Summary, Vitrine } from "../../realtime/client.js" */
/** @import { Filter } from "./conversations.js" */
/**
 * @typedef {object} Hearers
 * @property {(conversation: Summary) => void} changed hears a conversation as it is from now on
 * @property {(count: number, ring: boolean) => void} news hears in how many somebody wrote what nobody here has seen
 * @property {(id: string) => boolean} shows whether a conversation is on the screen
 */

const CHOSEN = "vitrine.desk.filter";
const PAGE = 50; // conversations that are asked for at a time
const MOST = 1_000; // that are kept here; those in which nothing was said for longest are forgotten first
const TOLD = 100; // that the server tells of at the beginning
const GATHERS = 50; // ms for which changes wait to be drawn together
const CLOCK = 15_000; // ms between two looks at what has become overdue

export class Inbox {
  /** @type {Map<string, Summary>} */ #known = new Map();
  /** @type {Map<string, HTMLElement>} */ #rows = new Map();
  /** @type {Set<string>} */ #news = new Set(); // conversations in which somebody wrote what nobody here has looked at
  /** @type {Set<string>} */ #heard = new Set(); // of what was told since a page was asked for, the page may be older
  #filter = /** @type {Filter} */ (kept(CHOSEN) in FILTERS ? kept(CHOSEN) : "all");
  #chosen = "";
  #offset = 0;
  #turn = 0;
  #drawing = 0;
  #hasBegun = false;
  #isWhole = true; // whether all that is unresolved is known here, so that it can be counted

  /** @param {HTMLElement} root @param {Vitrine} client @param {number} me @param {Hearers} hearers */
  constructor(root, client, me, hearers) {
    this.list = query("[data-rows]", root);
    this.more = query("[data-more]", root);
    this.empty = query("[data-empty]", root);
    this.trouble = query("[data-trouble]", root);
    this.buttons = queryAll("[data-filter]", root);
    this.me = me;
    this.hearers = hearers;
    for (const button of this.buttons) button.addEventListener("click", () => this.choose(nameOf(button)));
    this.more.addEventListener("click", () => void this.#load(this.#offset));
    client.on("support-inbox", ({ conversations }) => this.#begin(conversations));
    client.on("support-changed", ({ conversation }) => this.hear(conversation));
    client.enter("support-desk", {}, {
      entered: (ack) => this.#entered(ack),
      resumed: (how) => void (how.recovered || (this.#begin(how.state.conversations), this.#load(0))),
    });
    setInterval(() => this.#drawSoon(), CLOCK);
  }

  /** @param {string} id */
  find(id) {
    return this.#known.get(id);
  }

  /** Asks for a conversation that is not known here. @param {string} id */
  async fetch(id) {
    const found = this.find(id) ?? /** @type {Summary} */ (await call("GET", `support/conversations/${id}`));
    this.#known.set(id, found);
    this.#drawSoon();
    return found;
  }

  /** @param {Filter} filter */
  choose(filter) {
    this.#filter = filter;
    keep(CHOSEN, filter);
    this.#draw();
    void this.#load(0);
  }

  /** @param {number} place of the list among the lists, from 1 on */
  chooseAt(place) {
    const button = this.buttons[place - 1];
    if (button) this.choose(nameOf(button));
  }

  /** The conversation that is open beside the list. @param {string} id nothing where there is none */
  mark(id) {
    this.#chosen = id;
    this.#draw();
    this.#rows.get(id)?.scrollIntoView({ block: "nearest" });
  }

  /** Somebody has looked at it. @param {string} id */
  seen(id) {
    if (this.#news.delete(id)) this.#tellNews(false);
  }

  /** The conversation beside the open one in the list. @param {1 | -1} way */
  beside(way) {
    const shown = this.#shown();
    const at = shown.findIndex(({ id }) => id === this.#chosen);
    const next = at === -1 ? (way > 0 ? 0 : shown.length - 1) : at + way;
    return shown[next]?.id;
  }

  /** @param {Summary} conversation as it is from now on */
  hear(conversation) {
    const isNew = isNews(conversation, this.find(conversation.id)) && !this.hearers.shows(conversation.id);
    this.#heard.add(conversation.id);
    this.#known.set(conversation.id, conversation);
    this.#forget();
    this.hearers.changed(conversation);
    if (conversation.waitingSince === null) this.#news.delete(conversation.id);
    else if (isNew) this.#news.add(conversation.id);
    this.#tellNews(isNew && [null, this.me].includes(conversation.assigneeId));
  }

  // --- what the server tells

  /** @param {Ack} ack */
  #entered(ack) {
    this.trouble.textContent = ack.ok ? "" : `You are not at the desk: ${ack.message}`;
    if (ack.ok) void this.#load(0);
  }

  /**
   * What stands in the inbox now; whoever wrote while this page heard nothing is news too.
   * @param {Summary[]} conversations
   */
  #begin(conversations) {
    const told = new Set(conversations.map(({ id }) => id));
    for (const id of [...this.#known.keys()]) if (!told.has(id) && id !== this.#chosen) this.#known.delete(id);
    this.#isWhole = told.size < TOLD;
    for (const conversation of conversations) {
      if (this.#hasBegun) this.hear(conversation);
      else this.#known.set(conversation.id, conversation);
    }
    this.#hasBegun = true;
    this.#drawSoon();
  }

  /** Asks for the list from a place on; what was told meanwhile is newer than the answer. @param {number} offset */
  async #load(offset) {
    const turn = ++this.#turn;
    this.#heard.clear();
    try {
      const path = `support/conversations?filter=${this.#filter}&limit=${PAGE}&offset=${offset}`;
      const page = /** @type {Summary[]} */ (await call("GET", path));
      if (turn !== this.#turn) return;
      for (const found of page) if (!this.#heard.has(found.id)) this.#known.set(found.id, found);
      this.#offset = offset + page.length;
      this.more.hidden = page.length < PAGE;
      this.trouble.textContent = "";
    } catch (error) {
      this.trouble.textContent = /** @type {Error} */ (error).message;
    }
    this.#draw();
  }

  /** Keeps a bound: what has rested longest goes. */
  #forget() {
    if (this.#known.size <= MOST) return;
    const others = [...this.#known.values()].filter(({ id }) => id !== this.#chosen);
    const [oldest] = others.sort((one, other) => moment(one.lastMessageAt) - moment(other.lastMessageAt));
    this.#known.delete(oldest.id);
    this.#news.delete(oldest.id);
  }

  /** @param {boolean} ring */
  #tellNews(ring) {
    this.hearers.news(this.#news.size, ring);
    this.#drawSoon();
  }

  // --- drawing

  #shown() {
    const isIn = FILTERS[this.#filter];
    return [...this.#known.values()].filter((each) => isIn(each, this.me)).sort(mostUrgentFirst);
  }

  #drawSoon() {
    this.#drawing ||= setTimeout(() => this.#draw(), GATHERS);
  }

  #draw() {
    clearTimeout(this.#drawing);
    this.#drawing = 0;
    const shown = this.#shown();
    const rows = new Map(shown.map(({ id }) => [id, this.#rows.get(id)]));
    this.#rows = new Map(
      shown.map((each) => {
        const how = { isChosen: each.id === this.#chosen, isNew: this.#news.has(each.id), me: this.me };
        return [each.id, drawRow(rows.get(each.id), each, how)];
      }),
    );
    arrange(this.list, [...this.#rows.values()]);
    this.empty.hidden = shown.length > 0;
    for (const button of this.buttons) {
      const name = nameOf(button);
      button.ariaPressed = String(name === this.#filter);
      query("[data-count]", button).textContent = this.#counted(name);
    }
  }

  /** @param {Filter} name */
  #counted(name) {
    if (name === "all" || name === "resolved") return "";
    const count = [...this.#known.values()].filter((each) => FILTERS[name](each, this.me)).length;
    return count ? `${count}${this.#isWhole ? "" : "+"}` : "";
  }
}

/** @param {HTMLElement} button @returns {Filter} */
const nameOf = (button) => /** @type {Filter} */ (button.dataset.filter);
