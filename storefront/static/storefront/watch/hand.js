// @ts-check
/** Raising a hand: the button stays pressed for as long as the hand is up. */

import { pressing } from "../common/dialogs.js";
import { query } from "../common/dom.js";

/** @import { Vitrine } from "../../realtime/client.js" */

/** Returns what lowers it when the show is over. @param {Vitrine} client @param {string} sessionId */
export function raising(client, sessionId) {
  const hand = document.querySelector("[data-hand]"); // absent where the reader may not write
  if (!(hand instanceof HTMLElement)) return () => {};
  pressing(hand, query("[data-notice]"), async () => {
    const raised = hand.ariaPressed !== "true";
    const ack = await client.send("raise-hand", { sessionId, raised }, { keep: false });
    if (!ack.ok) throw new Error(ack.message);
    hand.ariaPressed = String(raised);
  });
  return () => void (hand.ariaPressed = "false");
}
