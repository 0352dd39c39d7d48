// @ts-check
/** The seats of this tab: kept while it lives, so that a page loaded again sits where it sat, and another tab does not. */

/** @import { Seat } from "./registration.js" */

/**
 * A guest who logs in sits where they sat as a guest.
 * @param {string} matchId
 * @param {number | null} userId of who is logged in; a guest gets a made-up one
 */
export function seatOf(matchId, userId) {
  const place = `seat:${matchId}`;
  return {
    /** @returns {Seat} */
    read: () => {
      const kept = JSON.parse(sessionStorage.getItem(place) ?? "null");
      const own = kept?.userId?.startsWith("guest-") || (kept && kept.userId === String(userId));
      return own ? kept : { userId: userId === null ? `guest-${random()}` : String(userId) };
    },
    /** Takes a seat that is reserved, unless this tab has sat down already. @param {Seat} seat */
    take: (seat) => sessionStorage.getItem(place) ?? sessionStorage.setItem(place, JSON.stringify(seat)),
    /** @param {Seat} seat */
    keep: (seat) => sessionStorage.setItem(place, JSON.stringify(seat)),
  };
}

/** Unlike crypto.randomUUID this also works on plain http, as in a shop tried out on the local network. */
const random = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
