// @ts-check
/** A show as a page follows it: its status, its showcased product and its viewers, made true again after every loss. */

import { call } from "./api.js";
import { all } from "./dom.js";
import { tally } from "./format.js";

/** @import { Vitrine } from "./client.js" */
/** @import { Ack, Product } from "./messages.js" */

/**
 * @typedef {object} Hearers
 * @property {(status: string) => void} [status]
 * @property {(product: Product | null) => void} [showcased]
 * @property {(viewers: number) => void} [viewers]
 * @property {(ack: Ack) => void} [entered] after the first entry and after each return
 */

/**
 * @param {HTMLElement} root whose `data-status` the style sheets read
 * @param {Vitrine} client
 * @param {string} sessionId
 * @param {Hearers} hearers
 */
export function follow(root, client, sessionId, hearers) {
  /** @param {string} status */
  const become = (status) => {
    if (root.dataset.status === status) return;
    root.dataset.status = status;
    hearers.status?.(status);
  };

  /** What happened between drawing the page and entering, or during a loss, was told to nobody here: ask. */
  const ask = async () => {
    const show = await call("GET", `sessions/${sessionId}`).catch(() => null);
    if (!show) return;
    become(show.status);
    hearers.showcased?.(show.activeProduct ?? null);
  };

  client.on("stream-started", () => become("live"));
  client.on("stream-paused", () => become("paused"));
  client.on("stream-resumed", () => become("live"));
  client.on("stream-ended", () => become("ended"));
  client.on("product-showcased", ({ product }) => hearers.showcased?.(product));
  client.on("showcase-cleared", () => hearers.showcased?.(null));
  client.on("viewer-count", ({ data }) => {
    for (const place of all("[data-viewers]")) place.textContent = tally(data);
    hearers.viewers?.(data);
  });
  client.enter("join-session", { sessionId }, (ack) => {
    if (ack.ok) void ask();
    hearers.entered?.(ack);
  });
}
