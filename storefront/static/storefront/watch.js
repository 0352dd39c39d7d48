// @ts-check
/** The page of a show for those who watch it. */

import { call } from "./api.js";
import { Chat } from "./chat.js";
import { Vitrine } from "../realtime/client.js";
import { Composer } from "./composer.js";
import { announce } from "./connection.js";
import { pressing } from "./dialogs.js";
import { all, data, one } from "./dom.js";
import { localise } from "./format.js";
import { followKeyboard } from "./keyboard.js";
import { ownName } from "./name.js";
import { mendImages, Shelf } from "./products.js";
import { reactions } from "./reactions.js";
import { follow } from "./show.js";
import { Stage } from "./stage.js";

/** @import { Product } from "./messages.js" */

const show = data("show-facts");
const reader = data("reader-facts");
const client = new Vitrine();
const chat = new Chat(one("[data-chat]"), show, reader);
const shelf = new Shelf(data("product-facts"), ({ id: productId }) => {
  void client.send("track-product-click", { sessionId: show.id, productId, userId: reader.id }, { keep: false });
});
const stage = new Stage(client, show);

/** @param {Product | null} product */
function showcased(product) {
  stage.showcase(product);
  for (const item of all(".item")) {
    const shown = item.dataset.product === product?.id;
    item.classList.toggle("shown", shown);
    one(".tag", item).hidden = !shown;
  }
  if (!product) return;
  shelf.put(product);
  one(`.item[data-product="${product.id}"]`)?.scrollIntoView({ block: "nearest", inline: "start" });
}

const party = one("[data-party]");
pressing(party, one("[data-notice]"), async () => {
  const { sessionId } = await call("POST", `sessions/${show.id}/parties`, { userName: reader.name || ownName() });
  location.assign(`${party.dataset.party}${sessionId}/`);
});

const hand = document.querySelector("[data-hand]");
if (hand instanceof HTMLElement) {
  pressing(hand, one("[data-notice]"), async () => {
    const raised = hand.ariaPressed !== "true";
    const ack = await client.send("raise-hand", { sessionId: show.id, raised }, { keep: false });
    if (!ack.ok) throw new Error(ack.message);
    hand.ariaPressed = String(raised);
  });
}

localise();
mendImages();
followKeyboard();
announce(client);
chat.hear(client);
const form = document.querySelector("[data-composer]");
if (form instanceof HTMLFormElement) new Composer(form, chat, client);

follow(one("[data-show]"), client, chat, {
  status: (status) => stage.become(status),
  showcased,
  reactions: reactions(one("[data-reactions]"), one("[data-floats]"), client, show.id),
});
stage.see(one("[data-show]").dataset.status);
client.connect();
