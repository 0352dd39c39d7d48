// @ts-check
/**
 * Goods of a show in a frame: what is chosen goes into the cart of the page around it, or leads to the shop's own page. The page
 * hears what is looked at and taken in the words of GA4's e-commerce.
 */

import { guestHeaders } from "../../realtime/guest.js";
import { inForm } from "../common/choice.js";
import { query } from "../common/dom.js";
import { decimals } from "../common/format.js";
import { handOver } from "../common/offer.js";
import { Cart } from "./cart.js";

/** @import { Place } from "../common/bag.js" */
/** @import { Product, Variant } from "../common/messages.js" */
/** @import { Abilities, Host } from "./host.js" */

/** A product as GA4 has it. @param {Product} product @param {Variant | null} variant @param {string} showId */
function itemOf(product, variant, showId) {
  return {
    item_id: variant?.sku ?? product.sku ?? product.id,
    item_name: product.name,
    ...(variant ? { item_variant: variant.name } : {}),
    item_category: product.category,
    item_list_id: showId,
    price: Number(inForm(product, variant).price),
    quantity: 1,
  };
}

/** A product in one of its forms, as embed.d.ts says. @param {Product} product @param {Variant | null} variant */
function handed(product, variant) {
  const shown = inForm(product, variant);
  return {
    productId: product.id,
    sku: variant?.sku ?? product.sku ?? "",
    variantId: variant?.id ?? null,
    name: product.name,
    variant: variant?.name ?? "",
    options: Object.fromEntries((variant?.options ?? []).map(({ name, value }) => [name, value])),
    quantity: 1,
    price: Number(shown.price),
    currency: shown.currency ?? document.documentElement.dataset.currency ?? "",
    imageUrl: shown.imageUrl,
  };
}

/**
 * The reference that goes along, and the page in the shop; throws where it cannot be had at the price that is seen.
 * @param {Product} product @param {Variant | null} variant @param {Place} place @param {"cart" | "page"} to
 * @returns {Promise<{ reference: string, url: string }>}
 */
async function referred(product, variant, { sessionId, atMs }, to) {
  const shown = inForm(product, variant);
  const price = Math.round(Number(shown.price) * 10 ** decimals(shown.currency));
  const asked = new URLSearchParams({ product: product.id, price: String(price), show: sessionId ?? "", to });
  if (variant) asked.set("variant", variant.id);
  if (atMs !== undefined) asked.set("at", String(atMs));
  const answer = await fetch(`goods?${asked}`, { headers: await guestHeaders(location.origin), credentials: "omit" });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error ?? "It cannot be had just now. Please try again.");
  return said;
}

/** @param {Host | null} host @param {string} showId */
export function carried(host, showId) {
  const cart = host && new Cart(host);
  /** @param {string} name @param {Product} product @param {Variant | null} [variant] */
  const tell = (name, product, variant = null) => {
    const items = [itemOf(product, variant, showId)];
    host?.tell("event", { name, ecommerce: { currency: product.currency, value: items[0]?.price, items } });
  };

  document.addEventListener("vitrine-product", (event) => {
    const product = /** @type {CustomEvent<Product>} */ (event).detail;
    tell("select_item", product);
    tell("view_item", product);
  });
  handOver("buy", async (product, variant, place) => {
    const { url } = await referred(product, variant, place, "page");
    if (host) host.tell("follow", { url });
    else open(url, "_blank", "noopener");
  });
  if (!host || !cart) return;
  handOver("bag", async (product, variant, place) => {
    const item = { ...handed(product, variant), ...(await referred(product, variant, place, "cart")), showId };
    const { ok, message, cart: now } = await host.ask("add", item);
    if (!ok) throw new Error(message || "The shop could not put it into your cart.");
    tell("add_to_cart", product, variant);
    cart.draw(now);
  });

  /** @param {Abilities} abilities */
  const able = (abilities) => {
    document.documentElement.toggleAttribute("data-shops-cart", abilities.add);
    cart.become(abilities);
  };
  able(host.greeting.cart);
  host.on("cart", ({ cart: abilities }) => able(abilities));
  query("[data-product-dialog]").addEventListener("close", () => query("[data-bagged]").hidden = true);
}
