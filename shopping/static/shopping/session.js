// @ts-check
/** A party as it is now: what it was, and what has been told since. */

/** @import { Session } from "./messages.js" */

/** What changes it. */
export const CHANGES = ["PARTICIPANT_JOINED", "PARTICIPANT_LEFT", "HOST_CHANGED", "CART_STATE", "VOTE_STATE"];

/**
 * @param {Session} session
 * @param {string} type
 * @param {any} told
 * @returns {Session}
 */
export function after(session, type, told) {
  const others = session.participants.filter(({ userId }) => userId !== told.userId);
  switch (type) {
    case "PARTICIPANT_JOINED":
      return { ...session, participants: [...others, told] };
    case "PARTICIPANT_LEFT":
      return { ...session, participants: others };
    case "HOST_CHANGED":
      return { ...session, host: told.userId };
    case "CART_STATE":
      return { ...session, cart: told };
    case "VOTE_STATE":
      return { ...session, votes: [...session.votes.filter(({ productId }) => productId !== told.productId), told] };
    default:
      return session;
  }
}
