// @ts-check
/** The stage of a show: its picture while the show is on, and the product that is shown on it. */

import { call } from "../common/api.js";
import { seeing } from "../media/providers.js";
import { query } from "../common/dom.js";
import { money } from "../common/format.js";
import { Picture } from "../media/picture.js";
import { drawGoods } from "../common/products.js";

/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { Product } from "../common/messages.js" */

const NEWS = { live: "The show is live", paused: "The show is paused", ended: "The show is over" };

export class Stage {
  #provider;

  /** @param {Vitrine} client @param {{ id: string, provider: string }} show */
  constructor(client, show) {
    this.root = query("[data-stage]");
    this.spotlight = query("[data-spotlight]"); // on the stage, or beside it
    this.#provider = seeing(show.provider, {
      client,
      sessionId: show.id,
      access: () => call("POST", `sessions/${show.id}/refresh-token`),
      ...new Picture(this.root).handles,
    });
  }

  /** Whoever may not be here any more sees nothing more, until they may again. @param {boolean} barred */
  bar(barred) {
    if (barred) this.#provider.stop();
    else this.see(query("[data-show]").dataset.status);
  }

  /** Through a pause the picture stays, behind its curtain. @param {string | undefined} status */
  see(status) {
    if (status === "live") void this.#provider.start();
    if (status === "ended") this.#provider.stop();
  }

  /** @param {string} status */
  become(status) {
    query("[data-said]", this.root).textContent = NEWS[/** @type {keyof typeof NEWS} */ (status)] ?? "";
    this.see(status);
  }

  /** @param {boolean} away whether the host has lost every connection */
  miss(away) {
    const place = query("[data-away]", this.root);
    const words = place.textContent ?? "";
    if (place.hidden === !away) return;
    place.hidden = !away;
    query("[data-said]", this.root).textContent = away ? words : "The host is back";
  }

  /** @param {Product | null} product */
  showcase(product) {
    light(this.spotlight, product);
  }
}

/** Shows the product that is on the screen, or none. @param {HTMLElement} spotlight @param {Product | null} product */
export function light(spotlight, product) {
  spotlight.hidden = !product;
  if (!product) return;
  spotlight.dataset.product = product.id;
  drawGoods(query("[data-goods]", spotlight), product);
  query("[data-name]", spotlight).textContent = product.name;
  query("[data-price]", spotlight).textContent = money(product.price, product.currency);
}
