// @ts-check
/** The products on the show, in their order, and the one among them that is on the screen. */

import { clone, query, queryAll } from "../common/dom.js";
import { drawTile } from "../common/products.js";

/** @import { Product } from "../common/messages.js" */

export class Strip {
  /** @type {Map<string, HTMLElement>} the buttons, by their product */ #items = new Map();
  #shown = "";

  /** @param {HTMLElement} root as the template has drawn it */
  constructor(root) {
    this.root = root;
    this.rows = query("ul", root);
    for (const item of queryAll(".item", root)) this.#items.set(item.dataset.product ?? "", item);
  }

  /** @param {Product[]} products */
  list(products) {
    const rows = products.map((product) => {
      const item = this.#items.get(product.id) ?? this.#add(product.id);
      drawTile(item, product);
      return /** @type {HTMLElement} */ (item.parentElement);
    });
    if (rows.some((row, place) => this.rows.children[place] !== row) || rows.length !== this.rows.children.length) {
      this.rows.replaceChildren(...rows);
    }
    this.root.hidden = rows.length === 0;
    this.#drawMarks();
  }

  /** @param {Product} product */
  update(product) {
    const item = this.#items.get(product.id);
    if (item) drawTile(item, product);
  }

  /** @param {Product | null} product */
  mark(product) {
    this.#shown = product?.id ?? "";
    this.#drawMarks();
    this.#items.get(this.#shown)?.scrollIntoView({ block: "nearest", inline: "start" });
  }

  /** @param {string} id */
  #add(id) {
    const item = query(".item", clone("strip-item"));
    item.dataset.product = id;
    this.#items.set(id, item);
    return item;
  }

  #drawMarks() {
    for (const [id, item] of this.#items) {
      item.classList.toggle("shown", id === this.#shown);
      query("[data-tag]", item).hidden = id !== this.#shown;
    }
  }
}
