// @ts-check
/** How a show went, once it is over. */

import { call } from "../common/api.js";
import { clone, query } from "../common/dom.js";
import { drawCurve } from "./curve.js";

const MINUTE = 60; // seconds

/** @param {number} count */
const whole = (count) => new Intl.NumberFormat().format(count);

/** @param {string} sessionId */
export async function drawFigures(sessionId) {
  const root = query("[data-figures]");
  const trouble = query("[data-trouble]", root);
  try {
    const [report, looks, { minutes }] = await Promise.all([
      call("GET", `sessions/${sessionId}/analytics`),
      call("GET", `sessions/${sessionId}/conversion-stats`),
      call("GET", `sessions/${sessionId}/analytics/minutes`),
    ]);
    const figures = {
      total: report.viewers.total,
      peak: report.viewers.peak,
      minutes: Math.round(report.viewers.watchTime / MINUTE),
      messages: report.chat.messages,
      "reactions-total": report.reactions.total,
    };
    for (const [name, count] of Object.entries(figures)) query(`[data-${name}]`, root).textContent = whole(count);
    query("[data-looks-heading]", root).hidden = looks.products.length === 0;
    query("[data-looks]", root).replaceChildren(...looks.products.map(row));
    drawCurve(query("[data-curve]", root), minutes);
    trouble.textContent = "";
  } catch (error) {
    trouble.textContent = `The figures can't be shown. ${/** @type {Error} */ (error).message}`;
  }
}

/** @param {{ productName: string, totalClicks: number, uniqueClicks: number, clickThroughRate: number }} looks */
function row({ productName, totalClicks, uniqueClicks, clickThroughRate }) {
  const element = clone("looks-row");
  const looks = totalClicks === 1 ? "1 look" : `${whole(totalClicks)} looks`;
  const people = uniqueClicks === 1 ? "1 person" : `${whole(uniqueClicks)} people`;
  query("[data-name]", element).textContent = productName;
  query("[data-words]", element).textContent = `${looks} by ${people}, ${clickThroughRate} per 100 views`;
  return element;
}
