// @ts-check
/** How long it is until a show begins, counted down before the reader's eyes; after that, that it is late. */

import { queryAll } from "./dom.js";

const SECOND = 1_000;
const UNITS = /** @type {const} */ ([["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]]);
const SHOWN = 2; // units: "2 days 3 hours", "59 seconds"

/**
 * @param {number} seconds until it begins
 * @returns {string} such as "in 2 days 3 hours"
 */
export function left(seconds) {
  if (seconds <= 0) return "Starts late";
  const begin = Math.max(0, UNITS.findIndex(([, length]) => seconds >= length));
  let rest = seconds;
  const parts = UNITS.slice(begin, begin + SHOWN).map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count ? new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay: "long" }).format(count) : "";
  });
  return `Starts in ${parts.filter(Boolean).join(" ")}`;
}

/** Draws all that are on the page now, once a second from now on; elements may come and go, and be given another time. */
export function countDown() {
  const draw = () => {
    for (const place of queryAll("[data-countdown]")) {
      const { countdown } = place.dataset;
      const words = countdown ? left(Math.floor((Date.parse(countdown) - Date.now()) / SECOND)) : "";
      if (place.textContent !== words) place.textContent = words;
    }
    setTimeout(draw, SECOND - (Date.now() % SECOND));
  };
  draw();
}
