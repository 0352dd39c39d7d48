// @ts-check
/** Dialogs that ask: a yes before something that can't be taken back, and forms that stay open until the server agrees. */

import { query, queryAll } from "./dom.js";

/** @import { Refusal } from "./api.js" */

/**
 * @param {string} question
 * @param {string} yes the words on the button that does it
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes) {
  const dialog = /** @type {HTMLDialogElement} */ (query("[data-confirm]"));
  query("[data-words]", dialog).textContent = question;
  query("[data-yes]", dialog).textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

/** A form in a dialog. `save` gets its values; while it works the form waits, and what it throws is shown. */
export class FormDialog {
  /** @type {(values: FormData) => Promise<unknown>} */ #save = async () => undefined;

  /** @param {string} selector */
  constructor(selector) {
    this.dialog = /** @type {HTMLDialogElement} */ (query(selector));
    this.form = /** @type {HTMLFormElement} */ (query("form", this.dialog));
    this.error = query("[data-error]", this.dialog);
    query("[data-cancel]", this.dialog).addEventListener("click", () => this.dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
  }

  /** @param {(values: FormData) => Promise<unknown>} save */
  open(save) {
    this.#save = save;
    this.error.textContent = "";
    for (const field of queryAll("[aria-invalid]", this.form)) field.removeAttribute("aria-invalid");
    this.dialog.showModal();
  }

  async #submit() {
    if (!this.#complete()) return;
    const button = /** @type {HTMLButtonElement} */ (query("[type=submit]", this.form));
    button.disabled = true;
    this.error.textContent = "";
    for (const field of queryAll("[aria-invalid]", this.form)) field.removeAttribute("aria-invalid");
    try {
      await this.#save(new FormData(this.form));
      this.dialog.close();
    } catch (error) {
      this.#blame(/** @type {Error & Partial<Refusal>} */ (error));
    }
    button.disabled = false;
  }

  /** Says what the server found wrong, by the names that the fields have here, and goes to the first of them. */
  #blame(/** @type {Error & Partial<Refusal>} */ { message, details = {} }) {
    const problems = Object.entries(details).flatMap(([name, words]) => {
      const field = this.form.elements.namedItem(name);
      return field instanceof HTMLElement ? [{ field: /** @type {HTMLInputElement} */ (field), words: words.join(" ") }] : [];
    });
    for (const { field } of problems) field.setAttribute("aria-invalid", "true");
    this.error.textContent = problems.map(({ field, words }) => `${nameOf(field)}: ${words}`).join(" ") || message;
    problems[0]?.field.focus();
  }

  /** Marks what is missing or malformed, and goes to the first of it. */
  #complete() {
    const fields = /** @type {HTMLInputElement[]} */ (queryAll("input, textarea, select", this.form));
    for (const field of fields) field.toggleAttribute("aria-invalid", false);
    const wrong = fields.filter((field) => !field.checkValidity());
    for (const field of wrong) field.setAttribute("aria-invalid", "true");
    this.error.textContent = wrong.length ? `Please check: ${wrong.map(nameOf).join(", ")}` : "";
    wrong[0]?.focus();
    return wrong.length === 0;
  }
}

/** What its label calls a field, without the hint. @param {HTMLInputElement} field */
const nameOf = (field) => field.labels?.[0]?.firstChild?.textContent?.trim() ?? field.name;

/**
 * A button that works once at a time; what goes wrong is said in `place`.
 * @param {HTMLElement} button
 * @param {HTMLElement} place
 * @param {() => Promise<unknown>} act
 */
export function pressing(button, place, act) {
  button.addEventListener("click", async () => {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true"; // not `disabled`: the focus stays where it is
    place.textContent = "";
    try {
      await act();
    } catch (error) {
      place.textContent = /** @type {Error} */ (error).message;
    }
    button.ariaDisabled = null;
  });
}
