// @ts-check
/** The form in which a seller describes a product, new or known. */

import { call } from "../common/api.js";
import { FormDialog } from "../common/dialogs.js";
import { query } from "../common/dom.js";

/** @import { Product } from "../common/messages.js" */

export class ProductForm {
  #form = new FormDialog("[data-product-form]");

  /**
   * @param {Product | null} product null for a new one
   * @param {(saved: Product) => unknown} saved
   */
  open(product, saved) {
    const { dialog, form } = this.#form;
    query("[data-heading]", dialog).textContent = product ? "Change product" : "New product";
    form.reset();
    if (product) fill(form, product);
    this.#form.open(async (values) => {
      const path = product ? `products/${product.id}` : "products";
      await saved(await call(product ? "PUT" : "POST", path, fieldsOf(values)));
    });
  }

  /** Offers the categories that are in use. @param {Iterable<string>} categories */
  suggest(categories) {
    const list = query("#product-form-categories");
    list.replaceChildren(...[...new Set(categories)].sort().map((category) => new Option("", category)));
  }
}

/** @param {HTMLFormElement} form @param {Product} product */
function fill(form, product) {
  for (const name of /** @type {const} */ (["name", "price", "originalPrice", "category", "description", "imageUrl", "url", "sku", "stock"])) {
    /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = String(product[name] ?? "");
  }
  /** @type {HTMLInputElement} */ (form.elements.namedItem("inStock")).checked = product.inStock;
}

/** @param {FormData} values */
function fieldsOf(values) {
  const text = (/** @type {string} */ name) => String(values.get(name) ?? "").trim();
  const amount = (/** @type {string} */ name) => text(name).replace(",", ".") || null;
  return {
    name: text("name"),
    description: text("description"),
    category: text("category"),
    price: amount("price"),
    originalPrice: amount("originalPrice"),
    imageUrl: text("imageUrl") || null,
    url: text("url") || null,
    sku: text("sku") || null,
    stock: text("stock") ? Number(text("stock")) : null,
    inStock: values.has("inStock"),
  };
}
