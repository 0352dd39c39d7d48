// @ts-check
/** Where chat is written: a line waits visibly until it is stored, and a refusal says why and when to try again. */

import { clone, query } from "../common/dom.js";
import { ownName } from "../common/name.js";

/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { Ack } from "../../realtime/client.js" */
/** @import { Chat } from "./chat.js" */
/** @import { ChatLine } from "../common/messages.js" */

export class Composer {
  #pausing = 0;

  /**
   * @param {HTMLFormElement} form
   * @param {Chat} chat
   * @param {Vitrine} client
   */
  constructor(form, chat, client) {
    this.chat = chat;
    this.client = client;
    this.message = /** @type {HTMLInputElement} */ (form.elements.namedItem("message"));
    this.name = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("name"));
    this.button = /** @type {HTMLButtonElement} */ (query("[type=submit]", form));
    this.seconds = query("[data-seconds]", form);
    this.notice = query("[data-notice]");
    this.outbox = query("[data-outbox]");
    if (this.name) this.name.value = ownName();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    client.on("new-message", (line) => this.#stored(line));
  }

  #submit() {
    const message = this.message.value.trim();
    if (!message || this.button.disabled) return;
    if (this.name) ownName(this.name.value.trim());
    this.message.value = "";
    this.message.focus();
    this.#say("");
    void this.#send(message, this.name?.value.trim() || this.chat.reader.name || "Guest");
  }

  /** @param {string} message @param {string} userName */
  async #send(message, userName) {
    const waiting = clone("chat-line");
    waiting.classList.add("waiting");
    query("[data-name]", waiting).textContent = userName;
    query("[data-text]", waiting).textContent = message;
    this.outbox.append(waiting);
    this.chat.follow();
    const fields = { sessionId: this.chat.show.id, message, userName, userId: this.chat.reader.id };
    const ack = await this.client.send("send-message", fields);
    waiting.remove();
    if (!ack.ok) this.#refused(ack, message);
  }

  /** The reader's line may be heard before its answer is, and must not stand there twice. @param {ChatLine} line */
  #stored({ userId, message }) {
    if (userId !== this.chat.reader.id) return;
    const said = [...this.outbox.children].find((waiting) => query("[data-text]", waiting).textContent === message);
    said?.remove();
  }

  /**
   * The words go back to where they can be sent again, unless others have been typed since.
   * @param {Ack} ack
   * @param {string} message
   */
  #refused({ message: reason, retryAfter = 0 }, message) {
    this.message.value ||= message;
    this.#say(reason || "The message was not accepted.");
    if (retryAfter > 0) this.#pause(Math.ceil(retryAfter));
  }

  /** Counts down on the button itself: the notice is read out, and must not change each second. @param {number} seconds */
  #pause(seconds) {
    clearTimeout(this.#pausing);
    this.button.disabled = seconds > 0;
    this.seconds.textContent = seconds > 0 ? String(seconds) : "";
    if (seconds > 0) this.#pausing = setTimeout(() => this.#pause(seconds - 1), 1000);
    else this.#say("");
  }

  /** @param {string} words */
  #say(words) {
    this.notice.textContent = words;
  }
}
