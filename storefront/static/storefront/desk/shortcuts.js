// @ts-check
/** The keyboard. Single keys work where nothing is written, and can be switched off: who dictates presses many. */

import { query } from "../common/dom.js";
import { keep, kept } from "./kept.js";

const OFF = "vitrine.desk.keys-off";
const FIELDS = "input, textarea, select, [contenteditable]";

/** @typedef {Record<string, (key: string) => void>} Keys what each does */

export class Shortcuts {
  /** @param {HTMLElement} root @param {Keys} keys @param {() => void} back goes back a step */
  constructor(root, keys, back) {
    this.dialog = /** @type {HTMLDialogElement} */ (query("[data-keys]", root));
    this.use = /** @type {HTMLInputElement} */ (query("[data-use]", this.dialog));
    this.keys = keys;
    this.back = back;
    this.use.checked = kept(OFF) === "";
    this.use.addEventListener("change", () => keep(OFF, this.use.checked ? "" : "yes"));
    query("[data-close]", this.dialog).addEventListener("click", () => this.dialog.close());
    query("[data-help]", root).addEventListener("click", () => this.show());
    addEventListener("keydown", (event) => this.#press(event));
  }

  show() {
    this.dialog.showModal();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (!(target instanceof HTMLElement) || document.querySelector("dialog:modal")) return;
    const writes = target.matches(FIELDS) && target.checkVisibility(); // a closed dialog has the focus for a moment
    if (key === "Escape") return writes ? target.blur() : this.back();
    if (writes || !this.use.checked) return;
    const act = key === "?" ? () => this.show() : this.keys[key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act(key);
  }
}
