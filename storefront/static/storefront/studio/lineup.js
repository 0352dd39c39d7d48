// @ts-check
/** The products of a show in their order: adding, moving and taking off, and which one viewers are shown. */

import { call } from "../common/api.js";
import { pressing } from "../common/dialogs.js";
import { clone, query, queryAll } from "../common/dom.js";
import { money, tally } from "../common/format.js";
import { drawGoods } from "../common/products.js";
import { draggable } from "./dragging.js";
import { Quick } from "./quick.js";

/** @import { ClickStats, Product } from "../common/messages.js" */

export class Lineup {
  /** @type {string | null} */ #shown = null;
  /** @type {Map<string, number>} */ #clicks = new Map();

  /**
   * @param {string} sessionId
   * @param {Map<string, Product>} products all that may be listed
   * @param {{ id: string, place: number }[]} listed those that are, in order
   */
  constructor(sessionId, products, listed) {
    this.path = `sessions/${sessionId}`;
    this.products = products;
    this.order = listed.map(({ id }) => id);
    this.places = new Map(listed.map(({ id, place }) => [id, place]));
    this.trouble = query("[data-lineup] [data-trouble]");
    this.said = query("[data-said]");
    this.rows = query("[data-rows]");
    this.choice = /** @type {HTMLSelectElement} */ (query("[data-add] select"));
    this.quick = new Quick((id) => this.#toggle(id));
    const form = /** @type {HTMLFormElement} */ (query("[data-add]"));
    form.addEventListener("submit", (event) => event.preventDefault());
    pressing(query("[type=submit]", form), this.trouble, () => this.add(this.choice.value));
    pressing(query("[data-clear]"), this.trouble, () => this.#showcase(null));
    draggable(this.rows, (id, place) => void this.#drop(id, place));
    this.#draw();
  }

  /** @param {string} id */
  async add(id) {
    if (!id) return;
    const { displayOrder } = await call("POST", `${this.path}/products`, { productId: id });
    this.places.set(id, displayOrder);
    this.order.push(id);
    this.#draw();
    this.#say(id, "is on the show");
  }

  /** @param {Product | null} product the one that viewers are shown */
  mark(product) {
    this.#shown = product?.id ?? null;
    query("[data-clear]").hidden = !product;
    for (const row of queryAll("li", this.rows)) this.#markRow(row);
    this.quick.draw(this.listed, this.#shown);
  }

  /** A product as it is from now on. @param {Product} product */
  update(product) {
    this.products.set(product.id, product);
    const row = this.rows.querySelector(`[data-id="${product.id}"]`);
    if (row) this.#describe(row, product);
    this.quick.draw(this.listed, this.#shown);
  }

  /** @param {ClickStats[]} stats */
  count(stats) {
    for (const { productId, totalClicks } of stats) this.#clicks.set(productId, totalClicks);
    for (const row of queryAll("li", this.rows)) this.#markRow(row);
  }

  /** @param {string} id */
  #toggle(id) {
    return this.#showcase(id === this.#shown ? null : id);
  }

  /** @param {string | null} id */
  async #showcase(id) {
    await call("POST", `${this.path}/showcase`, id ? { productId: id } : {});
    this.mark(id ? (this.products.get(id) ?? null) : null);
  }

  /** @param {string} id */
  async #remove(id) {
    await call("DELETE", `${this.path}/products/${id}`);
    this.order = this.order.filter((other) => other !== id);
    this.#draw();
    this.#say(id, "was taken off the show");
  }

  /** @param {string} id @param {1 | -1} step */
  #move(id, step) {
    return this.#put(id, this.order.indexOf(id) + step, step < 0 ? ["[data-up]", "[data-down]"] : ["[data-down]", "[data-up]"]);
  }

  /**
   * Puts a product at another place; places that are stored otherwise are stored anew.
   * @param {string} id
   * @param {number} to
   * @param {string[]} focus the buttons of its row of which the first that can be pressed gets the focus
   */
  async #put(id, to, focus) {
    const order = this.order.toSpliced(this.order.indexOf(id), 1).toSpliced(to, 0, id);
    try {
      for (const [place, other] of order.entries()) {
        if (this.places.get(other) === place) continue;
        await call("PATCH", `${this.path}/products/${other}/order`, { displayOrder: place });
        this.places.set(other, place);
      }
      this.order = order;
      this.#say(id, `is now number ${to + 1} of ${order.length}`);
    } finally {
      this.#draw(); // and where it failed, as it was
      this.#focus(id, focus);
    }
  }

  /** @param {string} id @param {number} place */
  async #drop(id, place) {
    this.trouble.textContent = "";
    await this.#put(id, place, ["[data-grip]"]).catch((error) => (this.trouble.textContent = error.message));
  }

  /** The row was drawn anew: the keyboard goes on where it was. @param {string} id @param {string[]} buttons */
  #focus(id, buttons) {
    const row = query(`[data-id="${id}"]`, this.rows);
    buttons.map((button) => /** @type {HTMLButtonElement} */ (query(button, row))).find(({ disabled }) => !disabled)?.focus();
  }

  get listed() {
    return this.order.map((id) => this.products.get(id)).filter((product) => product !== undefined);
  }

  #draw() {
    const listed = this.listed;
    this.quick.draw(listed, this.#shown);
    this.rows.replaceChildren(...listed.map((product, place) => this.#row(product, place)));
    query("[data-none]").hidden = listed.length > 0;
    const others = [...this.products.values()].filter(({ id }) => !this.order.includes(id));
    this.choice.replaceChildren(new Option("Choose a product", ""), ...others.map(({ id, name }) => new Option(name, id)));
    this.choice.disabled = others.length === 0;
  }

  /** @param {Product} product @param {number} place */
  #row(product, place) {
    const row = clone("lineup-row");
    row.dataset.id = product.id;
    this.#describe(row, product);
    /** @type {[string, string, () => Promise<unknown>][]} */
    const buttons = [
      ["[data-up]", "Move up", () => this.#move(product.id, -1)],
      ["[data-down]", "Move down", () => this.#move(product.id, 1)],
      ["[data-remove]", "Take off", () => this.#remove(product.id)],
    ];
    for (const [selector, verb, act] of buttons) {
      query(selector, row).setAttribute("aria-label", `${verb}: ${product.name}`);
      pressing(query(selector, row), this.trouble, act);
    }
    query("[data-grip]", row).setAttribute("aria-label", `Move by the arrow keys, or drag: ${product.name}`);
    pressing(query("[data-spot]", row), this.trouble, () => this.#toggle(product.id));
    query("[data-up]", row).toggleAttribute("disabled", place === 0);
    query("[data-down]", row).toggleAttribute("disabled", place === this.order.length - 1);
    this.#markRow(row);
    return row;
  }

  /** @param {Element} row @param {Product} product */
  #describe(row, product) {
    drawGoods(query("[data-goods]", row), product);
    query("[data-name]", row).textContent = product.name;
    query("[data-price]", row).textContent = money(product.price, product.currency);
    query("[data-sold-out]", row).hidden = product.inStock;
  }

  /** @param {HTMLElement} row */
  #markRow(row) {
    const id = row.dataset.id ?? "";
    const shown = id === this.#shown;
    const clicks = this.#clicks.get(id) ?? 0;
    row.classList.toggle("shown", shown);
    const words = shown ? "Showing" : "Show";
    query("[data-spot] [data-words]", row).textContent = words;
    query("[data-spot]", row).setAttribute("aria-label", `${words}: ${this.products.get(id)?.name}`);
    query("[data-clicks]", row).textContent = clicks ? ` · ${tally(clicks)} ${clicks === 1 ? "click" : "clicks"}` : "";
  }

  /** @param {string} id @param {string} news */
  #say(id, news) {
    this.said.textContent = `${this.products.get(id)?.name} ${news}`;
  }
}
