// @ts-check
/** A show as a page follows it: its status, showcased product, viewers, reactions and chat, true again after every loss. */

import { call } from "../common/api.js";
import { query, queryAll } from "../common/dom.js";
import { clock, day, moment, tally } from "../common/format.js";

/** @import { Chat } from "./chat.js" */
/** @import { Ack, Vitrine } from "../../realtime/client.js" */
/** @import { Product, Question, Show, ShowState } from "../common/messages.js" */
/** @typedef {Pick<Show, "guestChat" | "accountMinutes" | "slowMode" | "reactionKinds">} Rules */

const DAY = 86_400; // seconds

/**
 * @typedef {object} Hearers
 * @property {(status: string) => void} [status]
 * @property {(away: boolean) => void} [away] hears whether the host of the live show has lost every connection
 * @property {(product: Product | null) => void} [showcased]
 * @property {(products: Product[]) => void} [listed] hears the products on the show, in order
 * @property {(product: Product) => void} [changed] hears a product on the show as it is from now on
 * @property {() => void} [entered] is called when the reader has come into the show, and knows nothing of before
 * @property {() => void} [renewed] is called when the reader has missed so much that all is drawn anew
 * @property {(reason: string) => void} [refused] hears why the reader may not be here, or nothing once they are
 * @property {(rules: Rules) => void} [ruled] hears the rules of the chat
 * @property {(viewers: number) => void} [viewers]
 * @property {(total: number) => void} [reactions] how many there have been
 * @property {(questions: Question[] | null) => void} [questions] hears the questions as they are, or that they are to be read
 */

/** Says when the show is to begin from now on. @param {HTMLElement} root @param {string | null} startsAt */
function announce(root, startsAt) {
  for (const place of queryAll("[data-countdown]", root)) place.dataset.countdown = startsAt ?? "";
  for (const place of queryAll("time[data-moment]", root)) {
    if (place.getAttribute("datetime") === startsAt) continue;
    place.setAttribute("datetime", startsAt ?? "");
    place.textContent = startsAt ? moment(startsAt) : "";
  }
}

/**
 * @param {HTMLElement} root whose `data-status` the style sheets read
 * @param {Vitrine} client
 * @param {Pick<Chat, "show" | "load" | "replace"> & Partial<Pick<Chat, "pin">>} chat
 * @param {Hearers} hearers
 */
export function follow(root, client, chat, hearers) {
  const path = `sessions/${chat.show.id}`;
  const notice = query("[data-notice]");
  let complete = false; // whether what was so before the page entered has reached it
  let changes = 0; // of the show and its products heard so far
  /** @type {Map<string, Product>} */ const products = new Map();

  /** @param {string} status */
  const become = (status) => {
    if (root.dataset.status === status) return;
    root.dataset.status = status;
    hearers.status?.(status);
  };

  /** @param {number} count */
  const watching = (count) => {
    for (const place of queryAll("[data-viewers]")) place.textContent = tally(count);
    hearers.viewers?.(count);
  };

  /** @param {Record<string, number>} counts */
  const reacted = (counts) => hearers.reactions?.(Object.values(counts).reduce((sum, count) => sum + count, 0));

  /** @param {Pick<Show, "title" | "description" | "category" | "startsAt" | keyof Rules>} show */
  const describe = ({ title, description, category, startsAt, ...rules }) => {
    const words = { title, summary: description ?? "", category: category ? ` · ${category}` : "" };
    for (const [name, text] of Object.entries(words)) {
      for (const place of queryAll(`[data-${name}]`, root)) place.textContent = text;
    }
    announce(root, startsAt);
    hearers.ruled?.(rules);
  };

  /** @param {string[]} ids */
  const list = (ids) => hearers.listed?.(ids.map((id) => products.get(id)).filter((product) => product !== undefined));

  /** @param {Show} show */
  const draw = (show) => {
    become(show.status);
    describe(show);
    for (const product of show.products) products.set(product.id, product);
    list(show.products.map(({ id }) => id));
    hearers.away?.(show.hostAway);
    hearers.showcased?.(show.activeProduct);
    chat.pin?.(show.pinnedMessage);
    reacted(show.reactionCounts);
  };

  /** An answer that was on its way while something changed would undo the change: ask again. @returns {Promise<void>} */
  const ask = async () => {
    const before = changes;
    const show = await call("GET", path);
    return changes === before ? draw(show) : ask();
  };

  /** What happened between drawing the page and entering was told to nobody here. */
  const load = async () => {
    hearers.questions?.(null);
    const shown = ask().then(() => true, () => false);
    complete = (await Promise.all([shown, chat.load()])).every(Boolean);
  };

  /** Says until when the reader has to wait outside; the client tries again by itself. @param {Ack} ack */
  const explain = ({ ok, code, message, retryAfter }) => {
    const seconds = ok || code !== "forbidden" ? 0 : (retryAfter ?? 0);
    const end = new Date(Date.now() + seconds * 1000).toISOString();
    const time = seconds < DAY ? clock(end) : `${day(end)}, ${clock(end)}`;
    hearers.refused?.(ok || code !== "forbidden" ? "" : (message ?? ""));
    notice.textContent = seconds ? `${message}. This page comes back by itself at ${time}.` : "";
  };

  /** @type {(type: any, tell: (message: any) => void) => void} */
  const onChange = (type, tell) => void client.on(type, (message) => (changes++, tell(message)));

  /** Missed events have been heard by now, and the count of viewers is told anew; that of reactions only when it changes. */
  const recount = async () => {
    const totals = await call("GET", `${path}/reactions`).catch(() => null);
    if (totals) reacted(totals.reactions);
    hearers.questions?.(null);
  };

  /** @param {ShowState} state */
  const redraw = (state) => {
    draw(state);
    watching(state.viewerCount);
    chat.replace(state.messages);
    hearers.questions?.(state.questions);
    hearers.renewed?.();
    complete = true;
  };

  onChange("stream-started", () => become("live"));
  onChange("stream-paused", () => become("paused"));
  onChange("stream-resumed", () => become("live"));
  onChange("stream-ended", () => become("ended"));
  onChange("host-away", ({ away }) => hearers.away?.(away));
  onChange("session-updated", describe);
  onChange("lineup-updated", ({ productIds, product }) => {
    if (product) products.set(product.id, product);
    list(productIds);
  });
  onChange("product-updated", ({ product }) => {
    products.set(product.id, product);
    hearers.changed?.(product);
  });
  onChange("product-showcased", ({ product }) => hearers.showcased?.(product));
  onChange("showcase-cleared", () => hearers.showcased?.(null));
  client.on("viewer-count", ({ data }) => watching(data));
  client.on("reaction-stats", ({ total }) => hearers.reactions?.(total));
  client.enter("join-session", { sessionId: chat.show.id }, {
    entered: (ack) => {
      explain(ack);
      if (ack.ok) hearers.entered?.();
      void load(); // though it may have been refused: a chat may be read by those who may not enter
    },
    resumed: (how) => {
      explain({ ok: true });
      if (!how.recovered) redraw(how.state);
      else void (complete ? recount() : load());
    },
  });
}
