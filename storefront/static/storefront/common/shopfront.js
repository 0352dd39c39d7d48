// @ts-check
/** What changes in the shop as a whole: its products, and which shows and products it has. */

import { Vitrine } from "../../realtime/client.js";

/** @import { Product } from "./messages.js" */

/**
 * @param {object} hearers
 * @param {(product: Product) => void} hearers.changed hears a product as it is from now on
 * @param {() => void} [hearers.others] is called when the shop has other shows or products than before
 * @returns the client that hears of them
 */
export function followShop({ changed, others }) {
  const client = new Vitrine();
  client.on("product-updated", ({ product }) => changed(product));
  client.on("shop-updated", () => others?.());
  client.enter("join-shop", {}, {
    resumed: () => others?.(), // nobody is called twice: while this page was away it may have been
  });
  client.connect();
  return client;
}
