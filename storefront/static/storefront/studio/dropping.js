// @ts-check
/** Running drops from the desk: announcing, opening, giving more time or pieces, and who holds and who waits. */

import { call } from "../common/api.js";
import { confirmed, pressing } from "../common/dialogs.js";
import { clone, query } from "../common/dom.js";
import { money } from "../common/format.js";
import { ServerClock, spelled } from "../drops/time.js";

/** @import { Product } from "../common/messages.js" */
/** @import { Claim, Drop, Vitrine } from "../../realtime/client.js" */
/** @typedef {Claim & { name: string, owner: string, door: string, orderId: string }} DeskClaim */

const SECOND = 1000; // ms
const LOOK = SECOND; // at least between two looks at who claims: in a big room somebody does all the time
const MINUTE = 60; // seconds
const SHOWN = 20; // claims of a drop; all are in the API's list

/** @type {Record<string, string>} */
const STATES = { announced: "Announced", open: "Open", sold_out: "Sold out", closed: "Closed" };

export class Dropping {
  /** @type {Map<string, Drop>} */ #drops = new Map();
  /** @type {Map<string, DeskClaim[]>} */ #claims = new Map();
  /** @type {Map<string, HTMLElement>} */ #rows = new Map();
  /** @type {Set<string>} the drops whose claims are to be read anew */ #stale = new Set();
  #clock = new ServerClock();
  #looking = 0;

  /** @param {Vitrine} client @param {string} sessionId @param {() => Product[]} products that are on the show now */
  constructor(client, sessionId, products) {
    this.path = `sessions/${sessionId}/drops`;
    this.root = query("[data-dropping]");
    this.trouble = query("[data-drop-trouble]", this.root);
    this.products = products;
    client.on("drop-announced", ({ drop }) => this.#put(drop));
    client.on("drop-opened", ({ drop }) => this.#put(drop));
    client.on("drop-left", ({ dropId, status, left, waiting }) => {
      const drop = this.#drops.get(dropId);
      if (drop && drop.status !== "closed") this.#put({ ...drop, status, left, waiting });
    });
    client.on("drop-closed", ({ dropId, outcome, left }) => {
      const drop = this.#drops.get(dropId);
      if (drop) this.#put({ ...drop, status: "closed", outcome, left, waiting: 0 });
      query("[data-drop-said]", this.root).textContent = drop ? `Closed: ${drop.title}` : "";
    });
    const form = /** @type {HTMLFormElement} */ (query("[data-announce]", this.root));
    query("select[name=product]", form).addEventListener("focus", () => this.offer());
    query("details", this.root).addEventListener("toggle", () => this.offer());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.trouble.textContent = "";
      this.#announce(form).catch((error) => (this.trouble.textContent = error.message));
    });
    setInterval(() => this.#draw(), SECOND);
  }

  async load() {
    for (const drop of await call("GET", this.path).catch(() => [])) {
      if (drop.status !== "closed" || drop.left < drop.quantity) this.#put(drop);
    }
  }

  /** Offers the products that are on the show, each in its forms. */
  offer() {
    const list = /** @type {HTMLSelectElement} */ (query("select[name=product]", this.root));
    const chosen = list.value;
    const forms = this.products().flatMap((product) =>
      product.variants?.length
        ? product.variants.map((variant) => new Option(`${product.name}, ${variant.name}`, `${product.id} ${variant.id}`))
        : [new Option(product.name, product.id)],
    );
    list.replaceChildren(...forms);
    if (forms.some(({ value }) => value === chosen)) list.value = chosen;
  }

  /** @param {HTMLFormElement} form */
  async #announce(form) {
    const words = new FormData(form);
    const [productId, variantId = null] = String(words.get("product")).split(" ");
    const number = (/** @type {string} */ name) => (words.get(name) ? Number(words.get(name)) : null);
    const drop = await call("POST", this.path, {
      productId,
      variantId,
      quantity: number("quantity"),
      price: words.get("price") || null,
      perPerson: number("perPerson"),
      holdSeconds: number("holdSeconds"),
      opensIn: number("opensIn"),
      openSeconds: number("openSeconds"),
      mode: words.get("mode"),
      keyword: words.get("keyword"),
    });
    this.#put(drop);
    /** @type {HTMLDetailsElement} */ (query("details", this.root)).open = false;
    query("#drops-heading").focus();
  }

  /** @param {Drop} drop */
  #put(drop) {
    this.#clock.set(drop.at);
    this.#drops.set(drop.id, drop);
    this.#stale.add(drop.id);
    this.#looking ||= setTimeout(() => void this.#look(), LOOK);
    this.#draw();
  }

  async #look() {
    const stale = [...this.#stale];
    this.#stale.clear();
    for (const id of stale) {
      const claims = await call("GET", `${this.path}/${id}/claims`).catch(() => null);
      if (claims) this.#claims.set(id, claims);
    }
    this.#looking = 0;
    if (this.#stale.size) this.#looking = setTimeout(() => void this.#look(), LOOK);
    for (const id of stale) this.#drawClaims(id);
  }

  // --- what the desk sees

  #draw() {
    const drops = [...this.#drops.values()];
    const rows = drops.map((drop) => this.#drawRow(drop));
    const list = query("[data-drop-rows]", this.root);
    if (rows.length !== list.children.length) list.replaceChildren(...rows);
    query("[data-no-drops]", this.root).hidden = rows.length > 0;
  }

  /** @param {string} id */
  #row(id) {
    const known = this.#rows.get(id);
    if (known) return known;
    const row = clone("desk-drop");
    const act = (/** @type {string} */ verb, /** @type {object} */ body = {}) =>
      call("POST", `${this.path}/${id}/${verb}`, body).then((drop) => this.#put(drop));
    const name = () => this.#drops.get(id)?.title ?? "";
    pressing(query("[data-open]", row), this.trouble, () => act("open"));
    pressing(query("[data-extend]", row), this.trouble, () => act("extend", { seconds: MINUTE }));
    pressing(query("[data-add]", row), this.trouble, () => act("pieces", { pieces: 1 }));
    pressing(query("[data-close]", row), this.trouble, () => act("close"));
    pressing(query("[data-undo]", row), this.trouble, async () => {
      if (await confirmed(`Take back the drop of ${name()} with all that was claimed?`, "Undo the drop")) await act("undo");
    });
    this.#rows.set(id, row);
    return row;
  }

  /** @param {Drop} drop */
  #drawRow(drop) {
    const row = this.#row(drop.id);
    const isOver = drop.status === "closed";
    const moment = drop.status === "announced" ? drop.opensAt : isOver ? null : drop.closesAt;
    const name = drop.form ? `${drop.title}, ${drop.form}` : drop.title;
    put(row, "[data-name]", name);
    put(row, "[data-price]", money(drop.price, drop.currency));
    put(row, "[data-state]", STATES[drop.status] ?? drop.status);
    const seconds = moment ? this.#clock.until(moment) : 0;
    put(row, "[data-clock]", seconds ? `${drop.status === "announced" ? "opens in" : "closes in"} ${spelled(seconds)}` : "");
    put(row, "[data-counts]", `${drop.left} of ${drop.quantity} left, ${drop.waiting} waiting`);
    query("[data-open]", row).hidden = drop.status !== "announced";
    query("[data-extend]", row).hidden = !moment;
    for (const act of ["[data-add]", "[data-close]", "[data-undo]"]) query(act, row).hidden = isOver;
    for (const act of ["open", "extend", "add", "close", "undo"]) {
      const button = query(`[data-${act}]`, row);
      button.ariaLabel = `${button.textContent}: ${name}`;
    }
    for (const claim of this.#claims.get(drop.id) ?? []) {
      const place = row.querySelector(`[data-claim="${claim.id}"] [data-hold]`);
      const left = claim.heldUntil ? "for " + spelled(this.#clock.until(claim.heldUntil)) : "";
      if (place && place.textContent !== left) place.textContent = left;
    }
    return row;
  }

  /** @param {string} id */
  #drawClaims(id) {
    const live = (this.#claims.get(id) ?? []).filter(({ state }) => ["held", "waiting", "late", "paid"].includes(state));
    query("[data-claims]", this.#row(id)).replaceChildren(...live.slice(0, SHOWN).map((claim) => this.#claim(id, claim)));
    this.#draw();
  }

  /** @param {string} dropId @param {DeskClaim} claim */
  #claim(dropId, claim) {
    const row = clone("desk-claim");
    row.dataset.claim = claim.id;
    /** @type {Record<string, string>} */
    const words = {
      held: `holds ${claim.pieces}`,
      waiting: `waits for ${claim.wanted}, place ${claim.place}`,
      late: `paid too late, order ${claim.orderId}`,
      paid: `has paid for ${claim.pieces}`,
    };
    put(row, "[data-name]", claim.name || "Somebody");
    put(row, "[data-words]", words[claim.state] ?? claim.state);
    const act = (/** @type {string} */ verb, /** @type {object} */ body = {}) =>
      call("POST", `${this.path}/claims/${claim.id}/${verb}`, body).then(() => {
        this.#stale.add(dropId);
        return this.#look();
      });
    const isLate = claim.state === "late";
    const pass = query("[data-pass]", row);
    pass.hidden = claim.state !== "held" && claim.state !== "waiting";
    pass.textContent = claim.state === "held" ? "Pass on" : "Take off the line";
    pass.ariaLabel = claim.state === "held" ? `Pass on what ${claim.name} has` : `Take ${claim.name} off the line`;
    query("[data-honour]", row).hidden = query("[data-refuse]", row).hidden = !isLate;
    pressing(pass, this.trouble, () => act("pass-on"));
    pressing(query("[data-honour]", row), this.trouble, () => act("decide", { choice: "honour" }));
    pressing(query("[data-refuse]", row), this.trouble, () => act("decide", { choice: "refuse" }));
    return row;
  }
}

/** @param {HTMLElement} root @param {string} place @param {string} words */
function put(root, place, words) {
  const element = query(place, root);
  if (element.textContent !== words) element.textContent = words;
}
