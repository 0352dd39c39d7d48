// @ts-check
/** Lists beside the picture: what happened, what was said. Every entry leads to its moment. */

import { make, moment, query } from "./format.js";

/** @import { Player } from "./player.js" */
/** @typedef {{ at: number, to?: number, kind: string, text: string }} Entry */

const SHOWN = 200; // entries of a list at once

class List {
  /** @type {Entry[]} */ entries = [];
  #shown = SHOWN;
  /** @type {Map<Entry, HTMLElement>} */ #buttons = new Map();
  /** @type {Entry | undefined} */ #current;

  /** @param {HTMLElement} root @param {Player} player */
  constructor(root, player) {
    this.root = root;
    this.player = player;
    this.list = query("ol", root);
    this.more = query("[data-more]", root);
    this.more.addEventListener("click", () => {
      this.#shown += SHOWN;
      this.show(this.entries);
    });
    player.addEventListener("tick", () => this.#follow());
  }

  /** @param {Entry[]} entries in order */
  show(entries) {
    this.entries = entries;
    this.#buttons.clear();
    this.#current = undefined;
    this.list.replaceChildren(...entries.slice(0, this.#shown).map((entry) => this.#line(entry)));
    this.more.hidden = entries.length <= this.#shown;
    query("[data-empty]", this.root).hidden = entries.length > 0;
  }

  /** @param {Entry} entry */
  #line(entry) {
    const kind = make("span", { className: "kind" }, entry.kind);
    const time = make("span", { className: "time" }, moment(entry.at));
    const button = make("button", { type: "button" }, time, kind, make("span", { className: "text" }, entry.text));
    button.addEventListener("click", () => this.player.seek(entry.at));
    this.#buttons.set(entry, button);
    return make("li", {}, button);
  }

  #follow() {
    const { position } = this.player;
    const current = this.entries.findLast(({ at, to = Infinity }) => at <= position + 50 && position < to);
    if (current === this.#current) return;
    if (this.#current) this.#buttons.get(this.#current)?.removeAttribute("aria-current");
    if (current) this.#buttons.get(current)?.setAttribute("aria-current", "true");
    this.#current = current;
  }
}

/** @param {Player} player */
export function showMoments(player) {
  const list = new List(query("[data-moments]"), player);
  const { pages, clicks, spoken } = player.outline;
  /** @type {Entry[]} */
  const entries = [
    ...pages.map(({ at, url }) => ({ at, kind: "Page", text: address(url) })),
    ...clicks.map((at) => ({ at, kind: "Click", text: "" })),
    ...spoken.map(([at, to]) => ({ at, kind: "Speech", text: `${Math.max(1, Math.round((to - at) / 1000))} s` })),
  ];
  const kinds = /** @type {HTMLSelectElement} */ (query("[data-kinds]"));
  const choose = () => list.show(entries.filter(({ kind }) => !kinds.value || kind === kinds.value));
  entries.sort((a, b) => a.at - b.at);
  kinds.addEventListener("change", choose);
  choose();
}

/** @param {string} url */
function address(url) {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}

/**
 * @param {Player} player
 * @param {{ status: string, passages: { startMs: number, endMs: number, text: string }[] }} transcript
 */
export function showTranscript(player, { status, passages }) {
  const root = query("[data-transcript]");
  const list = new List(root, player);
  const entries = passages.map(({ startMs, endMs, text }) => ({ at: startMs, to: endMs, kind: "", text }));
  const search = /** @type {HTMLInputElement} */ (query("[data-search]"));
  const find = () => {
    const sought = search.value.trim().toLowerCase();
    const found = entries.filter(({ text }) => text.toLowerCase().includes(sought));
    list.show(found);
    query("[data-found]").textContent = sought ? `${found.length} of ${entries.length} passages` : "";
  };
  search.addEventListener("input", find);
  search.value = new URLSearchParams(location.search).get("q") ?? "";
  query("[data-empty]", root).textContent = STATES[/** @type {keyof typeof STATES} */ (status)] ?? "Nothing was found.";
  root.hidden = status === "off" && !entries.length;
  find();
}

const STATES = {
  off: "No speech-to-text is set up.",
  none: "Nothing was recorded to be written down.",
  waiting: "What was said is being written down.",
  failed: "It could not be written down. The recording’s page in the admin can try again.",
};
