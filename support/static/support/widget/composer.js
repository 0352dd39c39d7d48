// @ts-check
/** Where the customer writes: a message, files beside it and, while nobody is there, an address to answer to. */

import { iconButton, made, say } from "./elements.js";
import { Files } from "./files.js";

/** @import { About } from "../options.js" */
/** @import { Api } from "./api.js" */
/** @import { Kept } from "./kept.js" */
/** @import { Talk } from "./talk.js" */
/** @import { Texts } from "./texts.js" */

const MAX_LENGTH = 4000; // characters of one message

export class Composer {
  #texts;
  #talk;
  #kept;
  /** Where a conversation that begins with this comes from. @type {About} */ #about = {};
  #field;
  #email;
  #address;
  #trouble = made("p", { class: "trouble", role: "status" });
  #files;
  #isLater = false;

  /** @param {{ api: Api, kept: Kept, texts: Texts }} parts @param {Talk} talk @param {() => void} sent */
  constructor(parts, talk, sent) {
    const { texts, kept } = parts;
    this.#texts = texts;
    this.#talk = talk;
    this.#kept = kept;
    this.#files = new Files(parts, () => talk.id, (words) => this.#tell(words));
    const bounds = { rows: "1", maxlength: String(MAX_LENGTH) };
    this.#field = made("textarea", { ...bounds, "aria-label": texts.message, placeholder: texts.message });
    this.#field.value = kept.all.draft;
    const mail = { type: "email", maxlength: "254", autocomplete: "email", id: "email" };
    this.#email = made("input", { ...mail, "aria-describedby": "trouble" });
    this.#email.value = kept.all.email;
    const label = made("label", { for: "email" }, [texts.email]);
    this.#address = made("div", { class: "address", hidden: true }, [label, this.#email]);
    this.#trouble.id = "trouble";
    const send = iconButton("send", texts.send, () => {});
    send.type = "submit";
    send.classList.add("primary");
    const row = made("div", { class: "writing" }, [this.#files.button, this.#field, send]);
    const inside = [this.#trouble, this.#address, this.#files.element, row];
    this.element = made("form", { class: "composer", novalidate: true }, inside);
    this.#listen(sent);
  }

  /** @param {boolean} isStaffed */
  draw(isStaffed) {
    this.#address.hidden = isStaffed;
  }

  /** What the next conversation is about. @param {About} about @param {string} [draft] */
  begin(about, draft) {
    this.#about = about;
    if (!draft || this.#field.value.trim()) return;
    this.#field.value = draft;
    this.#keep();
  }

  focus() {
    this.#field.focus();
    this.fit();
  }

  /** @param {() => void} sent */
  #listen(sent) {
    const field = this.#field;
    field.addEventListener("input", () => this.#typed());
    field.addEventListener("blur", () => this.#talk.type(false));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.element.requestSubmit();
    });
    field.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length) event.preventDefault();
      void this.#files.add(files);
    });
    this.#email.addEventListener("input", () => this.#kept.keep({ email: this.#email.value }));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#send()) sent();
    });
  }

  #typed() {
    this.#keep();
    this.#tell("");
    this.#talk.type(this.#field.value.trim() !== "");
  }

  #keep() {
    this.#kept.keep({ draft: this.#field.value.slice(0, MAX_LENGTH) });
    this.fit();
  }

  /** As high as what is in it. */
  fit() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`;
  }

  /** Answers whether anything was sent. */
  #send() {
    const texts = this.#texts;
    const text = this.#field.value.trim();
    const { attachments, isUploading, waitsForConversation } = this.#files;
    const email = this.#address.hidden ? "" : this.#email.value.trim();
    this.#email.toggleAttribute("aria-invalid", false);
    if (isUploading) return void this.#whenUploaded();
    if (!text && waitsForConversation && !this.#talk.id) return this.#tell(texts.wordsFirst);
    if (email && !this.#email.checkValidity()) return this.#refuseEmail();
    if (!text && !attachments.length) return waitsForConversation ? void this.#later() : false;
    const said = { text, attachments, email: email || undefined };
    if (!this.#talk.write(said, this.#about)) return this.#tell(texts.fullOutbox);
    this.#files.clear();
    this.#field.value = "";
    this.#keep();
    this.#tell("");
    if (waitsForConversation) void this.#later();
    return true;
  }

  async #whenUploaded() {
    await this.#files.settled;
    if (!this.#files.waitsForConversation) this.element.requestSubmit();
  }

  /** Files that were chosen before there was a conversation, or could not be sent, go with a message of their own. */
  async #later() {
    if (this.#isLater) return;
    this.#isLater = true;
    await this.#talk.begun();
    await this.#files.upload();
    this.#isLater = false;
    const { attachments } = this.#files;
    if (!attachments.length || !this.#talk.write({ text: "", attachments }, {})) return;
    this.#files.clear();
  }

  #refuseEmail() {
    this.#email.setAttribute("aria-invalid", "true");
    this.#email.focus();
    return this.#tell(this.#texts.wrongEmail);
  }

  /** @param {string} words @returns {false} */
  #tell(words) {
    say(this.#trouble, words);
    return false;
  }
}
