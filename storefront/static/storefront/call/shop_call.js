// @ts-check
/** “Call the shop”: there while somebody of the shop is available, and what becomes of the call until it is taken. */

import { query, queryAll } from "../common/dom.js";
import { ownName } from "../common/name.js";
import { seatOf } from "../../signaling/seat.js";

/** @import { Ack, Vitrine } from "../../realtime/client.js" */

const RINGS = ["Calling the shop…", "It rings. They see and hear you once they have taken the call."];
const NOBODY = ["Nobody can take your call", "Everyone who takes calls is busy or away. Please try again later."];

/** @param {Vitrine} client that enters a show or the shop front @param {string} [sessionId] of the show */
export function offerCalls(client, sessionId) {
  const dialog = /** @type {HTMLDialogElement} */ (query("[data-shop-call]"));
  let callId = 0;
  let ringing = false;
  let forget = () => {};

  /** @param {string[]} words */
  const say = ([title, words]) => {
    query("[data-heading]", dialog).textContent = title;
    query("[data-words]", dialog).textContent = words;
    query("[data-give-up]", dialog).textContent = ringing ? "Cancel" : "Close";
    dialog.classList.toggle("pulsing", ringing);
  };

  /** @param {string[]} words */
  const end = (words) => {
    ringing = false;
    forget();
    say(words);
  };

  const giveUp = () => {
    if (ringing && callId) void client.send("cancel-shop-call", { callId });
    ringing = false;
    forget();
  };

  /** @param {Ack} ack */
  const entered = (ack) => {
    if (!ack.ok) return ringing ? end(ack.code === "unavailable" ? NOBODY : ["The call did not go through", ack.message ?? ""]) : undefined;
    callId = Number(ack.callId);
    return ringing ? undefined : void client.send("cancel-shop-call", { callId }); // given up before it was placed
  };

  /** The same tab sits down at the match as the one who has called. @param {string} matchId @param {string} userId */
  const go = (matchId, userId) => {
    ringing = false;
    forget();
    say(["The shop has taken your call", "One moment…"]);
    seatOf(matchId, null).keep({ userId, talking: true });
    location.assign(`${dialog.dataset.callPage}${encodeURIComponent(matchId)}/`);
  };

  /** @param {{ status: string, matchId: string | null, userId: string | null }} state */
  const catchUp = ({ status, matchId, userId }) => {
    if (matchId && userId) go(matchId, userId);
    else if (status !== "ringing") end(NOBODY);
  };

  /** @param {HTMLElement} button */
  const ring = (button) => {
    const sheet = button.closest("[data-product-dialog]");
    const productId = sheet instanceof HTMLElement ? sheet.dataset.shown : undefined;
    callId = 0;
    ringing = true;
    say(RINGS);
    dialog.showModal();
    forget = client.enter("call-shop", { name: dialog.dataset.name || ownName(), productId, sessionId }, {
      entered,
      resumed: (how) => how.recovered || catchUp(how.state),
    });
  };

  for (const button of queryAll("[data-call-shop]")) button.addEventListener("click", () => ring(button));
  query("[data-give-up]", dialog).addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", giveUp);
  client.on("shop-available", ({ available }) => {
    for (const button of queryAll("[data-call-shop]")) button.hidden = !available;
  });
  client.on("shop-call-accepted", (told) => ringing && go(told.matchId, told.userId));
  client.on("shop-call-ended", () => ringing && end(NOBODY));
}
