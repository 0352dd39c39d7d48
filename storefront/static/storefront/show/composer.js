// @ts-check
/** Where chat is written: a line waits visibly until it is stored, and a refused one stays with the reason. */

import { clone, data, query } from "../common/dom.js";
import { clock, day } from "../common/format.js";
import { ownName } from "../common/name.js";

/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { Ack } from "../../realtime/client.js" */
/** @import { Chat } from "./chat.js" */
/** @import { ChatLine } from "../common/messages.js" */

const DAY = 86_400_000; // ms
const LONGEST = 2 ** 31 - 1; // ms that a timer can wait for

export class Composer {
  #pausing = 0;
  #muting = 0;
  #guestChat;
  #accountMinutes;
  #growing = 0; // waits until the reader's account is old enough
  #muted = ""; // why this reader may not write, if they may not
  #told = false; // whether the server has said so since this page last entered
  #outside = ""; // why this reader may not even be here

  /**
   * @param {HTMLFormElement} form
   * @param {Chat} chat
   * @param {Vitrine} client
   */
  constructor(form, chat, client) {
    const { guestChat, accountMinutes, muted, until } = data("chat-rules");
    this.chat = chat;
    this.client = client;
    this.form = form;
    this.closed = query("[data-closed]");
    this.message = /** @type {HTMLInputElement} */ (form.elements.namedItem("message"));
    this.name = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("name"));
    this.button = /** @type {HTMLButtonElement} */ (query("[type=submit]", form));
    this.seconds = query("[data-seconds]", form);
    this.outbox = query("[data-outbox]");
    this.#guestChat = guestChat;
    this.#accountMinutes = accountMinutes;
    if (this.name) this.name.value = ownName();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    client.on("new-message", (line) => this.#stored(line));
    client.on("chat-restricted", ({ allowed, until: end }) => {
      this.#told = true;
      this.#mute(!allowed, end);
    });
    this.#mute(muted, until);
  }

  /** @param {{ guestChat: boolean, accountMinutes: number }} rules */
  rule({ guestChat, accountMinutes }) {
    this.#guestChat = guestChat;
    this.#accountMinutes = accountMinutes;
    this.#draw();
  }

  /** Whoever is muted is told so before they are in; what the page was drawn with may be over. */
  entered() {
    if (!this.#told) this.#mute(false);
    this.#told = false;
  }

  /** @param {string} reason why the reader may not be in the show, or nothing where they are */
  shutOut(reason) {
    this.#outside = reason;
    this.#draw();
  }

  /** @param {boolean} muted @param {string | null} [until] */
  #mute(muted, until = null) {
    clearTimeout(this.#muting);
    this.#muted = !muted ? "" : until ? `You may write here again at ${clock(until)}.` : "You may not write in this chat.";
    const wait = until ? Date.parse(until) - Date.now() : LONGEST;
    if (muted && wait < LONGEST) this.#muting = setTimeout(() => this.#mute(false), Math.max(wait, 0));
    this.#draw();
  }

  /** Why the reader's account is too young to write here, if it is; the form comes by itself once it is not. */
  #tooYoung() {
    const { since, moderates } = this.chat.reader;
    clearTimeout(this.#growing);
    if (!since || moderates || !this.#accountMinutes) return "";
    const from = Date.parse(since) + this.#accountMinutes * 60_000;
    const wait = from - Date.now();
    if (wait <= 0) return "";
    if (wait < LONGEST) this.#growing = setTimeout(() => this.#draw(), wait);
    const at = new Date(from).toISOString();
    return `This chat is for older accounts. You may write ${wait > DAY ? `on ${day(at)} ` : ""}at ${clock(at)}.`;
  }

  /** Shows the form, or instead of it why nothing can be written and what would help. */
  #draw() {
    const members = (!this.#guestChat || this.#accountMinutes > 0) && this.chat.reader.id === null;
    const reason = this.#outside || this.#muted || this.#tooYoung();
    const logIn = this.closed.querySelector("[data-log-in]");
    this.form.hidden = members || reason !== "";
    this.closed.hidden = !this.form.hidden;
    query("[data-why]", this.closed).textContent = reason;
    logIn?.toggleAttribute("hidden", !members || reason !== "");
  }

  #submit() {
    const message = this.message.value.trim();
    if (!message || this.button.disabled) return;
    if (this.name) ownName(this.name.value.trim());
    this.message.value = "";
    this.message.focus();
    void this.#send(message);
  }

  /** @param {string} message */
  async #send(message) {
    const userName = this.name?.value.trim() || this.chat.reader.name || "Guest";
    const waiting = clone("chat-line");
    waiting.classList.add("waiting");
    query("[data-name]", waiting).textContent = userName;
    query("[data-text]", waiting).textContent = message;
    this.outbox.append(waiting);
    this.chat.follow();
    const fields = { sessionId: this.chat.show.id, message, userName, userId: this.chat.reader.id };
    const ack = await this.client.send("send-message", fields);
    waiting.remove();
    if (ack.held) this.chat.say("A moderator looks at your message before it is shown.");
    const shown = ack.ok && typeof ack.userName === "string" ? ack.userName : "";
    this.chat.trouble.textContent = shown ? `“${userName}” is taken or reserved, so others see you as ${shown}.` : "";
    if (!ack.ok) this.#refused(ack, message);
  }

  /** The reader's line may be heard before its answer is, and must not stand there twice. @param {ChatLine} line */
  #stored({ userId, message }) {
    if (userId !== this.chat.reader.id) return;
    const said = [...this.outbox.children].find(
      (line) => line.classList.contains("waiting") && query("[data-text]", line).textContent === message,
    );
    said?.remove();
  }

  /** The line stays until it is sent again or given up. @param {Ack} ack @param {string} message */
  #refused({ message: reason, retryAfter = 0 }, message) {
    const line = clone("refused-line");
    const again = /** @type {HTMLButtonElement} */ (query("[data-again]", line));
    query("[data-text]", line).textContent = message;
    query("[data-why]", line).textContent = reason || "The message was not accepted.";
    again.addEventListener("click", () => {
      if (this.button.disabled || this.form.hidden) return;
      line.remove();
      void this.#send(message);
    });
    query("[data-drop]", line).addEventListener("click", () => line.remove());
    this.outbox.append(line);
    this.chat.follow();
    if (retryAfter > 0) this.#pause(Math.ceil(retryAfter));
  }

  /** Counts down on the button itself, which says when the next line may be sent. @param {number} seconds */
  #pause(seconds) {
    clearTimeout(this.#pausing);
    this.button.disabled = seconds > 0;
    this.outbox.classList.toggle("pausing", seconds > 0);
    this.seconds.textContent = seconds > 0 ? String(seconds) : "";
    if (seconds > 0) this.#pausing = setTimeout(() => this.#pause(seconds - 1), 1000);
  }
}
