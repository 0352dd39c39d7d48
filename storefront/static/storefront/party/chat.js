// @ts-check
/** A party's chat: only its members read it, and it is kept in the tab, so that a reload loses nothing. */

import { bdi, clone, query } from "../common/dom.js";
import { clock } from "../common/format.js";
import { nameOf } from "./faces.js";

/** @import { Together } from "../../shopping/sdk.js" */
/** @typedef {{ name: string, text: string, at: string, own: boolean } | { note: string }} Line */

const KEPT = 300; // lines
const RELOADING = 8_000; // ms
const NEAR = 80; // px from the end that still count as reading the newest

export class PartyChat {
  /** @type {Line[]} */ #lines = [];
  /** @type {Map<string, number>} */ #leaving = new Map(); // by name, for the id changes with the connection
  #key = "";
  #unread = 0;
  #together;

  /** @param {Together} together */
  constructor(together) {
    this.#together = together;
    const root = query("[data-chat]");
    this.log = query("[data-log]", root);
    this.list = query("[data-lines]", root);
    this.trouble = query("[data-trouble]", root);
    this.form = /** @type {HTMLFormElement} */ (query("[data-composer]", root));
    this.message = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("message"));
    this.form.addEventListener("submit", (event) => (event.preventDefault(), void this.#send()));
    together.on("CHAT_MESSAGE", ({ sourceId, message, timestamp }) => {
      if (!together.isMe(sourceId)) this.#add(this.#line(nameOf(together, sourceId), String(message), timestamp, false));
    });
    together.on("PARTICIPANT_JOINED", ({ userName }) => this.#came(userName));
    together.on("PARTICIPANT_LEFT", ({ userId }) => this.#went(together.nameOf(userId)));
    together.on("resumed", ({ recovered }) => recovered || this.#add({ note: "You were away; older messages are missing here" }));
  }

  /** Shows what this tab kept of the party. @param {string} sessionId */
  begin(sessionId) {
    this.#key = `vitrine.party.${sessionId}`;
    this.#lines = kept(this.#key);
    this.list.replaceChildren(...this.#lines.map(draw));
    this.log.setAttribute("aria-live", "polite");
    this.#end();
  }

  /** Nothing is unread any longer. */
  read() {
    this.#count(0);
    this.#end();
  }

  async #send() {
    const text = this.message.value.trim();
    if (!text) return;
    this.message.value = "";
    this.message.focus();
    this.trouble.textContent = "";
    const name = this.#together.remembered?.userName ?? "You";
    const line = this.#line(name, text, Date.now(), true);
    const element = this.#add(line);
    element.classList.add("waiting");
    try {
      await this.#together.sync("CHAT_MESSAGE", { message: text });
      element.classList.remove("waiting");
    } catch (error) {
      this.#lines = this.#lines.filter((each) => each !== line);
      this.#keep();
      element.remove();
      this.message.value ||= text;
      this.trouble.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** Who reloads the page has neither left nor come. @param {string} name */
  #went(name) {
    const leaving = () => (this.#leaving.delete(name), this.#add({ note: `${name} has left` }));
    this.#leaving.set(name, setTimeout(leaving, RELOADING));
  }

  /** @param {string} name */
  #came(name) {
    clearTimeout(this.#leaving.get(name));
    if (!this.#leaving.delete(name)) this.#add({ note: `${name} is here` });
  }

  /** @param {string} name @param {string} text @param {number} at @param {boolean} own @returns {Line} */
  #line(name, text, at, own) {
    return { name, text, at: new Date(at).toISOString(), own };
  }

  /** @param {Line} line */
  #add(line) {
    const following = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
    const element = draw(line);
    this.#lines = [...this.#lines, line].slice(-KEPT);
    this.#keep();
    this.list.append(element);
    while (this.list.children.length > KEPT) this.list.firstElementChild?.remove();
    if (following) this.#end();
    if ("text" in line && !line.own && !this.log.offsetParent) this.#count(this.#unread + 1);
    return element;
  }

  /** @param {number} unread */
  #count(unread) {
    this.#unread = unread;
    const badge = query("[data-count=chat]");
    badge.hidden = unread === 0;
    badge.textContent = String(unread);
  }

  #end() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  #keep() {
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.#lines));
    } catch {
      // A browser that keeps nothing shows it until it is reloaded.
    }
  }
}

/** @param {string} key @returns {Line[]} */
function kept(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {Line} line */
function draw(line) {
  if ("note" in line) {
    const note = clone("note");
    note.textContent = line.note;
    return note;
  }
  const element = clone("chat-line");
  element.classList.toggle("own", line.own);
  query("[data-name]", element).replaceChildren(bdi(line.name), line.own ? " (you)" : "");
  query("[data-text]", element).textContent = line.text;
  const time = /** @type {HTMLTimeElement} */ (query("time", element));
  time.dateTime = line.at;
  time.textContent = clock(line.at);
  return element;
}
