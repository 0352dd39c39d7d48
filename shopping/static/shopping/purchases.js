// @ts-check
/**
 * What a shop's own pages report of checkouts and purchases, so that a show learns what it has sold. No picture and no
 * cookie of others: one request, as the guest who has watched, or as the account whose `token` is given.
 *
 *     import { reportCheckout, reportPurchase } from "https://vitrine.example/static/shopping/purchases.js";
 *
 *     await reportCheckout({ items: [{ productId }] });
 *     await reportPurchase({ orderId: "1001", currency: "EUR", value: 1990, items: [{ productId, quantity: 2, price: 995 }] });
 *
 * Amounts are integers of minor units. What a page says counts as reported until the shop's server confirms it, signed.
 */

import { guestHeaders } from "../realtime/guest.js";
import { Refused } from "./refused.js";

/** @import { Basket, Reported, ReportedPurchase, Reporting } from "./messages.js" */

/**
 * Says that the visitor begins to pay.
 * @param {Basket} [basket]
 * @param {Reporting} [how]
 * @returns {Promise<void>}
 */
export async function reportCheckout(basket = {}, how) {
  await post("checkouts", basket, how);
}

/**
 * Says that the visitor has bought something. An order that was reported before stays as it was.
 * @param {ReportedPurchase} purchase
 * @param {Reporting} [how]
 * @returns {Promise<Reported>}
 */
export async function reportPurchase(purchase, how) {
  return (await post("reports", purchase, how)).data;
}

/**
 * @param {string} path
 * @param {object} body
 * @param {Reporting} [how]
 * @returns {Promise<any>}
 */
async function post(path, body, { server = new URL(import.meta.url).origin, token } = {}) {
  const answer = await fetch(`${server}/api/purchases/${path}`, {
    method: "POST",
    keepalive: true, // the page may be left at once
    headers: {
      "Content-Type": "application/json",
      ...(await guestHeaders(server)),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused({ ok: false, code: String(answer.status), message: said.message, retryAfter: said.retryAfter });
  return said;
}
