// @ts-check
/** Where staff write: replies and notes, with files, canned replies, and offers of a call or a party. */

import { query, queryAll } from "../common/dom.js";
import { Drafts } from "./drafts.js";
import { Files } from "./files.js";
import { Unsent } from "./unsent.js";

/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { Replies } from "./replies.js" */

const SAYS = 10_000; // ms after which "is writing" is said again
const COARSE = "(pointer: coarse)"; // where Enter begins a new line, for the button is at hand

export class Composer {
  #drafts = new Drafts();
  #said = 0; // when "is writing" was said
  #id = "";

  /**
   * @param {HTMLElement} root
   * @param {Vitrine} client
   * @param {{ maxFiles: number, maxBytes: number }} bounds
   * @param {Replies} replies
   */
  constructor(root, client, bounds, replies) {
    this.client = client;
    this.replies = replies;
    this.form = /** @type {HTMLFormElement} */ (query("[data-composer]", root));
    this.text = /** @type {HTMLTextAreaElement} */ (query("textarea", this.form));
    this.internal = query("[data-internal]", this.form);
    this.trouble = query("[data-trouble]", this.form);
    this.files = new Files(this.form, bounds, (words) => (this.trouble.textContent = words));
    this.unsent = new Unsent(query("[data-unsent]", root), client);
    this.internal.addEventListener("click", () => this.beInternal(!this.isInternal));
    query("[data-canned]", this.form).addEventListener("click", () => this.choose());
    for (const button of queryAll("[data-offer]", this.form)) {
      button.addEventListener("click", () => this.#offer(button));
    }
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.text.addEventListener("input", () => this.#written());
    this.text.addEventListener("blur", () => this.#stop());
    this.text.addEventListener("keydown", (event) => this.#key(event));
  }

  get isInternal() {
    return this.internal.ariaChecked === "true";
  }

  /** @param {string} id nothing where no conversation is open */
  open(id) {
    this.#stop();
    this.#id = id;
    this.form.hidden = id === "";
    this.unsent.open(id);
    this.files.clear();
    this.files.id = id;
    this.trouble.textContent = "";
    const { text, internal } = this.#drafts.of(id);
    this.text.value = text;
    this.#show(internal);
  }

  /** @param {boolean} internal whether only staff will read it */
  beInternal(internal) {
    if (internal) this.#stop();
    this.#show(internal);
    this.#keep();
  }

  /** @param {boolean} [internal] as it was unless one is meant */
  write(internal = this.isInternal) {
    if (this.form.hidden) return;
    if (internal !== this.isInternal) this.beInternal(internal);
    this.text.focus();
  }

  /** Canned replies stand in for what would have to be typed again and again. */
  choose() {
    if (!this.form.hidden) this.replies.open((words) => this.#insert(words));
  }

  // --- writing

  /** @param {string} words */
  #insert(words) {
    const { selectionStart: from, selectionEnd: to } = this.text;
    this.text.focus();
    this.text.setRangeText(words, from, to, "end");
    this.#written();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "/" && this.text.value === "") {
      event.preventDefault();
      this.choose();
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (matchMedia(COARSE).matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #written() {
    this.#keep();
    if (this.isInternal) return; // the customer is not told that something is written which they will not read
    if (!this.text.value.trim()) return this.#stop();
    if (Date.now() - this.#said < SAYS) return;
    this.#said = Date.now();
    this.client.say("support-typing", { conversationId: this.#id, typing: true });
  }

  #stop() {
    if (this.#said) this.client.say("support-typing", { conversationId: this.#id, typing: false });
    this.#said = 0;
  }

  #keep() {
    this.#drafts.keep(this.#id, { text: this.text.value, internal: this.isInternal });
  }

  /** @param {boolean} internal */
  #show(internal) {
    this.internal.ariaChecked = String(internal);
    this.form.classList.toggle("note", internal);
    query("[data-label]", this.form).textContent = internal ? "Internal note" : "Reply";
    this.text.placeholder = internal ? "A note that only staff read" : "Write a reply";
    query("[data-send]", this.form).textContent = internal ? "Add the note" : "Send";
  }

  // --- sending

  async #send() {
    const [id, text, internal] = [this.#id, this.text.value.trim(), this.isInternal];
    this.trouble.textContent = "";
    if (this.files.busy) return void (this.trouble.textContent = "The files are still on their way.");
    if (!text && !this.files.ids.length) return void this.text.focus();
    const attached = this.files.ids;
    this.text.value = "";
    this.files.clear();
    this.#stop();
    this.#keep();
    this.text.focus();
    await this.unsent.send({ conversationId: id, text, internal, attachmentIds: attached });
    return undefined;
  }

  /** @param {HTMLElement} button */
  async #offer(button) {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    this.trouble.textContent = "";
    const fields = { conversationId: this.#id, kind: /** @type {"call" | "party"} */ (button.dataset.offer) };
    const ack = await this.client.send("support-offer", fields, { keep: false });
    if (!ack.ok) this.trouble.textContent = ack.message ?? "";
    button.ariaDisabled = null;
  }
}
