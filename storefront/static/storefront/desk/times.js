// @ts-check
/** Moments as staff read them at a glance. */

import { clock } from "../common/format.js";

const DAY = 86_400_000; // ms

/** @param {string} iso */
export function day(iso) {
  return new Date(iso).toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" });
}

/** The time of what is from today, and else the day. @param {string} iso */
export function short(iso) {
  return isToday(iso) ? clock(iso) : day(iso);
}

/** @param {string} iso */
export function full(iso) {
  return `${day(iso)}, ${clock(iso)}`;
}

/** @param {string} iso */
export function isToday(iso) {
  return new Date(iso).toDateString() === new Date().toDateString();
}

/** How long something took, as a player shows it. @param {number} seconds */
export function lasted(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Until when one usually snoozes, from now on. @returns {[string, Date][]} */
export function usualEnds(now = new Date()) {
  const at = (/** @type {number} */ days, /** @type {number} */ hour) => {
    const moment = new Date(now.getTime() + days * DAY);
    moment.setHours(hour, 0, 0, 0);
    return moment;
  };
  const monday = ((8 - now.getDay()) % 7) || 7;
  return [
    ["In an hour", new Date(now.getTime() + 3_600_000)],
    ["In three hours", new Date(now.getTime() + 3 * 3_600_000)],
    ["Tomorrow morning", at(1, 9)],
    ["Next Monday", at(monday, 9)],
  ];
}
