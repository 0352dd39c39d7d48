// @ts-check
/** What the shop knows of the customer: their shows, cart, clicks, purchases and recordings, and their other conversations. */

import { clone, query } from "../common/dom.js";
import { money } from "../common/format.js";
import { lasted, short } from "./times.js";

/**
 * @typedef {object} Fact
 * @property {string} words
 * @property {string} [url]
 * @property {string} [at]
 * @property {number} [seconds] how long it lasted
 * @property {number} [count]
 * @property {string} [price] in the main unit of `currency`
 * @property {string} [currency]
 */
/** @typedef {{ id: string, status: string, excerpt: string, at: string }} Other a conversation of the same customer */
/**
 * @typedef {object} Known what the page's own address says of a customer; what the reader may not see is left out
 * @property {string} email
 * @property {Fact[]} origin
 * @property {Other[]} others
 * @property {Fact[]} [shows]
 * @property {Fact[]} [cart]
 * @property {Fact[]} [clicks]
 * @property {Fact[]} [purchases]
 * @property {Fact[]} [recordings]
 */

/** @param {HTMLElement} place @param {Known} known */
export function drawFacts(place, { email, origin, others, shows, cart, clicks, purchases, recordings }) {
  const mail = email ? [{ words: email, url: `mailto:${email}` }] : [];
  const spoken = others.map(({ id, status, excerpt, at }) => ({ words: excerpt || status, url: `#${id}`, at }));
  /** @type {[string, Fact[] | undefined][]} */
  const lists = [
    ["E-mail", mail],
    ["Came from", origin],
    ["Cart", cart],
    ["Shows watched", shows],
    ["Products looked at", clicks],
    ["Purchases", purchases],
    ["Recordings", recordings],
    ["Other conversations", spoken],
  ];
  const shown = /** @type {[string, Fact[]][]} */ (lists.filter(([, facts]) => facts?.length));
  place.replaceChildren(...shown.map(([heading, facts]) => list(heading, facts)));
}

/** @param {string} heading @param {Fact[]} facts */
function list(heading, facts) {
  const element = clone("fact-list");
  query("[data-heading]", element).textContent = heading;
  query("ul", element).replaceChildren(...facts.map(drawFact));
  return element;
}

/** @param {Fact} fact */
function drawFact({ words, url, at, seconds, count, price, currency }) {
  const element = clone("fact");
  const link = /** @type {HTMLAnchorElement} */ (query("[data-link]", element));
  query("[data-words]", element).textContent = words;
  if (url) link.href = url;
  else link.replaceWith(...link.childNodes);
  if (url && !/^(#|mailto:)/.test(url)) link.target = "_blank";
  const more = [
    count ? `× ${count}` : "",
    price ? money(price, currency) : "",
    at ? short(at) : "",
    seconds ? lasted(seconds) : "",
  ];
  query("[data-more]", element).textContent = more.filter(Boolean).join(" · ");
  return element;
}
