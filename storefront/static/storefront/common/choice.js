// @ts-check
/** Choosing the form of a product: a list for each option, and the variant that the chosen values make. */

/** @import { Product, Variant } from "./messages.js" */

export class Choice {
  /** @type {Product | null} */ #product = null;
  /** @type {HTMLSelectElement[]} */ #lists = [];

  /** @param {HTMLElement} place that the lists are drawn in @param {() => void} changed is called when another is chosen */
  constructor(place, changed) {
    this.place = place;
    place.addEventListener("change", () => (this.#mark(), changed()));
  }

  /** The variant that is chosen; undefined where there is none of these values, null where the product has no variants. */
  get variant() {
    const variants = this.#product?.variants ?? [];
    if (!variants.length) return null;
    const values = this.#lists.map(({ value }) => value);
    return variants.find(({ options }) => options.every(({ value }, place) => value === values[place]));
  }

  /** What was chosen stays chosen while it is the same product. @param {Product} product */
  draw(product) {
    const before = this.#product?.id === product.id ? this.#lists.map(({ value }) => value) : [];
    this.#product = product;
    const variants = product.variants ?? [];
    const first = variants.find(({ inStock }) => inStock) ?? variants[0];
    const names = first?.options.map(({ name }) => name) ?? [];
    if (names.join() !== this.place.dataset.names) this.#lay(names);
    this.#lists.forEach((list, place) => {
      const values = [...new Set(variants.map(({ options }) => options[place]?.value ?? ""))];
      list.replaceChildren(...values.map((value) => new Option(value, value)));
      const chosen = values.includes(before[place] ?? "") ? before[place] : first?.options[place]?.value;
      list.value = chosen ?? "";
    });
    this.#mark();
  }

  /** @param {string[]} names */
  #lay(names) {
    this.place.dataset.names = names.join();
    this.place.hidden = !names.length;
    this.#lists = names.map(() => document.createElement("select"));
    this.place.replaceChildren(...names.map((name, place) => {
      const label = document.createElement("label");
      const words = document.createElement("bdi");
      words.textContent = name;
      label.append(words, this.#lists[place] ?? "");
      return label;
    }));
  }

  /** Says of each value whether it is sold out, together with the values that are chosen of the others. */
  #mark() {
    const chosen = this.#lists.map(({ value }) => value);
    this.#lists.forEach((list, place) => {
      for (const option of list.options) {
        const values = chosen.map((value, other) => (other === place ? option.value : value));
        const variant = this.#find(values);
        option.text = variant?.inStock ? option.value : `${option.value} (${variant ? "sold out" : "not made"})`;
      }
    });
  }

  /** @param {string[]} values */
  #find(values) {
    return this.#product?.variants?.find(({ options }) => options.every(({ value }, place) => value === values[place]));
  }
}

/** A product as it is in one of its forms. @param {Product} product @param {Variant | null | undefined} variant @returns {Product} */
export function inForm(product, variant) {
  if (variant === null) return product;
  if (variant === undefined) return { ...product, inStock: false };
  return {
    ...product,
    price: variant.price ?? product.price,
    originalPrice: variant.price === null ? product.originalPrice : null,
    inStock: variant.inStock,
    url: variant.url ?? product.url,
    imageUrl: variant.imageUrl ?? product.imageUrl,
  };
}
