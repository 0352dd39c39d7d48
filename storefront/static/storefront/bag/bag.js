// @ts-check
/** The page of one's own bag: how many of each, prices that have changed, and the way to where each is bought. */

import { call } from "../common/api.js";
import { counted, reviseBag } from "../common/bag.js";
import { clone, data, query } from "../common/dom.js";
import { money } from "../common/format.js";
import { drawGoods, mendImages } from "../common/products.js";
import { followShop } from "../common/shopfront.js";

/** @import { Bag, BagItem } from "../common/messages.js" */

const root = query("[data-bag]");
const rows = query("[data-lines]", root);
const trouble = query("[data-trouble]", root);
const clear = query("[data-clear]", root);
/** @type {Map<number, HTMLElement>} */ const lines = new Map();
const facts = data("bag-facts");
/** @type {Bag} */ let bag = facts;

/** @param {number} minor */
const price = (minor) => money(minor / 10 ** facts.digits, bag.currency);

/** @param {Bag} now */
function draw(now) {
  bag = counted(now);
  const ids = new Set(bag.items.map(({ id }) => id));
  for (const [id, line] of lines) if (!ids.has(id)) line.remove(), lines.delete(id);
  for (const item of bag.items) drawLine(item);
  query("[data-empty]", root).hidden = bag.count > 0;
  query("[data-grand]", root).hidden = clear.hidden = bag.count === 0;
  query("[data-total]", root).textContent = price(bag.total);
}

/** @param {BagItem} item */
function drawLine(item) {
  const line = lines.get(item.id) ?? newLine(item);
  const part = (/** @type {string} */ name) => query(`[data-${name}]`, line);
  const name = item.variantName ? `${item.name}, ${item.variantName}` : item.name;
  drawGoods(part("goods"), { id: item.productId, name: item.name, imageUrl: item.imageUrl });
  part("name").textContent = item.name;
  part("variant").textContent = item.variantName ?? "";
  part("qty").textContent = String(item.qty);
  part("sum").textContent = price(item.lineTotal);
  part("sold-out").hidden = item.inStock;
  part("repriced").hidden = item.priceBefore === null;
  part("before").textContent = item.priceBefore === null ? "" : price(item.priceBefore);
  part("now").textContent = price(item.unitPrice);
  query(".stepper", line).ariaLabel = `How many of ${name}`;
  part("less").ariaLabel = item.qty > 1 ? `One ${name} less` : `Take ${name} out`;
  part("more").ariaLabel = `One ${name} more`;
  const buy = /** @type {HTMLAnchorElement} */ (part("buy"));
  buy.hidden = item.buyUrl === null;
  buy.href = item.buyUrl ?? "";
  part("buy-what").textContent = ` ${name} in the seller’s shop, in a new tab`;
}

/** @param {BagItem} item */
function newLine({ id }) {
  const line = clone("bag-line");
  const now = () => bag.items.find((item) => item.id === id);
  /** @param {string} button @param {(item: BagItem) => { qty?: number, price?: number }} change */
  const press = (button, change) =>
    query(`[data-${button}]`, line).addEventListener("click", () => {
      const item = now();
      if (item) void act(() => reviseBag(id, change(item)));
    });
  press("less", ({ qty }) => ({ qty: qty - 1 }));
  press("more", ({ qty }) => ({ qty: qty + 1 }));
  press("confirm-price", ({ unitPrice }) => ({ price: unitPrice }));
  lines.set(id, line);
  rows.append(line);
  return line;
}

/** @param {() => Promise<Bag>} change */
async function act(change) {
  trouble.textContent = "";
  try {
    draw(await change());
    query("[data-said]", root).textContent = `${bag.count} in your bag, ${price(bag.total)} together`;
  } catch (error) {
    trouble.textContent = /** @type {Error} */ (error).message;
    if (/** @type {any} */ (error).status) draw(await call("GET", "bag"));
  }
}

/** @param {{ id: string }} product */
function changed({ id }) {
  if (bag.items.some(({ productId }) => productId === id)) void act(() => call("GET", "bag"));
}

clear.addEventListener("click", () => void act(() => call("DELETE", "bag")));
draw(bag);
mendImages();
followShop({ changed, others: () => void act(() => call("GET", "bag")) });
