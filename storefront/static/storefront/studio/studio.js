// @ts-check
/** The studio's front: one's shows and one's products. */

import { call } from "../common/api.js";
import { confirmed, FormDialog, pressing } from "../common/dialogs.js";
import { countDown } from "../common/countdown.js";
import { clone, data, query } from "../common/dom.js";
import { localise, money } from "../common/format.js";
import { ProductForm } from "./product_form.js";
import { offerZones } from "./zones.js";
import { drawGoods, mendImages } from "../common/products.js";

/** @import { Product } from "../common/messages.js" */

/** @type {Map<string, Product>} */
const products = new Map(data("product-facts").map((/** @type {Product} */ product) => [product.id, product]));
const productForm = new ProductForm();
const showForm = new FormDialog("[data-show-form]");
const trouble = query("[data-trouble]");

/** @param {Product} product */
function row(product) {
  const element = clone("product-row");
  drawGoods(query("[data-goods]", element), product);
  query("[data-name]", element).textContent = product.name;
  query("[data-price]", element).textContent = money(product.price, product.currency);
  query("[data-category]", element).textContent = product.category;
  query("[data-sold-out]", element).hidden = product.inStock;
  const [edit, remove] = [query("[data-edit]", element), query("[data-delete]", element)];
  edit.setAttribute("aria-label", `Change ${product.name}`);
  edit.addEventListener("click", () => productForm.open(product, keep));
  remove.setAttribute("aria-label", `Delete ${product.name}`);
  pressing(remove, trouble, async () => {
    if (!(await confirmed(`Delete ${product.name}? It vanishes from every show.`, "Delete"))) return;
    await call("DELETE", `products/${product.id}`);
    products.delete(product.id);
    draw();
  });
  return element;
}

/** @param {Product} product */
function keep(product) {
  const known = products.has(product.id);
  if (known) products.set(product.id, product);
  else replaceAll([product, ...products.values()]);
  draw();
}

/** @param {Product[]} list */
function replaceAll(list) {
  products.clear();
  for (const product of list) products.set(product.id, product);
}

function draw() {
  query("[data-rows]").replaceChildren(...[...products.values()].map(row));
  query("[data-none]").hidden = products.size > 0;
  productForm.suggest([...products.values()].map(({ category }) => category));
}

function offerProducts() {
  const choices = [...products.values()].map((product) => {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "productIds", value: product.id });
    label.className = "check";
    label.append(box, product.name);
    return label;
  });
  query("[data-choices]").replaceChildren(...choices);
  query("[data-choose]").hidden = choices.length === 0;
}

query("[data-new-product]").addEventListener("click", () => productForm.open(null, keep));
query("[data-new-show]").addEventListener("click", () => {
  showForm.form.reset();
  offerProducts();
  showForm.open(async (values) => {
    const { productIds: _, ...words } = Object.fromEntries(values);
    const show = await call("POST", "sessions", { ...words, productIds: values.getAll("productIds") });
    location.assign(`/studio/${show.id}/`);
  });
});

localise();
countDown();
mendImages();
offerZones();
draw();
