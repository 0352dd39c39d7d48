// @ts-check
/** Notes at moments of the recording, which all staff see. */

import { call, Refusal } from "./api.js";
import { make, moment, query } from "./format.js";

/** @import { Player } from "./player.js" */
/** @typedef {{ id: number, atMs: number, text: string, by: string, mine: boolean }} Note */

export class Notes {
  /** @type {Note[]} */ #notes = [];

  /** @param {Player} player @param {string} path of the REST resource */
  constructor(player, path) {
    this.player = player;
    this.path = `${path}notes/`;
    this.root = query("[data-notes]");
    this.form = /** @type {HTMLFormElement} */ (query("form", this.root));
    this.text = /** @type {HTMLTextAreaElement} */ (query("textarea", this.form));
    this.trouble = query("[data-trouble]", this.root);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try(() => this.#add());
    });
    player.addEventListener("tick", () => {
      query("[data-at]", this.form).textContent = moment(player.position);
    });
    this.#try(async () => this.#draw(await call("GET", this.path)));
  }

  write() {
    this.player.pause();
    this.text.focus();
  }

  async #add() {
    const text = this.text.value.trim();
    if (!text) return;
    const note = await call("POST", this.path, { atMs: Math.round(this.player.position), text });
    this.text.value = "";
    this.#draw([...this.#notes, note]);
  }

  /** @param {Note} note */
  async #remove(note) {
    await call("DELETE", `${this.path}${note.id}`);
    this.#draw(this.#notes.filter((each) => each !== note));
    this.text.focus();
  }

  /** @param {Note[]} notes */
  #draw(notes) {
    this.#notes = notes.sort((a, b) => a.atMs - b.atMs);
    query("ol", this.root).replaceChildren(...this.#notes.map((note) => this.#line(note)));
    query("[data-empty]", this.root).hidden = notes.length > 0;
  }

  /** @param {Note} note */
  #line(note) {
    const time = make("span", { className: "time" }, moment(note.atMs));
    const text = make("span", { className: "text" }, note.text);
    const go = make("button", { type: "button" }, time, text, make("span", { className: "by" }, note.by));
    go.addEventListener("click", () => this.player.seek(note.atMs));
    const line = make("li", {}, go);
    if (!note.mine) return line;
    const remove = make("button", { type: "button", className: "remove", ariaLabel: `Delete the note at ${moment(note.atMs)}` });
    remove.append(make("span", { className: "material-symbols-outlined", ariaHidden: "true" }, "delete"));
    remove.addEventListener("click", () => this.#try(() => this.#remove(note)));
    line.append(remove);
    return line;
  }

  /** @param {() => Promise<void>} act */
  async #try(act) {
    this.trouble.textContent = "";
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.trouble.textContent = error.message;
    }
  }
}
