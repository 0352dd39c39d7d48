// @ts-check
/** Goods of a show in a frame: the page around it hears what is looked at, in the words of GA4's e-commerce. */

/** @import { Product } from "../common/messages.js" */
/** @import { Host } from "./host.js" */

/** A product as GA4 has it. @param {Product} product */
export function itemOf(product) {
  return {
    item_id: product.id,
    item_name: product.name,
    item_category: product.category,
    price: Number(product.price),
    quantity: 1,
  };
}

/** @param {Host | null} host @param {string} showId */
export function carried(host, showId) {
  document.addEventListener("vitrine-product", (event) => {
    const product = /** @type {CustomEvent<Product>} */ (event).detail;
    const items = [itemOf(product)];
    host?.tell("event", { name: "select_item", ecommerce: { item_list_id: showId, items } });
    host?.tell("event", { name: "view_item", ecommerce: { currency: product.currency, value: Number(product.price), items } });
  });
}
