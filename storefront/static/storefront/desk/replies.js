// @ts-check
/** The canned replies, already filled in for the conversation that is open. */

import { clone, query, queryAll } from "../common/dom.js";

/** @typedef {{ shortcut: string, text: string }} Reply */

export class Replies {
  /** @type {Reply[]} */ #replies = [];
  /** @type {(words: string) => void} */ #insert = () => {};

  /** @param {HTMLElement} root */
  constructor(root) {
    this.dialog = /** @type {HTMLDialogElement} */ (query("[data-replies]", root));
    this.seek = /** @type {HTMLInputElement} */ (query("[data-seek]", this.dialog));
    this.list = query("[data-list]", this.dialog);
    this.none = query("[data-none]", this.dialog);
    query("[data-close]", this.dialog).addEventListener("click", () => this.dialog.close());
    this.seek.addEventListener("input", () => this.#draw());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {Reply[]} replies */
  know(replies) {
    this.#replies = replies;
    this.#draw();
  }

  /** @param {(words: string) => void} insert takes the one that is chosen */
  open(insert) {
    this.#insert = insert;
    this.seek.value = "";
    this.#draw();
    this.dialog.showModal();
    this.seek.focus();
  }

  #draw() {
    const sought = this.seek.value.toLowerCase().trim();
    const found = this.#replies.filter(({ shortcut, text }) => `${shortcut} ${text}`.toLowerCase().includes(sought));
    this.list.replaceChildren(
      ...found.map((reply) => {
        const row = clone("canned-reply");
        query("[data-shortcut]", row).textContent = reply.shortcut;
        query("[data-words]", row).textContent = reply.text;
        query("button", row).addEventListener("click", () => this.#choose(reply));
        return row;
      }),
    );
    this.none.textContent = found.length ? "" : this.#replies.length ? "None has these words." : "There are none yet.";
  }

  /** @param {Reply} reply */
  #choose({ text }) {
    this.dialog.close();
    this.#insert(text);
  }

  /** Enter takes the first one, and the arrows walk through them. @param {KeyboardEvent} event */
  #key(event) {
    const buttons = queryAll("button", this.list);
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (event.key === "Enter" && document.activeElement === this.seek) buttons[0]?.click();
    else if (event.key === "ArrowDown") buttons[at + 1]?.focus();
    else if (event.key === "ArrowUp" && at > 0) buttons[at - 1].focus();
    else if (event.key === "ArrowUp") this.seek.focus();
    else return;
    event.preventDefault();
  }
}
