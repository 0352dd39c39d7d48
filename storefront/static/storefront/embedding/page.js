// @ts-check
/** Part of embed.js: elements on somebody else's page, what is kept, what is told, and the shop's own cart. */

// --- elements

/** @param {string} name @param {string} [style] @param {string} [text] */
const make = (name, style = "", text = "") => {
  const element = document.createElement(name);
  element.className = style;
  element.textContent = text;
  return element;
};

/** A button that a drawing stands on. @param {string} label @param {string} path @param {() => void} act */
const button = (label, path, act) => {
  const element = /** @type {HTMLButtonElement} */ (make("button"));
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  drawing.append(line);
  element.type = "button";
  element.ariaLabel = label;
  element.title = label;
  element.append(drawing);
  element.addEventListener("click", act);
  return element;
};

/** A place that the page's own styles do not reach. @param {Element} parent */
const place = (parent) => {
  const host = make("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  parent.append(host);
  return { host, root };
};

/** What a selector names, or the element itself. @param {string | Element | null | undefined} target */
const found = (target) => (typeof target === "string" ? document.querySelector(target) : target ?? null);

// --- what is kept, and what is told

/** @param {Storage} storage @param {string} name @returns {any} */
const read = (storage, name) => {
  try {
    return JSON.parse(storage.getItem(name) ?? "null");
  } catch {
    return null;
  }
};

/** @param {Storage} storage @param {string} name @param {unknown} value */
const keep = (storage, name, value) => {
  try {
    if (value) storage.setItem(name, JSON.stringify(value));
    else storage.removeItem(name);
  } catch {
    // a browser that keeps nothing: then it lasts as long as the page
  }
};

/** Storage itself may be forbidden. @param {"localStorage" | "sessionStorage"} kind @returns {Storage} */
const storageOf = (kind) => {
  try {
    return window[kind];
  } catch {
    return /** @type {any} */ ({ getItem: () => null, setItem() {}, removeItem() {} });
  }
};
const [tab, home] = [storageOf("sessionStorage"), storageOf("localStorage")];

/** @type {Map<string, Set<Listener>>} */ const listeners = new Map();

/** @type {(name: string, listener: Listener) => () => void} */
const on = (name, listener) => {
  listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
  return () => void listeners.get(name)?.delete(listener);
};

/** @param {string} name @param {any} [detail] */
const tell = (name, detail) => {
  for (const listener of listeners.get(name) ?? []) {
    try {
      listener(detail);
    } catch (error) {
      reportError(error); // one listener's fault is not the others'
    }
  }
};

/** An event of GA4's e-commerce, for the page's data layer and its listeners. @param {string} name @param {any} ecommerce */
const track = (name, ecommerce) => {
  const layer = /** @type {any} */ (window)[LAYER];
  if (Array.isArray(layer)) layer.push({ ecommerce: null }, { event: name, ecommerce });
  tell(name, ecommerce);
  tell("event", { name, ecommerce });
};

// --- the shop's own cart

/** @type {CartHandlers} */ let shop = {};

/** Which of the shop's handlers there are, as the frame draws its buttons by them. */
const abilities = () => {
  return { add: !!shop.onAddToCart, update: !!shop.onUpdateItem, checkout: !!shop.onCheckout, cart: !!shop.getCart };
};

/** What only functions of this page could hold does not travel. @param {unknown} value */
const plain = (value) => JSON.parse(JSON.stringify(value ?? null));

/** @param {"add" | "update" | "checkout" | "cart"} what @param {Item} item */
const handOver = async (what, item) => {
  const act = { add: shop.onAddToCart, update: shop.onUpdateItem, checkout: shop.onCheckout, cart: async () => true }[what];
  if (!act) return { ok: false, message: "" };
  try {
    const said = await act(item);
    const ok = said !== false && /** @type {any} */ (said)?.ok !== false;
    const message = String(/** @type {any} */ (said)?.message ?? "");
    return { ok, message, cart: plain(shop.getCart ? await shop.getCart() : null) };
  } catch (error) {
    return { ok: false, message: /** @type {Error} */ (error).message ?? String(error) };
  }
};
