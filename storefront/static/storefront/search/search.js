// @ts-check
/** Suggestions below a search box: a combobox with a list, as the ARIA Authoring Practices describe it. */

import { ask } from "../common/api.js";
import { bdi, query, queryAll } from "../common/dom.js";

/** @typedef {{ kind: string, id: string, text: string, url: string }} Suggestion */

const PAUSE = 150; // ms without a key until suggestions are asked for
const KINDS = new Map([["show", "Show"], ["product", "Product"], ["creator", "Creator"]]);

class Box {
  #active = -1;
  #asked = 0;
  #timer = 0;

  /** @param {HTMLElement} form */
  constructor(form) {
    /** @type {HTMLInputElement} */ this.input = query("input", form);
    this.list = query("[role=listbox]", form);
    this.said = query("[data-said]", form);
    for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", this.list.id], ["aria-autocomplete", "list"]]) {
      this.input.setAttribute(name, value);
    }
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#pressed(event));
    form.addEventListener("focusout", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node) || !form.contains(relatedTarget)) this.#close();
    });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the box
    this.list.addEventListener("click", ({ target }) => {
      if (target instanceof Element) this.#go(target.closest("[role=option]"));
    });
  }

  #typed() {
    clearTimeout(this.#timer);
    if (!this.input.value.trim()) return this.#close();
    this.#timer = setTimeout(() => void this.#suggest(this.input.value), PAUSE);
  }

  /** @param {string} text */
  async #suggest(text) {
    const asked = ++this.#asked;
    const address = `/api/search/suggestions?q=${encodeURIComponent(text)}`;
    const { suggestions } = await ask(address).catch(() => ({ suggestions: [] })); // the form works without them
    if (asked !== this.#asked || document.activeElement !== this.input) return;
    this.#draw(suggestions);
  }

  /** @param {Suggestion[]} suggestions */
  #draw(suggestions) {
    this.#active = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...suggestions.map((suggestion, place) => option(suggestion, `${this.list.id}-${place}`)));
    this.#show(suggestions.length > 0);
    const count = suggestions.length;
    this.said.textContent = count ? `${count} suggestion${count === 1 ? "" : "s"}` : "No suggestions";
  }

  /** @param {boolean} open */
  #show(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
  }

  #close() {
    this.#asked++; // an answer that is on its way opens nothing any more
    clearTimeout(this.#timer);
    this.#mark(-1);
    this.#show(false);
    this.said.textContent = "";
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing) return;
    const open = !this.list.hidden;
    const options = queryAll("[role=option]", this.list);
    if (event.key === "Escape" && open) this.#close();
    else if (event.key === "Enter" && open && this.#active >= 0) this.#go(options[this.#active]);
    else if (event.key === "ArrowDown" && open) this.#mark(this.#active + 1 < options.length ? this.#active + 1 : -1);
    else if (event.key === "ArrowUp" && open) this.#mark(this.#active < 0 ? options.length - 1 : this.#active - 1);
    else if (event.key === "ArrowDown" && this.input.value.trim()) void this.#suggest(this.input.value);
    else return;
    event.preventDefault();
  }

  /** @param {number} place -1 is the box itself */
  #mark(place) {
    this.#active = place;
    for (const [at, each] of queryAll("[role=option]", this.list).entries()) {
      each.setAttribute("aria-selected", String(at === place));
      if (at === place) each.scrollIntoView({ block: "nearest" });
    }
    if (place < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `${this.list.id}-${place}`);
  }

  /** @param {Element | null} chosen */
  #go(chosen) {
    if (chosen instanceof HTMLElement && chosen.dataset.url) location.assign(chosen.dataset.url);
  }
}

/** @param {Suggestion} suggestion @param {string} id */
function option(suggestion, id) {
  const item = document.createElement("li");
  item.id = id;
  item.dataset.url = suggestion.url;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  const kind = document.createElement("span");
  kind.className = "small";
  kind.textContent = KINDS.get(suggestion.kind) ?? "";
  item.append(bdi(suggestion.text), kind);
  return item;
}

for (const form of queryAll("[data-search]")) new Box(form);
