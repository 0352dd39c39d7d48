// @ts-check
/** The field for a show's time zone: the browser's own unless the show has one, and all others to choose from. */

import { query } from "../common/dom.js";

export function offerZones() {
  const field = /** @type {HTMLInputElement} */ (query("#show-form-zone"));
  const zones = Intl.supportedValuesOf("timeZone");
  query("#show-form-zones").replaceChildren(...zones.map((zone) => new Option(zone, zone)));
  if (!field.defaultValue) field.defaultValue = Intl.DateTimeFormat().resolvedOptions().timeZone;
}
