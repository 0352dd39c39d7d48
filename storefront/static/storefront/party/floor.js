// @ts-check
/** The shop floor of a party: what one looks at, who looks at it too, votes on it, and following the host. */

import { call } from "../common/api.js";
import { Choice, inForm } from "../common/choice.js";
import { bdi, clone, query, queryAll } from "../common/dom.js";
import { money } from "../common/format.js";
import { toast, toastError } from "../common/toast.js";
import { drawFace, listed, lookOf, nameOf } from "./faces.js";
import { drawGoods, drawTile } from "../common/products.js";

/** @import { Product } from "../common/messages.js" */
/** @import { Together } from "../../shopping/sdk.js" */

const ADDED = 1_500; // ms that a button says so

export class Floor {
  /** @type {Map<string, Product>} */ #products;
  /** @type {Map<string, string>} */ #places = new Map(); // what each of the others looks at; "" is all of it
  #here = "";
  #following = true;
  #together;

  /** @param {Together} together @param {Product[]} products */
  constructor(together, products) {
    this.#together = together;
    this.#products = new Map(products.map((product) => [product.id, product]));
    this.floor = query("[data-floor]");
    this.looking = query("[data-looking]");
    this.follow = query("[data-follow]");
    this.choice = new Choice(query("[data-choices]", this.looking), () => this.#drawForm());
    for (const place of queryAll("[data-acts]", this.floor)) place.replaceWith(clone("acts"));
    this.floor.addEventListener("click", (event) => this.#pressed(event));
    this.follow.addEventListener("click", () => this.#toggle());
    addEventListener("hashchange", () => void this.#go(location.hash.slice(1), { tells: true }));
    this.#hear();
  }

  #hear() {
    this.#together.on("NAVIGATE", ({ sourceId, productId, shown }, { missed }) => {
      if (this.#together.isMe(sourceId)) return;
      this.#places.set(sourceId, productId ?? "");
      this.#drawLookers();
      if (!missed) this.#led(sourceId, productId ?? "", Boolean(shown));
    });
    this.#together.on("PARTICIPANT_LEFT", ({ userId }) => this.#places.delete(userId) && this.#drawLookers());
    this.#together.on("PARTICIPANT_JOINED", (_, { missed }) => !missed && this.#together.isHost && this.#remind());
    this.#together.on("resumed", () => (this.#remind(), this.#catchUp()));
    this.#together.on("state", () => this.#draw());
  }

  /** Goes where the address says, once the page is in the party. */
  begin() {
    void this.#go(location.hash.slice(1)).then(() => this.#remind());
  }

  /** A product as it is from now on. @param {Product} product */
  put(product) {
    this.#products.set(product.id, product);
    const tile = document.querySelector(`[data-grid] [data-offer="${product.id}"] .product`);
    if (tile) drawTile(tile, product);
    if (this.#here === product.id) this.#look(product);
  }

  // --- going and following

  /** @param {string} id of a product, or nothing for all of them @param {{ tells?: boolean, shown?: boolean }} [how] */
  async #go(id, { tells = false, shown = false } = {}) {
    const product = id ? await this.#find(id) : null;
    const before = this.#here;
    this.#here = product?.id ?? "";
    history.replaceState(null, "", this.#here ? `#${this.#here}` : location.pathname);
    this.looking.hidden = !product;
    if (product) this.#look(product);
    if (before !== this.#here) this.floor.scrollTo({ top: 0 });
    if (tells) this.#announce({ shown });
    this.#draw();
  }

  /** @param {string} id */
  async #find(id) {
    const known = this.#products.get(id) ?? (await call("GET", `products/${encodeURIComponent(id)}`).catch(() => null));
    if (known) this.#products.set(id, known);
    return known;
  }

  /** @param {{ shown?: boolean }} [how] */
  #announce({ shown = false } = {}) {
    const product = this.#products.get(this.#here);
    const about = product ? { view: "product", productId: product.id, productName: product.name } : { view: "shop" };
    this.#together.sync("NAVIGATE", { url: location.href, ...about, ...(shown && { shown }) }).catch(() => {});
  }

  /** Who has come cannot know where one is; at all products is where everyone begins. */
  #remind() {
    if (this.#here) this.#announce();
  }

  /** @param {string} userId @param {string} productId @param {boolean} shown */
  #led(userId, productId, shown) {
    if (userId === this.#together.session?.host && this.#following) return void this.#go(productId);
    const product = this.#products.get(productId);
    if (!shown || !product || productId === this.#here) return;
    const look = () => void this.#go(productId, { tells: true });
    toast(`${nameOf(this.#together, userId)} shows you: ${product.name}`, { label: "Look", act: look });
  }

  #catchUp() {
    const place = this.#places.get(this.#together.session?.host ?? "");
    if (this.#following && !this.#together.isHost && place !== undefined) void this.#go(place);
  }

  #toggle() {
    this.#following = !this.#following;
    this.#drawFollow();
    this.#catchUp();
  }

  // --- what is pressed

  /** @param {Event} event */
  #pressed({ target }) {
    const button = target instanceof Element && target.closest("button");
    const id = button && button.closest("[data-offer]")?.getAttribute("data-offer");
    if (!button || !id) return;
    if (button.dataset.vote) this.#vote(button, id).catch(toastError);
    else if ("showAll" in button.dataset) void this.#go(id, { tells: true, shown: true });
    else if ("add" in button.dataset) this.#add(button, id).catch(toastError);
  }

  /** @param {HTMLElement} button @param {string} id */
  async #vote(button, id) {
    const value = /** @type {1 | -1} */ (Number(button.dataset.vote));
    await this.#together.vote(id, button.ariaPressed === "true" ? 0 : value);
    this.#drawVotes();
  }

  /** @param {HTMLElement} button @param {string} id */
  async #add(button, id) {
    const product = this.#products.get(id);
    const isHere = this.#here === id && this.looking.contains(button);
    if (product?.variants?.length && !isHere) return this.#go(id, { tells: true }); // where its form is chosen
    const variant = isHere ? this.choice.variant : null;
    if (variant === undefined) throw new Error("There is none of these.");
    await this.#together.add(id, 1, variant?.id);
    const words = query("span", button);
    words.textContent = "Added";
    setTimeout(() => (words.textContent = "Add"), ADDED);
  }

  // --- drawing

  #draw() {
    this.#drawFollow();
    this.#drawLookers();
    this.#drawVotes();
  }

  #drawFollow() {
    const host = this.#together.session?.host ?? "";
    const present = this.#together.session?.participants.some(({ userId }) => userId === host);
    this.follow.hidden = this.#together.isHost || !present;
    this.follow.ariaPressed = String(this.#following);
    const words = [this.#following ? "Following" : "Follow", nameOf(this.#together, host)];
    this.follow.ariaLabel = words.join(" "); // on a phone there is no room for all of it
    query("[data-words]", this.follow).textContent = words[0] ?? "";
    query("[data-whom]", this.follow).textContent = words[1] ?? "";
  }

  /** @param {Product} product */
  #look(product) {
    const part = (/** @type {string} */ name) => query(`[data-${name}]`, this.looking);
    this.looking.dataset.offer = product.id;
    part("name").textContent = product.name;
    part("category").textContent = product.category;
    part("description").textContent = product.description;
    this.choice.draw(product);
    this.#drawForm();
  }

  /** The product that is looked at, in the form that is chosen. */
  #drawForm() {
    const product = this.#products.get(this.#here || (this.looking.dataset.offer ?? ""));
    if (!product) return;
    const part = (/** @type {string} */ name) => query(`[data-${name}]`, this.looking);
    const shown = inForm(product, this.choice.variant);
    drawGoods(part("goods"), shown);
    part("price").textContent = money(shown.price, shown.currency);
    part("was").textContent = shown.originalPrice === null ? "" : money(shown.originalPrice, shown.currency);
    part("sold-out").hidden = shown.inStock;
    query("[data-add]", this.looking).hidden = !shown.inStock;
  }

  /** @param {string} productId */
  #lookersOf(productId) {
    return [...this.#places].filter(([, place]) => place === productId).map(([userId]) => userId);
  }

  #drawLookers() {
    const host = this.#together.session?.host ?? "";
    for (const offer of queryAll("[data-grid] [data-offer]")) {
      const id = offer.dataset.offer ?? "";
      const faces = this.#lookersOf(id).map((userId) => {
        const face = clone("face");
        drawFace(face, lookOf(this.#together, userId));
        query("[data-name]", face).replaceChildren(bdi(nameOf(this.#together, userId)), " looks at this");
        return face;
      });
      query("[data-lookers]", offer).replaceChildren(...faces);
      offer.classList.toggle("shown", !this.#together.isHost && this.#places.get(host) === id);
    }
    const beside = this.#here ? this.#lookersOf(this.#here).map((userId) => nameOf(this.#together, userId)) : [];
    query("[data-lookers]", this.looking).textContent = beside.length ? `Looking at this with you: ${listed(beside)}` : "";
  }

  #drawVotes() {
    const tallies = new Map(this.#together.session?.votes.map((tally) => [tally.productId, tally]));
    for (const offer of queryAll("[data-offer]", this.floor)) {
      const id = offer.dataset.offer ?? "";
      const name = this.#products.get(id)?.name ?? "";
      query(".votes", offer).setAttribute("aria-label", `Votes on ${name}`);
      for (const button of queryAll("[data-vote]", offer)) {
        const value = Number(button.dataset.vote);
        const count = tallies.get(id)?.[value > 0 ? "up" : "down"] ?? 0;
        query("[data-tally]", button).textContent = String(count);
        button.ariaPressed = String(this.#together.remembered?.votes[id] === value);
      }
      query("[data-add]", offer).ariaLabel = `Add ${name} to our cart`;
      query("[data-show-all]", offer).ariaLabel = `Show everyone ${name}`;
    }
  }
}
