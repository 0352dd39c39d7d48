// @ts-check
/** The cart of the shop around this frame, as the shop says it is. */

import { pressing } from "../common/dialogs.js";
import { clone, query } from "../common/dom.js";
import { money } from "../common/format.js";

/** @import { Abilities, Host } from "./host.js" */
/** @typedef {{ name?: string, variant?: string, quantity: number, price?: number, currency?: string }} Line what else a shop says comes back to it */
/** @typedef {{ items: Line[], currency?: string, total?: number }} Shown */

const MOST = 100; // lines that are drawn

export class Cart {
  #host;
  #sheet = /** @type {HTMLDialogElement} */ (query("[data-cart-sheet]"));
  #open = query("[data-open-cart]");
  #trouble = query("[data-cart-trouble]");

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
    this.#open.addEventListener("click", () => this.#look());
    pressing(query("[data-check-out]"), this.#trouble, () => this.#pay());
  }

  /** @param {Abilities} abilities */
  become({ cart, checkout, update }) {
    this.#sheet.toggleAttribute("data-fixed", !update);
    this.#open.hidden = !cart && !checkout;
    query("[data-check-out]").hidden = !checkout;
    if (cart) void this.#host.ask("cart", null).then(({ ok, cart: now }) => ok && this.draw(now));
  }

  /** @param {any} said by the shop, which may be anything */
  draw(said) {
    if (!said || !Array.isArray(said.items)) return;
    /** @type {Shown} */ const cart = said;
    const count = cart.items.reduce((sum, { quantity }) => sum + (Number(quantity) || 0), 0);
    const badge = query("[data-cart-count]");
    badge.hidden = !count;
    badge.textContent = String(count);
    query("[data-cart-empty]").hidden = count > 0;
    query("[data-cart-lines]").replaceChildren(...cart.items.slice(0, MOST).map((line) => this.#line(line, cart)));
    query("[data-cart-total]").hidden = cart.total === undefined || !count;
    query("[data-cart-sum]").textContent = amount(cart.total, cart.currency);
  }

  /** @param {Line} line @param {Shown} cart */
  #line(line, cart) {
    const row = clone("cart-line");
    const name = line.name ?? "";
    const quantity = Number(line.quantity) || 0;
    query("[data-name]", row).textContent = name;
    query("[data-variant]", row).textContent = line.variant ?? "";
    query("[data-qty]", row).textContent = String(quantity);
    query("[data-sum]", row).textContent = line.price === undefined ? "" : amount(line.price * quantity, line.currency ?? cart.currency);
    query("[data-steps]", row).setAttribute("aria-label", `How many: ${name}`);
    for (const [step, words, by] of /** @type {const} */ ([["less", "One less", -1], ["more", "One more", 1]])) {
      const button = query(`[data-${step}]`, row);
      button.setAttribute("aria-label", `${words}: ${name}`);
      pressing(button, this.#trouble, async () => {
        const { ok, message, cart: now } = await this.#host.ask("update", { ...line, quantity: quantity + by });
        if (!ok) throw new Error(message || "The shop does not let that be changed here.");
        this.draw(now);
      });
    }
    return row;
  }

  async #look() {
    this.#trouble.textContent = "";
    const { ok, cart } = await this.#host.ask("cart", null);
    if (ok) this.draw(cart);
    this.#host.tell("event", { name: "view_cart", ecommerce: ecommerceOf(cart) });
    this.#sheet.showModal();
  }

  async #pay() {
    const { cart } = await this.#host.ask("cart", null);
    this.#host.tell("event", { name: "begin_checkout", ecommerce: ecommerceOf(cart) });
    const { ok, message } = await this.#host.ask("checkout", null);
    if (!ok) throw new Error(message || "The shop cannot take you to the checkout just now.");
    this.#sheet.close();
  }
}

/** @param {any} cart as the shop says it */
function ecommerceOf(cart) {
  const lines = Array.isArray(cart?.items) ? cart.items : [];
  const items = lines.map((/** @type {any} */ { sku, productId, name, quantity, price }) => {
    return { item_id: sku || productId, item_name: name, quantity, price };
  });
  return { currency: cart?.currency, value: cart?.total, items };
}

/** A shop may name a currency that there is not. @param {number | undefined} sum @param {string} [currency] */
function amount(sum, currency) {
  if (sum === undefined) return "";
  try {
    return money(sum, currency);
  } catch {
    return String(sum);
  }
}
