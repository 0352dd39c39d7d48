// @ts-check
/** Asks until when a conversation is to rest. */

import { FormDialog } from "../common/dialogs.js";
import { query } from "../common/dom.js";
import { full, usualEnds } from "./times.js";

export class Snooze {
  /** @param {(until: string) => Promise<unknown>} snooze */
  constructor(snooze) {
    this.dialog = new FormDialog("[data-snooze]");
    this.choice = /** @type {HTMLSelectElement} */ (query("[name=until]", this.dialog.form));
    this.moment = /** @type {HTMLInputElement} */ (query("[name=moment]", this.dialog.form));
    this.snooze = snooze;
    this.choice.addEventListener("change", () => this.#ask());
  }

  open() {
    const ends = usualEnds().map(([words, end]) => [words, end.toISOString()]);
    const options = ends.map(([words, end]) => new Option(`${words} (${full(end)})`, end));
    this.choice.replaceChildren(...options, new Option("Another moment …", ""));
    this.#ask();
    this.dialog.open((values) => {
      const [until, moment] = [String(values.get("until")), String(values.get("moment"))];
      return this.snooze(until || new Date(moment).toISOString());
    });
  }

  #ask() {
    const isOther = this.choice.value === "";
    query("[data-other]", this.dialog.form).hidden = !isOther;
    this.moment.required = isOther;
    if (!isOther) this.moment.value = "";
  }
}
