// @ts-check
/** The goods of a page: drawing them, and the sheet that opens when one is looked at closer. */

import { query, queryAll, tint } from "./dom.js";
import { money } from "./format.js";

/** @import { Product } from "./messages.js" */

/** @param {HTMLElement} frame @param {Pick<Product, "id" | "name" | "imageUrl">} product */
export function drawGoods(frame, product) {
  frame.className = `goods ${tint(product.id)}`;
  const initial = product.name.charAt(0).toUpperCase();
  if (!product.imageUrl) return drawInitial(frame, initial);
  const image = new Image();
  image.alt = "";
  image.dataset.initial = initial;
  image.src = product.imageUrl;
  frame.replaceChildren(image);
}

/** @param {Element} frame @param {string} initial */
function drawInitial(frame, initial) {
  const letter = document.createElement("span");
  letter.className = "initial";
  letter.textContent = initial;
  letter.setAttribute("aria-hidden", "true");
  frame.replaceChildren(letter);
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
   */
  constructor(products, looked = () => {}) {
    this.#products = new Map(products.map((product) => [product.id, product]));
    this.looked = looked;
    this.dialog = /** @type {HTMLDialogElement} */ (query("[data-product-dialog]"));
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    document.addEventListener("click", ({ target }) => {
      const chosen = target instanceof Element && target.closest("[data-product]");
      if (chosen instanceof HTMLElement) this.open(chosen.dataset.product ?? "");
    });
  }

  /** @param {string} id */
  find(id) {
    return this.#products.get(id);
  }

  /** @param {Product} product */
  put(product) {
    this.#products.set(product.id, product);
  }

  /** @param {string} id */
  open(id) {
    const product = this.#products.get(id);
    if (!product) return;
    const part = (/** @type {string} */ name) => query(`[data-${name}]`, this.dialog);
    drawGoods(part("goods"), product);
    part("name").textContent = product.name;
    part("category").textContent = product.category;
    part("description").textContent = product.description;
    part("price").textContent = money(product.price, product.currency);
    part("was").textContent = product.originalPrice === null ? "" : money(product.originalPrice, product.currency);
    part("sold-out").hidden = product.inStock;
    this.dialog.showModal();
    this.looked(product);
  }
}
