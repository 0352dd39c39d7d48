// @ts-check
/** The page of a party: shopping with friends. */

import { Together } from "../../shopping/sdk.js";
import { announce } from "../common/connection.js";
import { data, query, queryAll } from "../common/dom.js";
import { localise } from "../common/format.js";
import { followKeyboard } from "../common/keyboard.js";
import { ownName } from "../common/name.js";
import { toast } from "../common/toast.js";
import { Basket } from "./basket.js";
import { PartyChat } from "./chat.js";
import { Floor } from "./floor.js";
import { invitation } from "./invitation.js";
import { People } from "./people.js";
import { pointers } from "./pointers.js";
import { screenShow } from "./show.js";
import { talk } from "./voice.js";
import { mendImages } from "../common/products.js";
import { followShop } from "../common/shopfront.js";
import { floating, kinds } from "../show/reactions.js";

/** By the reason or, where one is not let back in, by its code. @type {Record<string, string>} */
const ENDINGS = {
  left: "You have left it; it goes on without you.",
  removed: "The host has removed you from it.",
  forbidden: "The host has removed you from it.",
  ended: "It was ended.",
};

const facts = data("party-facts");
const together = new Together({ server: location.origin });
const [door, over, room] = [query("[data-door]"), query("[data-over]"), query("[data-together]")];
const form = /** @type {HTMLFormElement} */ (query("[data-enter]"));
const name = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"));

const floor = new Floor(together, data("product-facts"));
const chat = new PartyChat(together);
const invite = invitation(facts.home);
new People(together);
new Basket(together, facts.digits);
talk(together);
pointers(together);
screenShow();
react();
tabs();

/** @param {string} userName */
async function enter(userName) {
  if (facts.sessionId) {
    chat.begin(facts.sessionId); // what was missed is added to what was kept
    await together.join(facts.sessionId, { userName });
  } else {
    Object.assign(facts, await together.create({ userName }));
    chat.begin(facts.sessionId);
    history.replaceState(null, "", `${facts.home}${facts.sessionId}/${location.hash}`);
  }
  door.hidden = true;
  room.hidden = false;
  chat.read();
  floor.begin();
  invite(facts.sessionId, facts.inviteLink);
}

/** @param {string} reason @param {string} [code] */
function leave(reason, code = "") {
  door.hidden = room.hidden = true;
  over.hidden = false;
  query("h1", over).textContent = reason === "left" ? "Goodbye" : "This party is over for you";
  query("[data-words]", over).textContent = ENDINGS[code] ?? ENDINGS[reason] ?? "Everyone has left, or the link is not complete.";
  query("h1", over).focus();
}

function react() {
  const buttons = kinds(query("[data-reactions]"));
  const float = floating(query("[data-cheers]"), buttons);
  for (const [kind, button] of buttons) {
    button.addEventListener("click", () => {
      float(kind);
      together.sync("REACTION", { reaction: kind }).catch(() => {});
    });
  }
  together.on("REACTION", ({ reaction, sourceId }, { missed }) => missed || together.isMe(sourceId) || float(reaction));
}

function tabs() {
  const buttons = queryAll("[data-tab]");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      room.dataset.panel = button.dataset.tab;
      for (const each of buttons) each.ariaCurrent = each === button ? "true" : null;
      if (button.dataset.tab === "chat") chat.read();
    });
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (query("[type=submit]", form));
  button.disabled = true;
  query("[data-error]", form).textContent = "";
  ownName(name.value.trim());
  await enter(name.value.trim()).catch((error) => (query("[data-error]", form).textContent = error.message));
  button.disabled = false;
});

query("[data-leave]").addEventListener("click", () => void together.leave());
together.on("ended", ({ reason, code }) => leave(reason, code));
together.on("HOST_CHANGED", ({ userId }, { missed }) => missed || !together.isMe(userId) || toast("You are the host now"));

localise();
mendImages();
followKeyboard();
announce(together);
followShop({ changed: (product) => floor.put(product) });
name.value ||= ownName();
query("[type=submit]", form).removeAttribute("disabled"); // until now nobody would have heard it

const before = together.remembered;
if (before && before.sessionId === facts.sessionId) {
  door.hidden = true;
  enter(before.userName).catch(({ code }) => leave("gone", code));
} else name.focus();
