// @ts-check
/** The shared cart: what is in it, who put it there, and changing it for everyone. */

import { putIntoBag } from "../common/bag.js";
import { pressing } from "../common/dialogs.js";
import { clone, query } from "../common/dom.js";
import { money } from "../common/format.js";
import { toast } from "../common/toast.js";
import { listed, nameOf } from "./faces.js";
import { drawGoods } from "../common/products.js";

/** @import { Cart, CartItem, Share } from "../../shopping/messages.js" */
/** @import { Together } from "../../shopping/sdk.js" */

export class Basket {
  /** @type {Map<string, HTMLElement>} */ #lines = new Map();
  /** @type {Cart | null} */ #cart = null;
  #together;
  #digits;

  /** @param {Together} together @param {number} digits that prices have behind the point */
  constructor(together, digits) {
    this.#together = together;
    this.#digits = digits;
    this.root = query("[data-basket]");
    this.list = query("[data-lines]", this.root);
    this.trouble = query("[data-trouble]", this.root);
    pressing(query("[data-take]", this.root), this.trouble, () => this.#take());
    together.on("state", ({ cart }, { missed }) => {
      if (cart === this.#cart) return;
      if (this.#cart && !missed) this.#announce(this.#cart, cart);
      this.#draw(cart);
    });
  }

  /** @param {Cart} cart */
  #draw(cart) {
    this.#cart = cart;
    const ids = new Set(cart.items.map(keyOf));
    for (const [id, line] of this.#lines) if (!ids.has(id)) line.remove(), this.#lines.delete(id);
    for (const item of cart.items) this.#drawLine(item);
    query("[data-empty]", this.root).hidden = cart.items.length > 0;
    for (const part of ["grand", "grand-acts"]) query(`[data-${part}]`, this.root).hidden = cart.items.length === 0;
    query("[data-total]", this.root).textContent = this.#money(cart.total);
    query("[data-count]", this.root).textContent = String(cart.count);
    const badge = query("[data-count=cart]");
    badge.textContent = String(cart.count);
    badge.hidden = cart.count === 0;
  }

  /** @param {CartItem} item */
  #drawLine(item) {
    const line = this.#lines.get(keyOf(item)) ?? this.#newLine(item);
    query("[data-by]", line).textContent = listed(item.addedBy.map((share) => this.#share(share, item.addedBy.length > 1)));
    query("[data-qty]", line).textContent = String(item.qty);
    query("[data-sum]", line).textContent = this.#money(item.lineTotal);
    query("[data-less]", line).ariaLabel = item.qty > 1 ? `One ${nameIn(item)} less` : `Take ${nameIn(item)} out`;
    query("[data-sold-out]", line).hidden = item.inStock !== false;
    const confirm = query("[data-confirm-price]", line);
    confirm.hidden = item.priceBefore == null;
    if (item.priceBefore != null) {
      confirm.textContent = `Was ${this.#money(item.priceBefore)}, is ${this.#money(item.unitPrice)}: take it`;
    }
  }

  /** @param {CartItem} item */
  #newLine(item) {
    const { productId, variantId, name, imageUrl } = item;
    const line = clone("basket-line");
    drawGoods(query("[data-goods]", line), { id: productId, name, imageUrl });
    query("[data-name]", line).textContent = name;
    query("[data-variant]", line).textContent = item.variantName ?? "";
    query(".stepper", line).ariaLabel = `How many of ${nameIn(item)}`;
    const more = query("[data-more]", line);
    more.ariaLabel = `One ${nameIn(item)} more`;
    more.addEventListener("click", () => this.#change(() => this.#together.add(productId, 1, variantId)));
    query("[data-less]", line).addEventListener("click", () => this.#change(() => this.#together.remove(productId, 1, variantId)));
    query("[data-confirm-price]", line).addEventListener("click", () => this.#change(() => this.#confirm(keyOf(item))));
    this.#lines.set(keyOf(item), line);
    this.list.append(line);
    return line;
  }

  /** Agrees to the price that is seen. @param {string} key */
  async #confirm(key) {
    const item = this.#cart?.items.find((each) => keyOf(each) === key);
    if (item) await this.#together.confirm(item.productId, item.unitPrice, item.variantId);
  }

  /** Puts what the party has chosen into one's own bag, from which it is bought. */
  async #take() {
    const place = this.#together.session?.showId ? { sessionId: this.#together.session.showId } : {};
    const waiting = this.#cart?.items.find(({ priceBefore }) => priceBefore != null);
    if (waiting) throw new Error(`The price of ${waiting.name} has changed: take the new one first.`);
    for (const { productId, variantId, qty, inStock } of this.#cart?.items ?? []) {
      if (inStock !== false) await putIntoBag(productId, variantId ?? null, qty, place);
    }
    query("[data-taken]", this.root).hidden = false;
  }

  /** @param {Share} share @param {boolean} counted */
  #share({ userId, userName, qty }, counted) {
    const name = this.#together.isMe(userId) ? "You" : userName;
    return counted ? `${name} (${qty})` : name;
  }

  /** @param {() => Promise<unknown>} act */
  async #change(act) {
    this.trouble.textContent = "";
    await act().catch((error) => (this.trouble.textContent = error.message));
  }

  /** What someone else added is news. @param {Cart} before @param {Cart} now */
  #announce(before, now) {
    const shares = new Map(before.items.map((item) => [keyOf(item), item.addedBy]));
    for (const item of now.items) {
      const { name, addedBy } = item;
      for (const { userId, qty } of addedBy) {
        const had = shares.get(keyOf(item))?.find((share) => share.userId === userId)?.qty ?? 0;
        if (qty > had && !this.#together.isMe(userId)) toast(`${nameOf(this.#together, userId)} added ${name}`);
      }
    }
  }

  /** @param {number} minor */
  #money(minor) {
    return money(minor / 10 ** this.#digits, this.#cart?.currency);
  }
}

/** A product in one form is one item. @param {CartItem} item */
const keyOf = ({ productId, variantId }) => `${productId} ${variantId ?? ""}`;

/** @param {CartItem} item */
const nameIn = ({ name, variantName }) => (variantName ? `${name}, ${variantName}` : name);
