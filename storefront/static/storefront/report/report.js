// @ts-check
/** A show's report: read every few seconds while the show is on, and once when it is over. */

import { call } from "../common/api.js";
import { pressing } from "../common/dialogs.js";
import { data, query, queryAll } from "../common/dom.js";
import { clock, localise } from "../common/format.js";
import { Chart, whole } from "./chart.js";
import { chartImage, download, shareImage } from "./image.js";
import { drawPeople } from "./people.js";
import { prepareToPrint } from "./printing.js";
import { fill, lasting, minor, named } from "./tables.js";

/** @import { Dashboard, Minute } from "../common/messages.js" */

const AGAIN = 5_000; // ms between two readings of a show that is on
const STEPS = /** @type {Record<string, string>} */ ({
  view_item_list: "Watched",
  select_item: "Looked",
  add_to_cart: "Cart",
  begin_checkout: "Checkout",
  purchase: "Bought",
});

const show = data("report-facts");
const root = query("[data-report]");
const trouble = query("[data-trouble]");
/** @type {Dashboard | null} */
let latest = null;

/** @param {number} seconds */
const time = (seconds) => clock(new Date(seconds * 1000).toISOString());
/** @param {string} name @param {import("./chart.js").Shape} shape */
const chart = (name, shape) => new Chart(query(`[data-chart="${name}"]`), shape);

/** @type {Record<string, Chart>} */
const charts = {
  viewers: chart("viewers", {
    across: "time",
    tick: time,
    lines: [
      { label: "Viewers", colour: 1, as: "steps" },
      { label: "Came", colour: 2 },
      { label: "Left", colour: 3, dash: [6, 4] },
    ],
  }),
  acts: chart("acts", {
    across: "time",
    tick: time,
    lines: [
      { label: "Messages", colour: 1 },
      { label: "Hearts", colour: 3, dash: [2, 3] },
      { label: "Looks", colour: 2, dash: [8, 4] },
      { label: "Into carts", colour: 4 },
    ],
  }),
  funnel: chart("funnel", {
    across: "steps",
    tick: (place) => STEPS[latest?.funnel[place]?.event ?? ""] ?? "",
    lines: [{ label: "People", colour: 1, as: "bars" }],
  }),
  stays: chart("stays", {
    across: "steps",
    tick: (place) => latest?.retention.ranges[place]?.label ?? "",
    lines: [{ label: "Views", colour: 2, as: "bars" }],
  }),
};

/** @param {Dashboard} found */
function draw(found) {
  latest = found;
  const on = found.session.status === "live" || found.session.status === "paused";
  root.dataset.status = found.session.status;
  query("[data-standing]").textContent = on
    ? `As of ${new Date(found.countedAt).toLocaleTimeString()}, anew every ${AGAIN / 1000} seconds.`
    : "The show is over; these figures are final but for its replay and purchases.";
  if (!found.startedAt) query("[data-standing]").textContent = "The show has not begun.";
  for (const [name, words] of keyFigures(found)) query(`[data-key="${name}"]`).textContent = words;
  drawMinutes(found.minutes);
  drawFunnel(found);
  drawShop(found);
  return on;
}

/** @param {Dashboard} found @returns {[string, string][]} */
function keyFigures(found) {
  const { viewers, audience, chat, reactions, currencies } = found;
  const net = currencies.map((sums) => minor(sums.net, sums)).join(" · ");
  return [
    ["people", whole(audience.live.people)],
    ["views", whole(viewers.total)],
    ["peak", whole(viewers.peak)],
    ["watched", lasting(viewers.watchTime)],
    ["average", lasting(viewers.avgWatchTime)],
    ["messages", whole(chat.messages)],
    ["reactions", whole(reactions.total)],
    ["likes", whole(found.likes)],
    ["clicks", whole(found.totalClicks)],
    ["orders", whole(currencies.reduce((sum, { orders }) => sum + orders, 0))],
    ["revenue", net || "–"],
    ["replay", whole(audience.replay.people)],
  ];
}

/** @param {Minute[]} minutes */
function drawMinutes(minutes) {
  const xs = minutes.map(({ minute }) => Date.parse(minute) / 1000);
  const bands = onScreen(minutes, xs);
  /** @param {("viewers" | "joins" | "leaves" | "lines" | "hearts" | "clicks" | "carts")[]} names */
  const columns = (...names) => names.map((name) => minutes.map((minute) => minute[name]));
  charts.viewers.draw({ xs, columns: columns("viewers", "joins", "leaves"), bands });
  charts.acts.draw({ xs, columns: columns("lines", "hearts", "clicks", "carts"), bands });
  const most = minutes.reduce((best, each) => (each.viewers > best.viewers ? each : best), minutes[0]);
  const words = most ? `Most viewers at ${clock(most.minute)}: ${whole(most.viewers)}.` : "Nothing to show yet.";
  query("[data-curve-words]").textContent = words;
  charts.viewers.place.ariaLabel = `Viewers, minute by minute. ${words}`;
  fill(
    query("[data-minutes]"),
    minutes.map((minute) => [
      clock(minute.minute),
      ...[minute.viewers, minute.joins, minute.leaves, minute.lines, minute.hearts, minute.clicks, minute.carts].map(whole),
      named(minute.productName),
    ]),
  );
}

/** The minutes in which the same product was on screen, together. @param {Minute[]} minutes @param {number[]} xs */
function onScreen(minutes, xs) {
  /** @type {import("./chart.js").Band[]} */
  const bands = [];
  let id = null;
  for (const [place, { productId, productName }] of minutes.entries()) {
    const last = bands[bands.length - 1];
    if (productId && productId === id && last) last.to = xs[place] + 60;
    else if (productId) bands.push({ from: xs[place], to: xs[place] + 60, name: productName ?? "" });
    id = productId;
  }
  return bands;
}

/** @param {Dashboard} found */
function drawFunnel({ funnel, retention }) {
  charts.funnel.draw({ xs: funnel.map((_, place) => place), columns: [funnel.map(({ people }) => people)] });
  const rows = funnel.map(({ event, people, rate, events }) => [`${STEPS[event]} (${event})`, whole(people), `${rate}\u00a0%`, whole(events)]);
  fill(query("[data-funnel]"), rows);
  charts.stays.draw({ xs: retention.ranges.map((_, place) => place), columns: [retention.ranges.map(({ count }) => count)] });
  fill(query("[data-stays]"), retention.ranges.map(({ label, count }) => [label, whole(count)]));
}

/** @param {Dashboard} found */
function drawShop({ currencies, products }) {
  fill(
    query("[data-money]"),
    currencies.map((sums) => [
      sums.currency,
      whole(sums.orders),
      ...[sums.value, sums.refunded, sums.net].map((amount) => minor(amount, sums)),
      sums.reportedOrders ? `${whole(sums.reportedOrders)} (${minor(sums.reportedValue, sums)})` : "–",
    ]),
  );
  fill(
    query("[data-products]"),
    products.map((each) => [
      named(each.productName),
      ...[each.uniqueClicks, each.totalClicks].map(whole),
      `${each.clickThroughRate}\u00a0%`,
      ...[each.carts, each.orders].map(whole),
    ]),
  );
}

// --- reading it again

let timer = 0;

async function look() {
  clearTimeout(timer);
  try {
    const on = draw(await call("GET", `sessions/${show.id}/analytics/dashboard`));
    await drawPeople(show.id);
    trouble.textContent = "";
    root.dataset.drawn = "";
    if (on && !document.hidden) timer = setTimeout(look, AGAIN);
  } catch (error) {
    trouble.textContent = `The figures can't be read. ${/** @type {Error} */ (error).message}`;
    if (!document.hidden) timer = setTimeout(look, 4 * AGAIN);
  }
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && latest?.session.status !== "ended") void look();
});

// --- taking it along

for (const button of queryAll("[data-image]")) {
  const name = button.dataset.image ?? "";
  pressing(button, trouble, async () => {
    const title = query("figcaption", charts[name].figure).textContent ?? "";
    await download(await chartImage(charts[name], `${show.title}: ${title}`), `${name}-${show.id}`);
  });
}
pressing(query("[data-share]"), trouble, async () => {
  if (!latest) return;
  const words = new Map(keyFigures(latest));
  const shown = [["People", "people"], ["Most at once", "peak"], ["Messages", "messages"], ["Reactions", "reactions"], ["Orders", "orders"]];
  const figures = shown.map(([label, name]) => /** @type {[string, string]} */ ([label, words.get(name) ?? ""]));
  await download(await shareImage(charts.viewers, show.title, figures), `report-${show.id}`);
});
prepareToPrint(root, Object.values(charts));
query("[data-print]").addEventListener("click", () => print());
localise();
void look();
