// @ts-check
/** The page of a show for those who watch it. */

import { call } from "../common/api.js";
import { offerCalls } from "../call/shop_call.js";
import { Chat } from "../show/chat.js";
import { Vitrine } from "../../realtime/client.js";
import { Composer } from "../show/composer.js";
import { countDown } from "../common/countdown.js";
import { announce } from "../common/connection.js";
import { pressing } from "../common/dialogs.js";
import { data, query } from "../common/dom.js";
import { Drops } from "../drops/drops.js";
import { localise } from "../common/format.js";
import { followKeyboard } from "../common/keyboard.js";
import { ownName } from "../common/name.js";
import { mendImages, Shelf } from "../common/products.js";
import { Moderation } from "../show/moderation.js";
import { Questions } from "../show/questions.js";
import { kinds, reactions } from "../show/reactions.js";
import { follow } from "../show/show.js";
import { Stage } from "../show/stage.js";
import { raising } from "./hand.js";
import { reminding } from "./remind.js";
import { Strip } from "./strip.js";
import { wares } from "./wares.js";

/** @import { Product } from "../common/messages.js" */

const show = data("show-facts");
const reader = data("reader-facts");
const client = new Vitrine();
const chat = new Chat(query("[data-chat]"), show, reader);
const shelf = new Shelf(data("product-facts"), ({ id: productId }) => {
  void client.send("track-product-click", { sessionId: show.id, productId, userId: reader.id }, { keep: false });
}, () => ({ sessionId: show.id }));
const stage = new Stage(client, show);
const strip = new Strip(query("[data-strip]"));
const offer = wares(strip.root);
const drops = document.querySelector("[data-drops]") ? new Drops(client, show.id) : null; // none where the show is over

/** @param {Product | null} product */
function showcased(product) {
  if (product) shelf.put(product);
  stage.showcase(product);
  strip.mark(product);
}

const party = query("[data-party]");
pressing(party, query("[data-notice]"), async () => {
  const { sessionId } = await call("POST", `sessions/${show.id}/parties`, { userName: reader.name || ownName() });
  location.assign(`${party.dataset.party}${sessionId}/`);
});

const lower = raising(client, show.id);

offerCalls(client, show.id);
client.on("support-begun", () => document.dispatchEvent(new Event("vitrine-support-begun"))); // for widget.js
localise();
countDown();
reminding(show.id);
mendImages();
followKeyboard();
announce(client);
chat.hear(client);
const composer = new Composer(query("[data-composer]"), chat, client);
const questions = new Questions(chat, client);
const moderation = new Moderation(chat, client);
client.on("moderator-changed", ({ moderates }) => {
  chat.reader.moderates = moderates;
  moderation.follow();
  questions.redraw();
});

follow(query("[data-show]"), client, chat, {
  status: (status) => {
    stage.become(status);
    if (status === "ended") lower();
  },
  away: (away) => stage.miss(away),
  showcased,
  questions: (asked) => (asked ? questions.draw(asked) : void questions.load()),
  ruled: (rules) => {
    composer.rule(rules);
    for (const [kind, button] of kinds(query("[data-reactions]"))) button.hidden = !rules.reactionKinds.includes(kind);
  },
  entered: () => {
    composer.entered();
    void drops?.load();
  },
  renewed: () => void drops?.load(),
  refused: (reason) => {
    composer.shutOut(reason);
    stage.bar(reason !== "");
  },
  listed: (products) => {
    for (const product of products) shelf.put(product);
    strip.list(products);
    offer(products.length);
  },
  changed: (product) => {
    shelf.put(product);
    strip.update(product);
  },
  reactions: reactions(query("[data-reactions]"), query("[data-floats]"), client, show.id),
});
stage.see(query("[data-show]").dataset.status);
client.connect();
