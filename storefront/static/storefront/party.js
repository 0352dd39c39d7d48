// @ts-check
/** The page of a party: shopping with friends. */

import { Together } from "../shopping/sdk.js";
import { announce } from "./connection.js";
import { all, data, one } from "./dom.js";
import { localise } from "./format.js";
import { followKeyboard } from "./keyboard.js";
import { ownName } from "./name.js";
import { tell } from "./news.js";
import { Basket } from "./party_basket.js";
import { PartyChat } from "./party_chat.js";
import { Floor } from "./party_floor.js";
import { invitation } from "./party_invitation.js";
import { People } from "./party_people.js";
import { pointers } from "./party_pointers.js";
import { screenShow } from "./party_show.js";
import { talk } from "./party_voice.js";
import { mendImages } from "./products.js";
import { floating, kinds } from "./reactions.js";

/** By the reason or, where one is not let back in, by its code. @type {Record<string, string>} */
const ENDINGS = {
  left: "You have left it; it goes on without you.",
  removed: "The host has removed you from it.",
  forbidden: "The host has removed you from it.",
  ended: "It was ended.",
};

const facts = data("party-facts");
const together = new Together({ server: location.origin });
const [door, over, room] = [one("[data-door]"), one("[data-over]"), one("[data-together]")];
const form = /** @type {HTMLFormElement} */ (one("[data-enter]"));
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
  one("h1", over).textContent = reason === "left" ? "Goodbye" : "This party is over for you";
  one("[data-words]", over).textContent = ENDINGS[code] ?? ENDINGS[reason] ?? "Everyone has left, or the link is not complete.";
  one("h1", over).focus();
}

function react() {
  const buttons = kinds(one("[data-reactions]"));
  const float = floating(one("[data-cheers]"), buttons);
  for (const [kind, button] of buttons) {
    button.addEventListener("click", () => {
      float(kind);
      together.sync("REACTION", { reaction: kind }).catch(() => {});
    });
  }
  together.on("REACTION", ({ reaction, sourceId }, { missed }) => missed || together.isMe(sourceId) || float(reaction));
}

function tabs() {
  const buttons = all("[data-tab]");
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
  const button = /** @type {HTMLButtonElement} */ (one("[type=submit]", form));
  button.disabled = true;
  one("[data-error]", form).textContent = "";
  ownName(name.value.trim());
  await enter(name.value.trim()).catch((error) => (one("[data-error]", form).textContent = error.message));
  button.disabled = false;
});

one("[data-leave]").addEventListener("click", () => void together.leave());
together.on("ended", ({ reason, code }) => leave(reason, code));
together.on("HOST_CHANGED", ({ userId }, { missed }) => missed || !together.isMe(userId) || tell("You are the host now"));

localise();
mendImages();
followKeyboard();
announce(together);
name.value ||= ownName();
one("[type=submit]", form).removeAttribute("disabled"); // until now nobody would have heard it

const before = together.remembered;
if (before && before.sessionId === facts.sessionId) {
  door.hidden = true;
  enter(before.userName).catch(({ code }) => leave("gone", code));
} else name.focus();
