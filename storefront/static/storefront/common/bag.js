// @ts-check
/** One's own bag: putting things into it, and the number beside its link. */

import { call } from "./api.js";
import { queryAll } from "./dom.js";

/** @import { Bag, Product, Variant } from "./messages.js" */

const COUNT = "vitrine-bag"; // how many there were last, so that a page need not ask

/** Where the page is: the show, and how far into it in milliseconds where that is not now. @typedef {{ sessionId?: string, atMs?: number }} Place */

/** @param {string} productId @param {string | null} variantId @param {number} qty @param {Place} place @returns {Promise<Bag>} */
export async function putIntoBag(productId, variantId, qty, place) {
  return counted(await call("POST", "bag", { productId, variantId, qty, ...place }));
}

/** @param {number} id @param {{ qty?: number, price?: number }} change @returns {Promise<Bag>} */
export async function reviseBag(id, change) {
  return counted(await call("PATCH", `bag/${id}`, change));
}

/** @param {Bag} bag */
export function counted(bag) {
  localStorage.setItem(COUNT, String(bag.count));
  drawCount();
  return bag;
}

/** Where one of it is bought: the price is the one that is seen. @param {Product} product @param {Variant | null} variant @param {number} price in minor units @param {Place} place */
export function buyAddress(product, variant, price, { sessionId, atMs }) {
  const asked = new URLSearchParams({ price: String(price) });
  if (variant) asked.set("variant", variant.id);
  if (sessionId) asked.set("show", sessionId);
  if (atMs !== undefined) asked.set("at", String(atMs));
  return `/buy/${product.id}/?${asked}`;
}

export function drawCount() {
  const count = Number(localStorage.getItem(COUNT)) || 0;
  for (const badge of queryAll("[data-bag-count]")) {
    badge.hidden = !count;
    badge.textContent = String(count);
  }
}
