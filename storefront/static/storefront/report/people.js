// @ts-check
/** Who liked the show and who wrote in it. */

import { call } from "../common/api.js";
import { query } from "../common/dom.js";
import { clock } from "../common/format.js";
import { whole } from "./chart.js";
import { fill, named } from "./tables.js";

const SHOWN = 20; // of each

/** @param {{ userId: number | null, name: string }} person */
const who = ({ userId, name }) => {
  const words = document.createElement("span");
  words.append(name ? named(name) : "A guest", userId === null && name ? " (guest)" : "");
  return words;
};

/** @param {string} sessionId */
export async function drawPeople(sessionId) {
  const { liked, wrote } = await call("GET", `sessions/${sessionId}/analytics/people?limit=${SHOWN}`);
  const [writers, likers] = [query("[data-writers]"), query("[data-likers]")];
  query("[data-count]", writers).textContent = whole(wrote.people);
  query("[data-count]", likers).textContent = whole(liked.people);
  fill(writers, wrote.list.map((/** @type {any} */ each) => [who(each), whole(each.lines)]));
  fill(likers, liked.list.map((/** @type {any} */ each) => [who(each), clock(each.likedAt)]));
}
