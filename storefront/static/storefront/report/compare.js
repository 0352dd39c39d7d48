// @ts-check
/** Some shows side by side: a line for each by its own minutes, and their figures in columns. */

import { call } from "../common/api.js";
import { pressing } from "../common/dialogs.js";
import { query, queryAll } from "../common/dom.js";
import { Chart, whole } from "./chart.js";
import { chartImage, download } from "./image.js";
import { fill, lasting, minor, named } from "./tables.js";

/** @import { KeyFigures, Minute } from "../common/messages.js" */
/** @import { Line } from "./chart.js" */

const COLOURS = /** @type {const} */ ([1, 2, 3, 4]);
const DASHES = [undefined, [8, 4], [2, 3], [12, 3, 3, 3]];

/** @type {[string, (show: KeyFigures) => string][]} */
const FIGURES = [
  ["Views", ({ views }) => whole(views)],
  ["Accounts", ({ unique }) => whole(unique)],
  ["Most at once", ({ peak }) => whole(peak)],
  ["Time watched", ({ watchTime }) => lasting(watchTime)],
  ["Average stay", ({ averageWatchTime }) => lasting(averageWatchTime)],
  ["Messages", ({ messages }) => whole(messages)],
  ["Reactions", ({ reactions }) => whole(reactions)],
  ["Likes", ({ likes }) => whole(likes)],
  ["Looks at products", ({ clicks }) => whole(clicks)],
  ["Into carts", ({ carts }) => whole(carts)],
  ["Orders", ({ orders }) => whole(orders)],
  ["Revenue less refunds", ({ currencies }) => currencies.map((sums) => minor(sums.net, sums)).join(" · ") || "–"],
];

export class Comparison {
  /** @type {Map<string, KeyFigures>} those that are chosen, in the order in which they were */
  #chosen = new Map();
  #turn = 0; // which choice is the last one

  /** @param {HTMLElement} root @param {HTMLElement} trouble */
  constructor(root, trouble) {
    this.root = root;
    this.trouble = trouble;
    this.chart = new Chart(query('[data-chart="compared"]', root), { across: "minutes", tick: (minute) => `${minute} min`, lines: [] });
    pressing(query("[data-image]", root), trouble, async () => download(await chartImage(this.chart, "Side by side"), "side-by-side"));
  }

  /** Others can be chosen from now on; of those that were, some may not be among them. @param {KeyFigures[]} shows */
  offer(shows) {
    const known = new Map(shows.map((show) => [show.sessionId, show]));
    for (const id of this.#chosen.keys()) {
      const show = known.get(id);
      if (show) this.#chosen.set(id, show);
      else this.#chosen.delete(id);
    }
    void this.#draw();
  }

  /** @param {KeyFigures} show */
  box(show) {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: this.#chosen.has(show.sessionId) });
    box.ariaLabel = `Compare ${show.title}`;
    box.addEventListener("change", () => {
      if (box.checked && this.#chosen.size >= COLOURS.length) box.checked = false;
      else if (box.checked) this.#chosen.set(show.sessionId, show);
      else this.#chosen.delete(show.sessionId);
      void this.#draw();
    });
    return box;
  }

  async #draw() {
    const shows = [...this.#chosen.values()];
    this.root.hidden = shows.length < 2;
    if (this.root.hidden) return;
    const turn = ++this.#turn;
    try {
      const found = await Promise.all(shows.map(({ sessionId }) => call("GET", `sessions/${sessionId}/analytics/dashboard`)));
      if (turn === this.#turn) this.#show(shows, found.map(({ minutes }) => minutes));
    } catch (error) {
      this.trouble.textContent = `The shows can't be compared. ${/** @type {Error} */ (error).message}`;
    }
  }

  /** @param {KeyFigures[]} shows @param {Minute[][]} minutes */
  #show(shows, minutes) {
    const xs = Array.from({ length: Math.max(...minutes.map(({ length }) => length)) }, (_, minute) => minute);
    const columns = minutes.map((each) => xs.map((minute) => each[minute]?.viewers ?? null));
    const lines = shows.map(({ title }, place) => /** @type {Line} */ ({ label: title, colour: COLOURS[place], dash: DASHES[place] }));
    this.chart.reshape(lines);
    this.chart.draw({ xs, columns });
    for (const head of queryAll("[data-compared]", this.root)) head.replaceChildren(...headings(head, shows));
    const tables = queryAll(".scrolls", this.root);
    fill(tables[0], FIGURES.map(([name, of]) => [name, ...shows.map(of)]));
    fill(tables[1], xs.map((minute) => [whole(minute), ...columns.map((column) => (column[minute] === null ? "–" : whole(column[minute])))]));
  }
}

/** @param {HTMLElement} head @param {KeyFigures[]} shows */
function headings(head, shows) {
  const first = head.closest("[data-compared-minutes]") ? "Minute" : "Figure";
  return [first, ...shows.map(({ title }) => named(title))].map((words) => {
    const cell = Object.assign(document.createElement("th"), { scope: "col" });
    cell.append(words);
    return cell;
  });
}
