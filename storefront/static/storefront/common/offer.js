// @ts-check
/** What a product's sheet offers: its forms, the price of the one that is chosen, and buying it. */

import { buyAddress, putIntoBag } from "./bag.js";
import { Choice, inForm } from "./choice.js";
import { pressing } from "./dialogs.js";
import { query } from "./dom.js";
import { decimals, money } from "./format.js";
import { drawGoods } from "./goods.js";

/** @import { Place } from "./bag.js" */
/** @import { Product } from "./messages.js" */

export class Offer {
  /** @type {Product | null} */ #product = null;

  /** @param {HTMLElement} sheet as product_dialog.html has it @param {() => Place} place */
  constructor(sheet, place) {
    this.part = (/** @type {string} */ name) => query(`[data-${name}]`, sheet);
    this.place = place;
    this.choice = new Choice(this.part("choices"), () => this.#drawForm());
    this.buy = /** @type {HTMLAnchorElement} */ (this.part("buy"));
    this.buy.addEventListener("click", () => this.#point());
    pressing(this.part("bag-it"), this.part("buying-trouble"), () => this.#bag());
  }

  /** Says nothing any longer of what was done with another product. */
  forget() {
    this.part("bagged").hidden = true;
    this.part("buying-trouble").textContent = "";
  }

  /** @param {Product} product */
  draw(product) {
    this.#product = product;
    this.choice.draw(product);
    this.#drawForm();
  }

  #drawForm() {
    if (!this.#product) return;
    const shown = inForm(this.#product, this.choice.variant);
    drawGoods(this.part("goods"), shown);
    this.part("price").textContent = money(shown.price, shown.currency);
    this.part("was").textContent = shown.originalPrice === null ? "" : money(shown.originalPrice, shown.currency);
    this.part("sold-out").hidden = shown.inStock;
    this.part("bag-it").hidden = !shown.inStock;
    this.buy.hidden = !shown.inStock || !shown.url;
    this.#point();
  }

  /** Has the link lead to what is seen now, at the price that is seen now. */
  #point() {
    const variant = this.choice.variant;
    if (!this.#product || variant === undefined) return;
    const shown = inForm(this.#product, variant);
    const minor = Math.round(Number(shown.price) * 10 ** decimals(shown.currency));
    this.buy.href = buyAddress(this.#product, variant, minor, this.place());
  }

  async #bag() {
    const variant = this.choice.variant;
    if (!this.#product || variant === undefined) return;
    this.part("bagged").hidden = true;
    await putIntoBag(this.#product.id, variant?.id ?? null, 1, this.place());
    this.part("bagged").hidden = false;
  }
}
