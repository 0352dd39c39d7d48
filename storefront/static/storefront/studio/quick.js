// @ts-check
/** The line-up at the thumb of a host with a phone: one tap puts a product on the screen, another takes it off. */

import { pressing } from "../common/dialogs.js";
import { clone, query } from "../common/dom.js";
import { drawGoods } from "../common/products.js";

/** @import { Product } from "../common/messages.js" */

export class Quick {
  /** @type {Map<string, HTMLElement>} */ #rows = new Map();
  #show;

  /** @param {(id: string) => Promise<void>} show puts a product on the screen, or takes it off */
  constructor(show) {
    this.#show = show;
    this.root = query("[data-quick]");
    this.list = query("ul", this.root);
  }

  /** @param {Product[]} products in their order @param {string | null} shown the one on the screen */
  draw(products, shown) {
    const rows = products.map((product) => this.#row(product, product.id === shown));
    if (rows.length !== this.list.children.length || rows.some((row, place) => this.list.children[place] !== row)) {
      this.list.replaceChildren(...rows);
    }
    this.root.hidden = rows.length === 0;
  }

  /** @param {Product} product @param {boolean} shown */
  #row(product, shown) {
    const row = this.#rows.get(product.id) ?? this.#newRow(product.id);
    const button = query("button", row);
    const words = shown ? "Showing" : product.inStock ? "Show" : "Show, sold out";
    drawGoods(query("[data-goods]", row), product);
    query("[data-name]", row).textContent = product.name;
    query("[data-words]", row).textContent = words;
    button.ariaPressed = String(shown);
    button.ariaLabel = `${words}: ${product.name}`;
    return row;
  }

  /** @param {string} id */
  #newRow(id) {
    const row = clone("quick-pick");
    pressing(query("button", row), query("[data-notice]"), () => this.#show(id));
    this.#rows.set(id, row);
    return row;
  }
}
