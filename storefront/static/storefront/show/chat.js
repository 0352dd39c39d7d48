// @ts-check
/** A show's chat as it is read: what was said before, what is said now, and what was taken back. */

import { call } from "../common/api.js";
import { clone, query, queryAll } from "../common/dom.js";
import { clock } from "../common/format.js";
import { areAnyHidden, isHidden, unhideAll } from "./hidden.js";
import { LineMenu } from "./line_menu.js";
import { bold } from "./rows.js";
import { offerTakingUp } from "./take_up.js";

/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { ChatLine } from "../common/messages.js" */
/** @typedef {{ id: string, creatorId: number, status: string }} Show */
/** @typedef {{ id: number | null, name: string, moderates: boolean, owns: boolean, answers: boolean, author: string, since: string | null }} Reader */

const PAGE = 50; // lines per look into the past
const SHOWN = 400; // lines kept on the page while it follows the newest; older ones come back with "Earlier messages"
const NOT_SHOWN = "Earlier messages can't be shown."; // begins what is said where they could not be had
const NEAR = 80; // px from the end that still count as reading the newest
/** @type {Record<string, string>} */ const BADGES = { host: "Host", moderator: "Moderator", staff: "Staff", guest: "Guest" };
/** @type {Record<string, string>} */ const TEAM = { moderator: "Moderator", staff: "Staff", admin: "Staff" };

export class Chat {
  /** @type {Map<string, HTMLElement>} */ #lines = new Map();
  /** @type {Map<string, ChatLine>} what the lines say */ #said = new Map();
  /** @type {Set<string>} */ #deleted = new Set();
  #following = true; // whether the newest line is in sight, and is to stay there

  /**
   * @param {HTMLElement} root
   * @param {Show} show
   * @param {Reader} reader
   * @param {(line: ChatLine) => string} [when] says when a line was said
   */
  constructor(root, show, reader, when = ({ createdAt }) => clock(createdAt)) {
    this.when = when;
    this.show = show;
    this.reader = reader;
    this.log = query("[data-log]", root);
    this.list = query("[data-lines]", root);
    this.earlier = query("[data-earlier]", root);
    this.newest = query("[data-newest]", root);
    this.trouble = query("[data-trouble]", root);
    this.notice = query("[data-notice]", root);
    this.pinned = query("[data-pinned]", root);
    this.unhide = query("[data-unhide]", root);
    this.menu = new LineMenu(this);
    this.unhide.addEventListener("click", () => (unhideAll(), (this.unhide.hidden = true), void this.load()));
    query("[data-unpin]", this.pinned).addEventListener("click", () => void this.#unpin());
    this.earlier.addEventListener("click", () => void this.#loadEarlier());
    this.newest.addEventListener("click", () => this.follow());
    this.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#following && this.#end()).observe(this.log); // a keyboard opened, or the phone was turned
  }

  /** @param {Vitrine} client */
  hear(client) {
    client.on("new-message", (line) => this.add(line));
    client.on("message-deleted", ({ messageId }) => this.forget(messageId));
    client.on("chat-restored", () => (this.#deleted.clear(), void this.load()));
    client.on("message-reviewed", ({ allowed }) => this.say(allowed ? "" : "A moderator did not allow your message."));
    client.on("message-pinned", ({ messageId }) => void this.#pin(messageId));
  }

  /** @param {string} words for the reader */
  say(words) {
    this.notice.textContent = words;
  }

  /** @param {ChatLine} line */
  isOwn({ author, userId }) {
    return author ? author === this.reader.author : userId !== null && userId === this.reader.id;
  }

  /** How somebody calls themselves who has written here. @param {string} author */
  nameOf(author) {
    return [...this.#said.values()].find((line) => line.author === author)?.userName;
  }

  /** Takes those from the page whom the reader has just hidden. */
  forgetHidden() {
    for (const [id, { author }] of this.#said) if (isHidden(author)) this.#drop(id);
    this.unhide.hidden = !areAnyHidden();
  }

  /** @param {ChatLine | null} line */
  pin(line) {
    bold(this.pinned, line);
    query("[data-unpin]", this.pinned).hidden = !this.reader.moderates;
  }

  /** What a line says that is not on the page, the show's record knows. @param {string | null} id */
  async #pin(id) {
    const known = id === null ? null : this.#said.get(id);
    if (known !== undefined) this.pin(known);
    else await call("GET", `sessions/${this.show.id}`).then(({ pinnedMessage }) => this.pin(pinnedMessage), () => {});
  }

  async #unpin() {
    const path = `sessions/${this.show.id}/moderation/pin`;
    await call("DELETE", path).catch((error) => (this.trouble.textContent = error.message));
  }

  /** Shows the newest lines as the server has them now; answers whether it could be asked. */
  async load() {
    const before = [...this.#lines.keys()];
    const lines = await this.#fetch();
    if (lines) this.replace(lines, before);
    return lines !== null;
  }

  /** Shows these newest lines instead of those it had `before`. @param {ChatLine[]} lines @param {string[]} [before] */
  replace(lines, before = [...this.#lines.keys()]) {
    const known = new Set(lines.map(({ id }) => id));
    for (const id of before) if (!known.has(id)) this.#drop(id);
    for (const line of lines) this.add(line);
    this.earlier.hidden = lines.length < PAGE;
    this.log.setAttribute("aria-live", "polite"); // what comes from now on is news, and read out
  }

  async #loadEarlier() {
    const oldest = this.list.querySelector("[data-seq]");
    const lines = (await this.#fetch(oldest ? String(seqOf(oldest)) : undefined)) ?? [];
    const below = this.log.scrollHeight - this.log.scrollTop;
    this.log.setAttribute("aria-live", "off");
    for (const line of lines) this.#insert(line);
    this.log.scrollTop = this.log.scrollHeight - below;
    this.log.setAttribute("aria-live", "polite");
    this.earlier.hidden = lines.length < PAGE;
  }

  /** @param {string} [before] @returns {Promise<ChatLine[] | null>} */
  async #fetch(before) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(before && { before }) });
    try {
      const lines = await call("GET", `sessions/${this.show.id}/chat?${query}`);
      if (this.trouble.textContent.startsWith(NOT_SHOWN)) this.trouble.textContent = ""; // other trouble is not over
      return lines;
    } catch (error) {
      this.trouble.textContent = `${NOT_SHOWN} ${/** @type {Error} */ (error).message}`;
      return null;
    }
  }

  /** @param {ChatLine} line */
  add(line) {
    const reading = this.#reading();
    if (!this.#insert(line)) return;
    if (reading) this.newest.hidden = false;
    else this.follow();
  }

  /** Shows above an answer of the staff what was asked, where this page has that line. @param {ChatLine} line @param {HTMLElement} element */
  #quote({ answers }, element) {
    const question = answers && this.#lines.get(answers);
    if (!question) return;
    const quoted = query("[data-asked]", element);
    element.dataset.answers = answers;
    quoted.hidden = false;
    quoted.textContent = `${query("[data-name]", question).textContent}: ${query("[data-text]", question).textContent}`;
  }

  /** @param {string} id */
  forget(id) {
    this.#deleted.add(id);
    for (const answer of queryAll(`[data-answers="${CSS.escape(id)}"] [data-asked]`, this.list)) answer.hidden = true;
    this.#drop(id);
  }

  /** @param {string} id */
  #drop(id) {
    this.#lines.get(id)?.remove();
    this.#lines.delete(id);
    this.#said.delete(id);
  }

  /** Goes to the newest line and stays there. */
  follow() {
    this.newest.hidden = true;
    while (this.list.children.length > SHOWN) this.#dropOldest();
    this.#following = true;
    this.#end();
  }

  #end() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  #scrolled() {
    this.#following = !this.#reading();
    if (this.#following) this.newest.hidden = true;
  }

  #dropOldest() {
    this.#drop(/** @type {HTMLElement} */ (this.list.firstElementChild).dataset.id ?? "");
    this.earlier.hidden = false;
  }

  /** Puts a line where the log has it; answers whether it is new. @param {ChatLine} line */
  #insert(line) {
    if (this.#lines.has(line.id) || this.#deleted.has(line.id)) return false;
    if (isHidden(line.author)) {
      this.unhide.hidden = false;
      return false;
    }
    const element = this.#draw(line);
    this.#lines.set(line.id, element);
    this.#said.set(line.id, line);
    let before = this.list.lastElementChild;
    while (before && seqOf(before) > seqOf(element)) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.list.prepend(element);
    return true;
  }

  /** @param {ChatLine} line */
  #draw(line) {
    const element = clone("chat-line");
    const time = /** @type {HTMLTimeElement} */ (query("time", element));
    const role = this.#roleOf(line);
    element.dataset.id = line.id;
    element.dataset.seq = String(line.seq);
    element.classList.toggle("host", role === "Host");
    const badge = query("[data-role]", element);
    badge.hidden = !role || role === line.userName;
    badge.classList.toggle("accent", role !== "Guest");
    badge.textContent = role;
    query("[data-name]", element).textContent = line.userName || "Guest";
    query("[data-text]", element).textContent = line.message;
    time.dateTime = line.createdAt;
    time.textContent = this.when(line);
    this.#quote(line, element);
    const isAnothers = role !== "Staff" && line.userId !== this.reader.id;
    if (this.reader.answers && isAnothers) offerTakingUp(line, element, (problem) => (this.trouble.textContent = problem));
    const menu = query("[data-menu]", element);
    menu.setAttribute("aria-label", `What to do about this message of ${line.userName || "a guest"}`);
    menu.addEventListener("click", () => this.menu.open(line));
    return element;
  }

  /** Who speaks: a guest may call themselves anything, but nobody else's badge. @param {ChatLine} line */
  #roleOf({ userId, badge, role, user }) {
    if (badge) return BADGES[badge] ?? "";
    if (userId === null) return "Guest"; // as lines say it that are older than badges
    return userId === this.show.creatorId ? "Host" : (TEAM[role ?? user?.role ?? ""] ?? "");
  }

  /** Whether the reader has scrolled up to older lines, and must not be pulled away from them. */
  #reading() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight > NEAR;
  }
}

/** @param {Element} line */
const seqOf = (line) => Number(/** @type {HTMLElement} */ (line).dataset.seq);
