// @ts-check
/** Files that go with the next message: chosen, dropped or pasted, and uploaded at once. */

import { upload } from "../common/api.js";
import { clone, query } from "../common/dom.js";
import { weight } from "./lines.js";

export class Files {
  /** @type {Map<HTMLElement, string>} */ #rows = new Map(); // with the ids of those that have arrived

  /**
   * @param {HTMLElement} form
   * @param {{ maxFiles: number, maxBytes: number }} bounds
   * @param {(words: string) => void} complain
   */
  constructor(form, bounds, complain) {
    this.list = query("[data-files]", form);
    this.bounds = bounds;
    this.complain = complain;
    this.id = "";
    const attach = query("[data-attach]", form);
    const field = document.createElement("input"); // not on the page, where the admin's script expects more of it
    Object.assign(field, { type: "file", multiple: true, accept: attach.dataset.accept });
    attach.addEventListener("click", () => field.click());
    field.addEventListener("change", () => {
      this.add([...(field.files ?? [])]);
      field.value = "";
    });
    form.addEventListener("paste", ({ clipboardData }) => this.add([...(clipboardData?.files ?? [])]));
    form.addEventListener("dragover", (event) => event.preventDefault());
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      this.add([...(event.dataTransfer?.files ?? [])]);
    });
  }

  get ids() {
    return [...this.#rows.values()];
  }

  get busy() {
    return this.ids.includes("");
  }

  clear() {
    this.#rows.clear();
    this.#draw();
  }

  /** @param {File[]} files */
  add(files) {
    const { maxFiles, maxBytes } = this.bounds;
    for (const file of files) {
      if (this.#rows.size >= maxFiles) return this.complain(`A message has at most ${maxFiles} files.`);
      if (file.size > maxBytes) this.complain(`${file.name} is larger than ${weight(maxBytes)}.`);
      else void this.#upload(file);
    }
    return undefined;
  }

  /** @param {File} file */
  async #upload(file) {
    const row = clone("chosen-file");
    const remove = query("[data-remove]", row);
    query("[data-words]", row).textContent = `${file.name} …`;
    remove.ariaLabel = `Remove ${file.name}`;
    remove.addEventListener("click", () => this.#remove(row));
    this.#rows.set(row, "");
    this.#draw();
    try {
      const { id } = await upload(`support/conversations/${this.id}/attachments`, file);
      if (!this.#rows.has(row)) return;
      this.#rows.set(row, id);
      query("[data-words]", row).textContent = `${file.name} (${weight(file.size)})`;
    } catch (error) {
      this.#remove(row);
      this.complain(`${file.name}: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** @param {HTMLElement} row */
  #remove(row) {
    this.#rows.delete(row);
    this.#draw();
  }

  #draw() {
    this.list.replaceChildren(...this.#rows.keys());
    this.list.hidden = this.#rows.size === 0;
  }
}
