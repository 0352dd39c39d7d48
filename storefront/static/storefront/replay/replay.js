// @ts-check
/** The page of a show that is over: its chat, its products and its reactions come again as they came. */

import { offerCalls } from "../call/shop_call.js";
import { announce } from "../common/connection.js";
import { data, query } from "../common/dom.js";
import { localise } from "../common/format.js";
import { ambience } from "../media/ambience.js";
import { mendImages, Shelf } from "../common/products.js";
import { Vitrine } from "../../realtime/client.js";
import { Chat } from "../show/chat.js";
import { floating, kinds } from "../show/reactions.js";
import { light } from "../show/stage.js";
import { Strip } from "../watch/strip.js";
import { wares } from "../watch/wares.js";
import { moment } from "../../recordings/replay/format.js";
import { chapters, drawCrowd } from "./chapters.js";
import { dropped } from "./dropped.js";
import { Film, offerSound } from "./film.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";

/** @import { ChatLine } from "../common/messages.js" */
/** @import { Said } from "./timeline.js" */

const LINES = 100; // on the page at once
const AGAIN = 3_000; // ms until what could not be fetched is asked for again
const SETTLED = 150; // ms without a jump
const FLOATS = 3; // reactions a second at most

const show = data("show-facts");
const reader = data("reader-facts");
const facts = data("replay-facts");
const root = query("[data-player]");
const client = new Vitrine();

/** Whose lines are those of a moment, and are not read out as they pass. */
class PastChat extends Chat {
  async load() {
    timeline.clear();
    drawn = null;
    return true;
  }

  /** @param {ChatLine[]} lines @param {string[]} [before] */
  replace(lines, before) {
    super.replace(lines, before);
    this.earlier.hidden = true;
    this.log.setAttribute("aria-live", "off");
  }
}

const chat = new PastChat(query("[data-chat]"), show, reader, ({ createdAt }) => createdAt);
const shelf = new Shelf(data("product-facts"), ({ id: productId }) => {
  void client.send("track-product-click", { sessionId: show.id, productId, userId: reader.id }, { keep: false });
}, () => ({ sessionId: show.id, atMs: Math.max(0, Math.round(player.position)) }));
const strip = new Strip(query("[data-strip]"));
const spotlight = query("[data-spotlight]");
const timeline = new Timeline(show.id, (products) => products.forEach((product) => shelf.put(product)));
const float = floating(query("[data-floats]"), kinds(query("[data-reactions]")));
wares(strip.root)(strip.rows.children.length);

/** @param {Said} said @param {number} n its place among the lines of the moment @returns {ChatLine} */
const line = ({ t, ...said }, n) => ({
  ...said,
  sessionId: show.id,
  createdAt: moment(t - facts.from),
  seq: t + n / 1000,
});

/** @type {{ ids: string, productId: string | null | undefined, pinned: string | undefined } | null} what the page shows */
let drawn = null;

/** @param {number} t */
function draw(t) {
  const said = timeline.lines(t, LINES);
  const { productId, pinnedMessage } = timeline.state(t);
  const ids = said.map(({ id }) => id).join();
  if (ids !== drawn?.ids) chat.replace(said.map(line));
  if (productId !== drawn?.productId) {
    const product = productId ? (shelf.find(productId) ?? null) : null;
    light(spotlight, product);
    strip.mark(product);
  }
  if (pinnedMessage?.id !== drawn?.pinned) chat.pin(pinnedMessage && line(pinnedMessage, 0));
  drawn = { ids, productId, pinned: pinnedMessage?.id };
}

let failedAt = Number.NEGATIVE_INFINITY;
let jumpedAt = Number.NEGATIVE_INFINITY;

/** Whoever drags the slider goes through many moments; only that is fetched at which they stay. @param {number} t */
function fetchAround(t) {
  const now = performance.now();
  if (now - failedAt < AGAIN || now - jumpedAt < SETTLED) return;
  timeline.need(t).then(
    () => void (query("[data-trouble]").textContent = ""),
    (error) => {
      failedAt = performance.now();
      query("[data-trouble]").textContent = `This moment can't be shown yet. ${error.message}`;
    },
  );
}

/** As often as people did then, for the share of a second that a step of the clock is. @param {number} t @param {number} seconds */
function react(t, seconds) {
  const counts = Object.entries(timeline.reactions(t));
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (Math.random() >= Math.min(total / 60, FLOATS) * seconds) return;
  let chosen = Math.random() * total;
  for (const [kind, count] of counts) if ((chosen -= count) < 0) return float(kind);
}

const drops = dropped(facts.drops, (id) => shelf.find(id) !== undefined);
const chapter = chapters(root, facts, (t) => player.seek(t));
const picture = /** @type {HTMLVideoElement} */ (query("[data-picture]"));
const film = new Film(query("[data-stage]"), picture, facts);
if (film.parts.length) offerSound(query("[data-mute]", root), picture);
ambience(/** @type {HTMLCanvasElement} */ (query("[data-ambience]")), picture);
let last = facts.from;
const player = new Player(root, facts, {
  ready: (t) => {
    fetchAround(t);
    const here = timeline.has(t);
    if (here) draw(t);
    return here;
  },
  moved: (t, jumped) => {
    chapter(t);
    drops(t);
    if (jumped) jumpedAt = performance.now();
    else react(t, Math.min(1, Math.max(0, t - last) / 1000));
    last = t;
  },
  led: (t, playing, speed) => film.lead(t, playing, speed),
  played: () => (query("[data-begin]").hidden = true),
});
drawCrowd(query("[data-crowd]", root), facts);

query("[data-begin-button]").addEventListener("click", () => {
  player.play();
  player.button.focus(); // not lost with the curtain
});
player.listen(document);
const asked = Number(new URLSearchParams(location.search).get("t")); // seconds of the show's time, as links to a moment say it
if (asked > 0) player.seek(asked * 1000);
chapter(player.position);
drops(player.position);

localise();
mendImages();
announce(client);
offerCalls(client, show.id);
client.on("support-begun", () => document.dispatchEvent(new Event("vitrine-support-begun"))); // for widget.js
client.on("message-deleted", ({ messageId }) => {
  timeline.forget(messageId);
  chat.forget(messageId);
});
client.on("chat-restored", () => void chat.load());
client.on("product-updated", ({ product }) => {
  shelf.put(product);
  strip.update(product);
});
client.enter("join-session", { sessionId: show.id }); // so that those who watch it again are counted
client.connect();
