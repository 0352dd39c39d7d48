// @ts-check
/** The customer's other conversations, to read. */

import { button, made, say } from "./elements.js";
import { Lines } from "./lines.js";
import { clock } from "./texts.js";

/** @import { Past as Conversation, Said } from "../options.js" */
/** @import { Parts } from "./lines.js" */

const NOTHING = { again: () => {}, drop: () => {}, answer: () => {} };

export class Past {
  #parts;
  #list = made("ul", { class: "past" });
  #words = made("p", { class: "notice", role: "status" });
  #lines;
  #earlier;
  /** @type {Said[]} */ #said = [];
  #shown = "";

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#lines = new Lines(parts, NOTHING);
    this.#earlier = button(parts.texts.earlier, () => void this.#more(), "small plain earlier");
    const inside = [this.#words, this.#list, this.#earlier, this.#lines.element];
    this.element = made("div", { class: "view", hidden: true }, inside);
  }

  /** Whether one of them is read, and not the list. */
  get isInside() {
    return this.#shown !== "";
  }

  /** @param {string} [present] the one that the window shows anyway */
  async list(present) {
    const { api, texts } = this.#parts;
    this.#show("");
    this.#list.replaceChildren();
    say(this.#words, texts.loading);
    try {
      const others = (await api.conversations()).filter(({ id }) => id !== present);
      this.#list.replaceChildren(...others.map((each) => this.#entry(each)));
      say(this.#words, others.length ? "" : texts.nonePast);
    } catch (error) {
      say(this.#words, /** @type {Error} */ (error).message || texts.unreachable);
    }
  }

  /** @param {Conversation} conversation */
  #entry({ id, excerpt, status, lastMessageAt }) {
    const { texts, language } = this.#parts;
    const entry = button("", () => void this.#open(id), "entry");
    const state = made("small", {}, [`${clock(lastMessageAt, language)} · ${texts.statuses[status]}`]);
    entry.append(made("span", {}, [excerpt || "…"]), state);
    return made("li", {}, [entry]);
  }

  /** @param {string} id */
  async #open(id) {
    this.#said = [];
    this.#show(id);
    this.#lines.draw([], [], { staffRead: null, isOpen: true });
    await this.#more();
    this.#lines.element.focus();
    this.#lines.toEnd();
  }

  async #more() {
    const { api, texts } = this.#parts;
    const id = this.#shown;
    try {
      const page = await api.messages(id, this.#said[0]?.seq);
      if (id !== this.#shown) return;
      this.#said = [...page, ...this.#said];
      this.#earlier.hidden = !page.length || page[0].seq <= 1;
      this.#lines.draw(this.#said, [], { staffRead: null, isOpen: true });
      say(this.#words, "");
    } catch (error) {
      say(this.#words, /** @type {Error} */ (error).message || texts.unreachable);
    }
  }

  /** @param {string} id of the conversation that is read, or nothing for the list */
  #show(id) {
    this.#shown = id;
    this.#list.hidden = id !== "";
    this.#lines.element.hidden = id === "";
    this.#earlier.hidden = true;
  }
}
