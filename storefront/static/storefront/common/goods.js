// @ts-check
/** The picture of a product, or its initial. */

import { initial, tint } from "./dom.js";

/** @import { Product } from "./messages.js" */

/** @param {HTMLElement} frame @param {Pick<Product, "id" | "name" | "imageUrl">} product */
export function drawGoods(frame, product) {
  frame.className = `goods ${tint(product.id)}`;
  const letter = initial(product.name);
  if (!product.imageUrl) return drawInitial(frame, letter);
  const image = new Image();
  image.alt = "";
  image.dataset.initial = letter;
  image.src = product.imageUrl;
  frame.replaceChildren(image);
}

/** @param {Element} frame @param {string} letter */
export function drawInitial(frame, letter) {
  const element = document.createElement("span");
  element.className = "initial";
  element.textContent = letter;
  element.setAttribute("aria-hidden", "true");
  frame.replaceChildren(element);
}
