// @ts-check
/** Prices and times as the reader's own language writes them; the server sends plain values. */

/**
 * @param {string | number} amount in the currency's main unit
 * @param {string} [currency]
 */
export function money(amount, currency) {
  const style = { style: "currency", currency: currency || document.documentElement.dataset.currency };
  return new Intl.NumberFormat(undefined, /** @type {Intl.NumberFormatOptions} */ (style)).format(Number(amount));
}

/** How many decimals the currency has. @param {string} [currency] */
export function decimals(currency) {
  const style = { style: "currency", currency: currency || document.documentElement.dataset.currency };
  return new Intl.NumberFormat("en", /** @type {Intl.NumberFormatOptions} */ (style)).resolvedOptions().maximumFractionDigits ?? 2;
}

/** @param {string} iso */
export function clock(iso) {
  return new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

/** @param {string} iso */
export function day(iso) {
  return new Date(iso).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

/** @param {number} count */
export function tally(count) {
  return new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 }).format(count);
}

/**
 * Rewrites the server's plain `<data class="money">` and `<time>` elements below `root`.
 * @param {ParentNode} root
 */
export function localise(root = document) {
  for (const element of root.querySelectorAll("data.money")) {
    const { value, dataset } = /** @type {HTMLDataElement} */ (element);
    element.textContent = money(value, dataset.currency);
  }
  for (const element of root.querySelectorAll("time[datetime]")) {
    element.textContent = day(/** @type {HTMLTimeElement} */ (element).dateTime);
  }
}
