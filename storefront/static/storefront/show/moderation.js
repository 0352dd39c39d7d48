// @ts-check
/** The sheet of those who keep order in a show: its rules, what waits for them, and what they have done. */

import { call } from "../common/api.js";
import { pressing } from "../common/dialogs.js";
import { clone, query, queryAll } from "../common/dom.js";
import { clock } from "../common/format.js";
import { button } from "./rows.js";

/** @import { Ack, Vitrine } from "../../realtime/client.js" */
/** @import { Chat } from "./chat.js" */

/** @type {Record<string, string>} */ const CAUSES = { word: "has a blocked word", rule: "every message is held", hook: "held by the shop’s own check" };
/** @type {Record<string, string>} */ const KINDS = { mute: "Muted", ban: "Banned", shadow: "Shadowed" };
/** @type {Record<string, string>} */
const VERBS = {
  "delete-message": "deleted a message", "delete-messages": "deleted all messages of a person", "pin-message": "pinned a message",
  "unpin-message": "unpinned a message", "set-chat-rules": "changed the rules", "mute-person": "muted a person", "ban-person": "banned a person",
  "shadow-person": "shadowed a person", "lift-restriction": "ended a restriction", "block-word": "blocked a word", "unblock-word": "allowed a word",
  "allow-message": "allowed a message", "refuse-message": "refused a message", "settle-report": "settled a report", "name-moderator": "named a moderator",
  "dismiss-moderator": "dismissed a moderator", "pick-question": "picked a question", "answer-question": "answered a question",
  "dismiss-question": "dismissed a question", "undo-act": "took an act back",
};

export class Moderation {
  /** @type {Vitrine} */ #client;
  /** @type {(() => void) | null} ends hearing of what waits */ #leave = null;

  /** @param {Chat} chat @param {Vitrine} client */
  constructor(chat, client) {
    this.#client = client;
    this.chat = chat;
    this.path = `sessions/${chat.show.id}/moderation`;
    this.sheet = /** @type {HTMLDialogElement} */ (query("[data-moderation]"));
    this.error = query("[data-error]", this.sheet);
    this.opener = query("[data-open-moderation]");
    this.opener.addEventListener("click", () => this.#open());
    query("[data-rule-switches]", this.sheet).addEventListener("change", ({ target }) => void this.#rule(/** @type {HTMLInputElement} */ (target)));
    this.#form("[data-block]", (values) => call("POST", `${this.path}/words`, values));
    this.#form("[data-name-moderator]", (values) => call("POST", `${this.path}/moderators`, values));
    client.on("moderation-changed", (waiting) => this.#changed(waiting));
    query("[data-owner]", this.sheet).hidden = !chat.reader.owns;
    this.follow();
  }

  /** Begins or ends to keep order, as the reader may now. */
  follow() {
    const { moderates } = this.chat.reader;
    this.opener.hidden = !moderates;
    if (moderates) this.#leave ??= this.#enter();
    else {
      this.#leave?.();
      this.#leave = null;
      this.sheet.close();
    }
  }

  #enter() {
    const entered = (/** @type {Ack} */ ack) => void (ack.ok && this.#count(ack));
    return this.#client.enter("join-moderation", { sessionId: this.chat.show.id }, { entered });
  }

  /** @param {any} waiting */
  #count({ held, reports }) {
    const waiting = query("[data-waiting]", this.opener);
    query("[data-held-count]", this.sheet).textContent = String(held);
    query("[data-report-count]", this.sheet).textContent = String(reports);
    waiting.textContent = String(held + reports);
    waiting.hidden = held + reports === 0;
  }

  /** @param {{ held: number, reports: number }} waiting */
  #changed(waiting) {
    this.#count(waiting);
    if (this.sheet.open) void this.load();
  }

  #open() {
    this.error.textContent = "";
    this.sheet.showModal();
    void this.load();
  }

  async load() {
    const lists = ["", "/held", "/reports", "/mutes", "/bans", "/words", "/moderators", "/audit?limit=20"];
    try {
      const [rules, held, reports, mutes, bans, words, moderators, acts] = await Promise.all(lists.map((list) => call("GET", this.path + list)));
      this.#count(rules);
      this.#drawRules(rules);
      this.#list("[data-held]", held.map((/** @type {any} */ each) => this.#held(each)));
      this.#list("[data-reports]", reports.map((/** @type {any} */ each) => this.#report(each)));
      this.#list("[data-restricted]", [...mutes, ...bans].map((each) => this.#restriction(each)));
      this.#list("[data-words]", words.map((/** @type {any} */ each) => this.#chip(each.word, `/words/${each.id}`)));
      this.#list("[data-moderators]", moderators.map((/** @type {any} */ { user }) => this.#chip(user.username, `/moderators/${user.id}`)));
      this.#list("[data-acts]", acts.map((/** @type {any} */ each) => this.#act(each)));
    } catch (error) {
      this.error.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** @param {Record<string, any>} rules */
  #drawRules(rules) {
    for (const field of /** @type {HTMLInputElement[]} */ (queryAll("[name]", query("[data-rule-switches]", this.sheet)))) {
      if (field.type === "checkbox") field.checked = rules[field.name];
      else field.value = String(rules[field.name]);
    }
  }

  /** @param {HTMLInputElement} field */
  async #rule(field) {
    const value = field.type === "checkbox" ? field.checked : Number(field.value);
    await this.#do(() => call("PATCH", this.path, { [field.name]: value }));
  }

  /** What was done shows in the lists; so does what was refused, as it was before. @param {() => Promise<unknown>} act */
  async #do(act) {
    const failed = await act().then(() => "", (error) => error.message);
    await this.load();
    this.error.textContent ||= failed;
  }

  /** @param {string} selector @param {HTMLElement[]} rows */
  #list(selector, rows) {
    query(selector, this.sheet).replaceChildren(...rows);
  }

  /** @param {string} name @param {string} text @param {string} words @param {HTMLElement[]} buttons */
  #row(name, text, words, buttons) {
    const row = clone("queue-row");
    query("[data-name]", row).textContent = name;
    query("[data-text]", row).textContent = text;
    query("[data-note]", row).textContent = words;
    query("[data-buttons]", row).append(...buttons);
    return row;
  }

  /** @param {string} words @param {string} method @param {string} path @param {object} [body] */
  #button(words, method, path, body) {
    const made = button(words);
    pressing(made, this.error, () => this.#do(() => call(method, path, body)));
    return made;
  }

  /** @param {any} held */
  #held({ id, userName, message, cause }) {
    const path = `${this.path}/held/${id}`;
    return this.#row(userName, message, CAUSES[cause] ?? "", [
      this.#button("Allow", "PATCH", path, { allowed: true }),
      this.#button("Refuse", "PATCH", path, { allowed: false }),
    ]);
  }

  /** @param {any} report */
  #report({ id, message, reporter, reason }) {
    return this.#row(message.userName, message.message, `reported by ${reporter}${reason ? `: ${reason}` : ""}`, [
      this.#button("Delete", "DELETE", `sessions/${this.chat.show.id}/chat/${message.id}`),
      this.#button("Dismiss", "PATCH", `${this.path}/reports/${id}`, { status: "dismissed" }),
    ]);
  }

  /** @param {any} restriction */
  #restriction({ id, kind, author, userId, until, reason }) {
    const list = kind === "mute" ? "mutes" : "bans";
    const name = this.chat.nameOf(author) ?? (userId ? `user ${userId}` : "A guest");
    const words = [until ? `until ${clock(until)}` : "for good", reason].filter(Boolean).join(": ");
    return this.#row(name, KINDS[kind] ?? kind, words, [this.#button("Lift", "DELETE", `${this.path}/${list}/${id}`)]);
  }

  /** @param {any} act */
  #act({ id, by, verb, at, reason, undoneAt }) {
    const buttons = undoneAt || verb === "undo-act" ? [] : [this.#button("Undo", "POST", `${this.path}/audit/${id}/undo`)];
    const words = [clock(at), reason, undoneAt ? "taken back" : ""].filter(Boolean).join(" · ");
    return this.#row(by, VERBS[verb] ?? verb, words, buttons);
  }

  /** A word or a name that goes away when pressed. @param {string} words @param {string} path */
  #chip(words, path) {
    const item = document.createElement("li");
    const made = this.#button(`${words} ×`, "DELETE", this.path + path);
    made.dir = "auto";
    made.ariaLabel = `Remove: ${words}`;
    item.append(made);
    return item;
  }

  /** @param {string} selector @param {(values: object) => Promise<unknown>} save */
  #form(selector, save) {
    const form = /** @type {HTMLFormElement} */ (query(selector, this.sheet));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const values = Object.fromEntries(new FormData(form));
      await this.#do(() => save(values).then(() => form.reset()));
    });
  }
}
