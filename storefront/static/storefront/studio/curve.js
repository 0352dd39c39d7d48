// @ts-check
/** How many watched a show in each of its minutes: a drawing, and the same beside it as a table. */

import { clone, query } from "../common/dom.js";
import { clock } from "../common/format.js";

/** @import { Minute } from "../common/messages.js" */

const WIDTH = 600; // of the drawing, in its own units, as the template says
const HEIGHT = 160;

/** @param {Element} root @param {Minute[]} minutes */
export function drawCurve(root, minutes) {
  root.toggleAttribute("hidden", minutes.length === 0);
  if (minutes.length === 0) return;
  const most = Math.max(...minutes.map(({ viewers }) => viewers));
  const fullest = minutes.find(({ viewers }) => viewers === most) ?? minutes[0];
  const last = minutes[minutes.length - 1];
  query("[data-outline]", root).setAttribute("d", outline(minutes.map(({ viewers }) => viewers / (most || 1))));
  query("[data-most]", root).textContent = whole(most);
  query("[data-from]", root).textContent = clock(minutes[0].minute);
  query("[data-to]", root).textContent = clock(last.minute);
  query("[data-curve-words]", root).textContent =
    `From ${clock(minutes[0].minute)} to ${clock(last.minute)}; most viewers at ${clock(fullest.minute)}: ${whole(most)}.`;
  query("[data-minute-rows]", root).replaceChildren(...minutes.map(row));
}

/** One step for each minute, closed along the bottom. @param {number[]} shares of the height */
function outline(shares) {
  const width = WIDTH / shares.length;
  const steps = shares.map((share, place) => `V${HEIGHT * (1 - share)}H${(place + 1) * width}`);
  return `M0 ${HEIGHT}${steps.join("")}V${HEIGHT}Z`;
}

/** @param {Minute} minute */
function row(minute) {
  const element = clone("minute-row");
  const { viewers, joins, leaves, lines, reactions, clicks, carts } = minute;
  query("th", element).textContent = clock(minute.minute);
  const cells = element.querySelectorAll("td");
  [viewers, joins, leaves, lines, reactions, clicks, carts].forEach((count, place) => {
    cells[place].textContent = whole(count);
  });
  cells[cells.length - 1].textContent = minute.productName ?? "–";
  return element;
}

/** @param {number} count */
function whole(count) {
  return new Intl.NumberFormat().format(count);
}
