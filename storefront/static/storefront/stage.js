// @ts-check
/** The stage of a show: its picture while the show is on, and the product that is shown on it. */

import { call } from "./api.js";
import { seeing } from "./carriers.js";
import { one } from "./dom.js";
import { money } from "./format.js";
import { Picture } from "./picture.js";
import { drawGoods } from "./products.js";

/** @import { Vitrine } from "../realtime/client.js" */
/** @import { Product } from "./messages.js" */

const NEWS = { live: "The show is live", paused: "The show is paused", ended: "The show is over" };

export class Stage {
  #carrier;

  /** @param {Vitrine} client @param {{ id: string, provider: string }} show */
  constructor(client, show) {
    this.root = one("[data-stage]");
    this.spotlight = one("[data-spotlight]", this.root);
    this.#carrier = seeing(show.provider, {
      client,
      sessionId: show.id,
      access: () => call("POST", `sessions/${show.id}/refresh-token`),
      ...new Picture(this.root).handles,
    });
  }

  /** Through a pause the picture stays, behind its curtain. @param {string | undefined} status */
  see(status) {
    if (status === "live") void this.#carrier.start();
    if (status === "ended") this.#carrier.stop();
  }

  /** @param {string} status */
  become(status) {
    one("[data-said]", this.root).textContent = NEWS[/** @type {keyof typeof NEWS} */ (status)] ?? "";
    this.see(status);
  }

  /** @param {Product | null} product */
  showcase(product) {
    const { spotlight } = this;
    spotlight.hidden = !product;
    if (!product) return;
    spotlight.dataset.product = product.id;
    drawGoods(one("[data-goods]", spotlight), product);
    one("[data-name]", spotlight).textContent = product.name;
    one("[data-price]", spotlight).textContent = money(product.price, product.currency);
  }
}
