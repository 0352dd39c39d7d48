// @ts-check
/** The goods of a page: drawing them, and the sheet that opens when one is looked at closer. */

import { drawCount } from "./bag.js";
import { query, queryAll } from "./dom.js";
import { money } from "./format.js";
import { drawGoods, drawInitial } from "./goods.js";
import { Offer } from "./offer.js";

/** @import { Place } from "./bag.js" */
/** @import { Product } from "./messages.js" */

export { drawGoods };

/** What tile.html drew, or would have drawn, as the product is now. @param {ParentNode} tile @param {Product} product */
export function drawTile(tile, product) {
  drawGoods(query(".goods", tile), product);
  query("[data-name]", tile).textContent = product.name;
  query("[data-price]", tile).textContent = money(product.price, product.currency);
  const was = query("[data-was]", tile);
  was.hidden = product.originalPrice === null;
  query("data", was).textContent = product.originalPrice === null ? "" : money(product.originalPrice, product.currency);
  query("[data-sold-out]", tile).hidden = product.inStock;
}

/** @param {HTMLImageElement} image */
const mend = (image) => image.parentElement && drawInitial(image.parentElement, image.dataset.initial ?? "");

/** An image that can't be had leaves its product's initial; `error` does not bubble, so it is caught on its way down. */
export function mendImages() {
  /** @param {Event} event */
  const failed = ({ target }) => {
    if (target instanceof HTMLImageElement && target.dataset.initial) mend(target);
  };
  addEventListener("error", failed, true);
  for (const image of queryAll("img[data-initial]")) {
    if (image instanceof HTMLImageElement && image.complete && !image.naturalWidth) mend(image);
  }
}

export class Shelf {
  /** @type {Map<string, Product>} */ #products;

  /**
   * @param {Product[]} products
   * @param {(product: Product) => void} [looked] hears which product someone opened
   * @param {() => Place} [place] says where the page is, when something is bought
   */
  constructor(products, looked = () => {}, place = () => ({})) {
    this.#products = new Map(products.map((product) => [product.id, product]));
    this.looked = looked;
    this.dialog = /** @type {HTMLDialogElement} */ (query("[data-product-dialog]"));
    this.offer = new Offer(this.dialog, place);
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    document.addEventListener("click", ({ target }) => {
      const chosen = target instanceof Element && target.closest("[data-product]");
      if (chosen instanceof HTMLElement) this.open(chosen.dataset.product ?? "");
    });
    drawCount();
  }

  /** @param {string} id */
  find(id) {
    return this.#products.get(id);
  }

  /** The product as it is from now on, also where its sheet is open. @param {Product} product */
  put(product) {
    this.#products.set(product.id, product);
    if (this.dialog.open && this.dialog.dataset.shown === product.id) this.#draw(product);
  }

  /** @param {string} id */
  open(id) {
    const product = this.#products.get(id);
    if (!product) return;
    this.offer.forget();
    this.#draw(product);
    this.dialog.showModal();
    this.looked(product);
  }

  /** @param {Product} product */
  #draw(product) {
    this.dialog.dataset.shown = product.id;
    const part = (/** @type {string} */ name) => query(`[data-${name}]`, this.dialog);
    part("name").textContent = product.name;
    part("category").textContent = product.category;
    part("description").textContent = product.description;
    this.offer.draw(product);
    const ask = part("support");
    [ask.dataset.productId, ask.dataset.subject] = [product.id, product.name];
  }
}
