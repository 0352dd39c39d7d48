// @ts-check
/** The shared cart: what is in it, who put it there, and changing it for everyone. */

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
    together.on("state", ({ cart }, { missed }) => {
      if (cart === this.#cart) return;
      if (this.#cart && !missed) this.#announce(this.#cart, cart);
      this.#draw(cart);
    });
  }

  /** @param {Cart} cart */
  #draw(cart) {
    this.#cart = cart;
    const ids = new Set(cart.items.map(({ productId }) => productId));
    for (const [id, line] of this.#lines) if (!ids.has(id)) line.remove(), this.#lines.delete(id);
    for (const item of cart.items) this.#drawLine(item);
    query("[data-empty]", this.root).hidden = cart.items.length > 0;
    query("[data-grand]", this.root).hidden = cart.items.length === 0;
    query("[data-total]", this.root).textContent = this.#money(cart.total);
    query("[data-count]", this.root).textContent = String(cart.count);
    const badge = query("[data-count=cart]");
    badge.textContent = String(cart.count);
    badge.hidden = cart.count === 0;
  }

  /** @param {CartItem} item */
  #drawLine(item) {
    const line = this.#lines.get(item.productId) ?? this.#newLine(item);
    query("[data-by]", line).textContent = listed(item.addedBy.map((share) => this.#share(share, item.addedBy.length > 1)));
    query("[data-qty]", line).textContent = String(item.qty);
    query("[data-sum]", line).textContent = this.#money(item.lineTotal);
    query("[data-less]", line).ariaLabel = item.qty > 1 ? `One ${item.name} less` : `Take ${item.name} out`;
  }

  /** @param {CartItem} item */
  #newLine({ productId, name, imageUrl }) {
    const line = clone("basket-line");
    drawGoods(query("[data-goods]", line), { id: productId, name, imageUrl });
    query("[data-name]", line).textContent = name;
    query(".stepper", line).ariaLabel = `How many of ${name}`;
    const more = query("[data-more]", line);
    more.ariaLabel = `One ${name} more`;
    more.addEventListener("click", () => this.#change(() => this.#together.add(productId)));
    query("[data-less]", line).addEventListener("click", () => this.#change(() => this.#together.remove(productId)));
    this.#lines.set(productId, line);
    this.list.append(line);
    return line;
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
    const shares = new Map(before.items.map((item) => [item.productId, item.addedBy]));
    for (const { productId, name, addedBy } of now.items) {
      for (const { userId, qty } of addedBy) {
        const had = shares.get(productId)?.find((share) => share.userId === userId)?.qty ?? 0;
        if (qty > had && !this.#together.isMe(userId)) toast(`${nameOf(this.#together, userId)} added ${name}`);
      }
    }
  }

  /** @param {number} minor */
  #money(minor) {
    return money(minor / 10 ** this.#digits, this.#cart?.currency);
  }
}
