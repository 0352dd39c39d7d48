// @ts-check
/** The page of a show for those who watch it. */

import { Chat } from "./chat.js";
import { Vitrine } from "./client.js";
import { Composer } from "./composer.js";
import { announce } from "./connection.js";
import { all, data, one } from "./dom.js";
import { localise, money } from "./format.js";
import { followKeyboard } from "./keyboard.js";
import { drawGoods, mendImages, Shelf } from "./products.js";
import { reactions } from "./reactions.js";
import { follow } from "./show.js";

/** @import { Product } from "./messages.js" */

const NEWS = { live: "The show is live", paused: "The show is paused", ended: "The show is over" };

const show = data("show-facts");
const reader = data("reader-facts");
const client = new Vitrine();
const chat = new Chat(one("[data-chat]"), show, reader);
const shelf = new Shelf(data("product-facts"), ({ id: productId }) => {
  void client.send("track-product-click", { sessionId: show.id, productId, userId: reader.id });
});
const spotlight = one("[data-spotlight]");

/** @param {Product | null} product */
function showcased(product) {
  spotlight.hidden = !product;
  for (const item of all(".item")) {
    const shown = item.dataset.product === product?.id;
    item.classList.toggle("shown", shown);
    one(".tag", item).hidden = !shown;
  }
  if (!product) return;
  shelf.put(product);
  spotlight.dataset.product = product.id;
  drawGoods(one("[data-goods]", spotlight), product);
  one("[data-name]", spotlight).textContent = product.name;
  one("[data-price]", spotlight).textContent = money(product.price, product.currency);
  one(`.item[data-product="${product.id}"]`)?.scrollIntoView({ block: "nearest", inline: "start" });
}

localise();
mendImages();
followKeyboard();
announce(client);
chat.hear(client);
const form = document.querySelector("[data-composer]");
if (form instanceof HTMLFormElement) new Composer(form, chat, client);

follow(one("[data-show]"), client, chat, {
  status: (status) => (one("[data-said]").textContent = NEWS[/** @type {keyof typeof NEWS} */ (status)] ?? ""),
  showcased,
  reactions: reactions(one("[data-reactions]"), one("[data-floats]"), client, show.id),
});
client.connect();
