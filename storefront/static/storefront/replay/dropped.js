// @ts-check
/** The drops of a show that is over: what there was at a moment, and how soon it was gone; what is left sells as ever. */

import { clone, query } from "../common/dom.js";
import { money } from "../common/format.js";

/**
 * @typedef {object} Dropped
 * @property {number} t ms of the show's time at which it opened
 * @property {number} to
 * @property {string} dropId
 * @property {string | null} productId
 * @property {string} title
 * @property {string} form
 * @property {string} price
 * @property {string} currency
 * @property {number} quantity
 * @property {number | null} soldOutAt
 */

const SHOWN = 20_000; // ms at least, of the show's time: many are gone within a second

/** Returns what is told of each moment. @param {Dropped[]} drops @param {(id: string) => boolean} sells */
export function dropped(drops, sells) {
  const root = query("[data-dropped]");
  let shown = "";
  return (/** @type {number} */ t) => {
    const now = drops.filter((drop) => drop.t <= t && t < Math.max(drop.to, drop.t + SHOWN));
    const state = now.map((drop) => `${drop.dropId} ${isSoldOut(drop, t)}`).join();
    if (state === shown) return;
    shown = state;
    query("ul", root).replaceChildren(...now.map((drop) => card(drop, isSoldOut(drop, t), sells)));
    root.hidden = now.length === 0;
  };
}

/** @param {Dropped} drop @param {number} t */
const isSoldOut = ({ soldOutAt }, t) => soldOutAt !== null && soldOutAt <= t;

/** @param {Dropped} drop @param {boolean} soldOut @param {(id: string) => boolean} sells */
function card({ t, productId, title, form, price, currency, quantity, soldOutAt }, soldOut, sells) {
  const element = clone("dropped-card");
  const seconds = Math.max(1, Math.round(((soldOutAt ?? t) - t) / 1000));
  const button = query("[data-see]", element);
  query("[data-name]", element).textContent = form ? `${title}, ${form}` : title;
  query("[data-price]", element).textContent = money(price, currency);
  query("[data-words]", element).textContent = soldOut
    ? `${quantity} dropped, gone after ${seconds} s`
    : `${quantity} dropped, for whoever was first`;
  button.hidden = productId === null || !sells(productId);
  button.dataset.product = productId ?? "";
  button.ariaLabel = `See ${title}`;
  return element;
}
