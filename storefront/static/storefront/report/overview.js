// @ts-check
/** All shows of a creator in some time: their sums, each one's key figures, and some of them side by side. */

import { call } from "../common/api.js";
import { data, query, queryAll } from "../common/dom.js";
import { day } from "../common/format.js";
import { whole } from "./chart.js";
import { Comparison } from "./compare.js";
import { prepareToPrint } from "./printing.js";
import { fill, lasting, minor, named } from "./tables.js";

/** @import { KeyFigures, Sums } from "../common/messages.js" */

const DAY = 24 * 60 * 60 * 1000; // ms
const USUAL = 30; // days

const { creator } = data("overview-facts");
const root = query("[data-overview]");
const form = query("[data-period]");
const trouble = query("[data-trouble]");
const comparison = new Comparison(query("[data-compare]"), trouble);

/** @param {Sums[]} currencies */
const revenue = (currencies) => currencies.map((sums) => minor(sums.net, sums)).join(" · ") || "–";

/** @param {{ total: number, totals: any, shows: KeyFigures[] }} found */
function draw({ total, totals, shows }) {
  const words = {
    ...Object.fromEntries(["shows", "views", "peak", "messages", "reactions", "likes", "clicks", "orders"].map((name) => [name, whole(totals[name])])),
    watched: lasting(totals.watchTime),
    revenue: revenue(totals.currencies),
  };
  for (const [name, text] of Object.entries(words)) query(`[data-key="${name}"]`).textContent = text;
  const more = query("[data-more]");
  more.hidden = total <= shows.length;
  more.textContent = `The latest ${whole(shows.length)} of ${whole(total)} shows.`;
  comparison.offer(shows);
  fill(query("[data-shows]"), shows.map(row));
}

/** @param {KeyFigures} show */
function row(show) {
  return [
    title(show),
    show.startedAt ? comparison.box(show) : "",
    show.startedAt ? day(show.startedAt) : "Not started",
    ...[show.views, show.peak].map(whole),
    lasting(show.averageWatchTime),
    ...[show.messages, show.reactions, show.clicks, show.carts, show.orders].map(whole),
    revenue(show.currencies),
  ];
}

/** @param {KeyFigures} show */
function title(show) {
  const link = Object.assign(document.createElement("a"), { href: `/studio/${show.sessionId}/report/` });
  link.append(named(show.title));
  return link;
}

/** @param {number} days */
function choose(days) {
  const now = Date.now();
  field("to").value = written(now);
  field("from").value = written(now - (days - 1) * DAY);
}

/** Days are those of UTC, as the figures are. @param {number} moment */
const written = (moment) => new Date(moment).toISOString().slice(0, 10);

/** @param {string} name */
function field(name) {
  return /** @type {HTMLInputElement} */ (query(`[name="${name}"]`, form));
}

async function look() {
  delete root.dataset.drawn;
  try {
    const period = new URLSearchParams({ from: field("from").value, to: field("to").value });
    draw(await call("GET", `analytics/creator/${creator}/shows?${period}`));
    trouble.textContent = "";
    root.dataset.drawn = "";
  } catch (error) {
    trouble.textContent = `The figures can't be read. ${/** @type {Error} */ (error).message}`;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void look();
});
for (const button of queryAll("[data-days]")) {
  button.addEventListener("click", () => {
    choose(Number(button.dataset.days));
    void look();
  });
}
query("[data-print]").addEventListener("click", () => print());
prepareToPrint(root, [comparison.chart]);
choose(USUAL);
void look();
