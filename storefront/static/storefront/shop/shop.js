// @ts-check
/** The shop front: prices and dates in the reader's own form, the sheet of each product, and all of it as it is now. */

import { offerCalls } from "../call/shop_call.js";
import { countDown } from "../common/countdown.js";
import { data, query, queryAll } from "../common/dom.js";
import { localise } from "../common/format.js";
import { drawTile, mendImages, Shelf } from "../common/products.js";
import { followShop } from "../common/shopfront.js";

/** @import { Product } from "../common/messages.js" */

const SPREAD = 3_000; // ms over which those who are called to read the page again do so

const shelf = new Shelf(data("product-facts"));
let reading = 0;

/** Reads the shelves again, but not at the same moment as everybody else. */
function readAgain() {
  reading ||= setTimeout(async () => {
    reading = 0;
    const page = await fetch(location.href).then((answer) => (answer.ok ? answer.text() : ""), () => "");
    const shelves = new DOMParser().parseFromString(page, "text/html").querySelector("[data-shelves]");
    if (!shelves) return;
    const [before, focused] = [query("[data-shelves]"), document.activeElement?.getAttribute("data-product")];
    before.replaceWith(shelves);
    localise(shelves);
    for (const product of data("product-facts")) shelf.put(product);
    if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[data-product="${CSS.escape(focused)}"]`))?.focus();
  }, Math.random() * SPREAD);
}

/** @param {Product} product */
function update(product) {
  shelf.put(product);
  for (const tile of queryAll(`[data-product="${product.id}"]`)) drawTile(tile, product);
}

localise();
countDown();
mendImages();
offerCalls(followShop({ changed: update, others: readAgain }));
