// @ts-check
/** A show as a page follows it: its status, showcased product, viewers, reactions and chat, true again after every loss. */

import { call } from "./api.js";
import { all } from "./dom.js";
import { tally } from "./format.js";

/** @import { Chat } from "./chat.js" */
/** @import { Vitrine } from "./client.js" */
/** @import { Product, Show, ShowState } from "./messages.js" */

/**
 * @typedef {object} Hearers
 * @property {(status: string) => void} [status]
 * @property {(product: Product | null) => void} [showcased]
 * @property {(viewers: number) => void} [viewers]
 * @property {(total: number) => void} [reactions] how many there have been
 */

/**
 * @param {HTMLElement} root whose `data-status` the style sheets read
 * @param {Vitrine} client
 * @param {Chat} chat
 * @param {Hearers} hearers
 */
export function follow(root, client, chat, hearers) {
  const path = `sessions/${chat.show.id}`;
  let complete = false; // whether what was so before the page entered has reached it

  /** @param {string} status */
  const become = (status) => {
    if (root.dataset.status === status) return;
    root.dataset.status = status;
    hearers.status?.(status);
  };

  /** @param {number} count */
  const watching = (count) => {
    for (const place of all("[data-viewers]")) place.textContent = tally(count);
    hearers.viewers?.(count);
  };

  /** @param {Record<string, number>} counts */
  const reacted = (counts) => hearers.reactions?.(Object.values(counts).reduce((sum, count) => sum + count, 0));

  /** @param {Show} show */
  const draw = (show) => {
    become(show.status);
    hearers.showcased?.(show.activeProduct);
    reacted(show.reactionCounts);
  };

  /** What happened between drawing the page and entering was told to nobody here: ask. */
  const load = async () => {
    const shown = call("GET", path).then((show) => (draw(show), true), () => false);
    complete = (await Promise.all([shown, chat.load()])).every(Boolean);
  };

  /** Missed events have been heard by now, and the count of viewers is told anew; that of reactions only when it changes. */
  const recount = async () => {
    const totals = await call("GET", `${path}/reactions`).catch(() => null);
    if (totals) reacted(totals.reactions);
  };

  /** @param {ShowState} state */
  const redraw = (state) => {
    draw(state);
    watching(state.viewerCount);
    chat.replace(state.messages);
    complete = true;
  };

  client.on("stream-started", () => become("live"));
  client.on("stream-paused", () => become("paused"));
  client.on("stream-resumed", () => become("live"));
  client.on("stream-ended", () => become("ended"));
  client.on("product-showcased", ({ product }) => hearers.showcased?.(product));
  client.on("showcase-cleared", () => hearers.showcased?.(null));
  client.on("viewer-count", ({ data }) => watching(data));
  client.on("reaction-stats", ({ total }) => hearers.reactions?.(total));
  client.enter("join-session", { sessionId: chat.show.id }, {
    entered: () => void load(), // though it may have been refused: a chat may be read by those who may not enter
    resumed: (how) => {
      if (!how.recovered) redraw(how.state);
      else void (complete ? recount() : load());
    },
  });
}
