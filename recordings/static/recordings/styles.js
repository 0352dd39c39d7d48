// @ts-check
/**
 * The page's style sheets as text, so that a recording looks the same after the shop was changed. Long ones are read in
 * pieces; those of other origins are fetched, where those allow it.
 */

import { absoluteStyles } from "./masking.js";

const AT_ONCE = 200; // rules that are read without a pause
const LONGEST = 1_000_000; // characters of one sheet; a longer one stays an address
const MOST = 4_000_000; // characters of all sheets of a page that are kept

/** @typedef {HTMLStyleElement | HTMLLinkElement} Owner */
/** @typedef {{ owner: Owner, sheet: CSSStyleSheet, at: number, count: number, texts: string[] }} Reading */

/**
 * @typedef {object} Told what was told of the page
 * @property {(data: object) => void} tell
 * @property {(node: Node) => number | undefined} idOf
 * @property {(element: Element) => void} retell
 */

export class Styles {
  /** @type {Told} */ #told;
  /** @type {Map<Owner, string>} */ #texts = new Map();
  /** @type {Map<Owner, Reading>} */ #readings = new Map();
  /** @type {Map<CSSStyleSheet, number>} */ #adopted = new Map();
  /** @type {Map<Document | ShadowRoot, CSSStyleSheet[]>} */ #roots = new Map();
  /** @type {(() => void)[]} */ #undo = [];
  #held = 0;

  /** @param {Told} told */
  constructor(told) {
    this.#told = told;
  }

  /** Begins to read the sheets that the page has, and hears of rules that scripts put in. */
  start() {
    for (const owner of document.querySelectorAll("style, link")) if (isOwner(owner)) this.#read(owner, false);
    this.#wrap("insertRule", ([rule, index = 0]) => ({ adds: [{ rule, index }] }));
    this.#wrap("deleteRule", ([index]) => ({ removes: [{ index }] }));
    this.#wrap("replaceSync", ([text]) => ({ replaceSync: text }));
  }

  stop() {
    for (const undo of this.#undo.splice(0)) undo();
    this.#texts.clear();
    this.#readings.clear();
    this.forget();
    this.#held = 0;
  }

  /** Before everything is told anew. */
  forget() {
    this.#adopted.clear();
    this.#roots.clear();
  }

  get waits() {
    return this.#readings.size > 0;
  }

  /** The text of an element's sheet, once it has been read. @param {Element} element @returns {string | undefined} */
  text(element) {
    if (!isOwner(element)) return undefined;
    if (!this.#texts.has(element)) this.#read(element);
    return this.#texts.get(element) || undefined;
  }

  /** A sheet whose element has changed is read again. @param {Element} element */
  stale(element) {
    if (!isOwner(element)) return;
    this.#keep(element, undefined);
    this.#read(element);
    if (!this.#readings.has(element)) this.#told.retell(element);
  }

  /** Of an element that is gone nothing is kept. @param {Element} element */
  drop(element) {
    if (isOwner(element)) this.#keep(element, undefined);
  }

  /** Reads on until the time is up. @param {() => boolean} isOver */
  work(isOver) {
    for (const reading of this.#readings.values()) {
      while (!step(reading)) if (isOver()) return;
      this.#readings.delete(reading.owner);
      this.#keep(reading.owner, whole(reading));
      this.#told.retell(reading.owner);
      if (isOver()) return;
    }
  }

  /**
   * Tells the sheets that scripts have given to a document or a shadow root, if they are others than before.
   * @param {Document | ShadowRoot} root
   */
  tellAdopted(root) {
    const sheets = root.adoptedStyleSheets ?? [];
    const before = this.#roots.get(root) ?? [];
    if (!this.#roots.has(root)) this.#roots.set(root, before);
    const id = this.#told.idOf(root instanceof ShadowRoot ? root.host : root);
    const areSame = sheets.length === before.length && sheets.every((sheet, at) => sheet === before[at]);
    if (id === undefined || areSame) return;
    this.#roots.set(root, [...sheets]);
    const fresh = sheets.filter((sheet) => !this.#adopted.has(sheet));
    for (const sheet of fresh) this.#adopted.set(sheet, this.#adopted.size + 1);
    const styles = fresh.map((sheet) => ({ styleId: this.#adopted.get(sheet), rules: rules(sheet) }));
    this.#told.tell({ source: 15, id, styleIds: sheets.map((sheet) => this.#adopted.get(sheet)), styles });
  }

  tellAllAdopted() {
    this.tellAdopted(document);
    for (const root of this.#roots.keys()) {
      if (root instanceof ShadowRoot && !root.host.isConnected) this.#roots.delete(root);
      else this.tellAdopted(root);
    }
  }

  /** @param {Owner} owner @param {boolean} [atOnce] */
  #read(owner, atOnce = true) {
    const sheet = owner.sheet;
    if (!sheet) {
      if (owner.localName === "link") owner.addEventListener("load", () => this.stale(owner), { once: true });
      return;
    }
    if (sheet.disabled || this.#readings.has(owner)) return;
    const count = ruleCount(sheet);
    if (count === undefined) return void this.#fetch(owner, sheet);
    const reading = { owner, sheet, at: 0, count, texts: [] };
    if (atOnce && count <= AT_ONCE && step(reading)) this.#keep(owner, whole(reading));
    else this.#readings.set(owner, reading);
  }

  /** @param {Owner} owner @param {CSSStyleSheet} sheet */
  async #fetch(owner, sheet) {
    this.#keep(owner, ""); // meanwhile, and where it may not be read, it is told by its address
    if (!sheet.href || !/^https?:/.test(sheet.href)) return;
    try {
      const answer = await fetch(sheet.href, { credentials: "omit", cache: "force-cache" });
      const text = answer.ok ? await answer.text() : "";
      if (!text || !this.#texts.has(owner)) return;
      this.#keep(owner, absoluteStyles(text, sheet.href));
      this.#told.retell(owner);
    } catch {
      // the other origin allows no reading
    }
  }

  /** @param {Owner} owner @param {string | undefined} text */
  #keep(owner, text) {
    this.#held -= this.#texts.get(owner)?.length ?? 0;
    this.#texts.delete(owner);
    if (text === undefined) return;
    const kept = text.length > LONGEST || this.#held + text.length > MOST ? "" : text;
    this.#held += kept.length;
    this.#texts.set(owner, kept);
  }

  /** @param {CSSStyleSheet} sheet @param {object} change */
  #change(sheet, change) {
    const owner = /** @type {Owner | null} */ (sheet.ownerNode);
    if (!owner) return { source: 8, styleId: this.#adopted.get(sheet), ...change };
    this.#keep(owner, undefined); // it is read again when it is told again
    return { source: 8, id: this.#told.idOf(owner), ...change };
  }

  /**
   * @param {"insertRule" | "deleteRule" | "replaceSync"} name
   * @param {(values: any[]) => object} change what a call changes
   */
  #wrap(name, change) {
    const prototype = /** @type {any} */ (CSSStyleSheet.prototype);
    const original = prototype[name];
    if (!original) return;
    const isTold = (/** @type {CSSStyleSheet} */ sheet) =>
      this.#adopted.has(sheet) || (sheet.ownerNode && this.#told.idOf(sheet.ownerNode) !== undefined);
    const tell = (/** @type {CSSStyleSheet} */ sheet, /** @type {object} */ data) =>
      this.#told.tell(this.#change(sheet, data));
    let isOn = true;
    prototype[name] = /** @this {CSSStyleSheet} @param {any[]} values */ function (...values) {
      const result = original.apply(this, values);
      if (isOn && isTold(this)) tell(this, change(values));
      return result;
    };
    const wrapped = prototype[name];
    this.#undo.push(() => {
      isOn = false;
      if (prototype[name] === wrapped) prototype[name] = original;
    });
  }
}

/** Reads some more rules; answers whether that was all. @param {Reading} reading */
function step(reading) {
  const list = reading.sheet.cssRules;
  if (list.length !== reading.count) Object.assign(reading, { at: 0, count: list.length, texts: [] });
  const end = Math.min(reading.at + AT_ONCE, reading.count);
  for (; reading.at < end; reading.at++) reading.texts.push(ruleText(/** @type {CSSRule} */ (list[reading.at])));
  return reading.at >= reading.count;
}

/** @param {Reading} reading */
const whole = ({ texts, sheet }) => absoluteStyles(texts.join("\n"), sheet.href ?? undefined);

/** A rule's text; of an `@import` the sheet that it brings. @param {CSSRule} rule @returns {string} */
function ruleText(rule) {
  if (!(rule instanceof CSSImportRule)) return rule.cssText;
  const sheet = rule.styleSheet;
  if (!sheet || ruleCount(sheet) === undefined) return rule.cssText;
  const text = absoluteStyles(Array.from(sheet.cssRules, ruleText).join("\n"), sheet.href ?? undefined);
  return rule.media.mediaText ? `@media ${rule.media.mediaText} {${text}}` : text;
}

/** @param {CSSStyleSheet} sheet */
const rules = (sheet) => Array.from(sheet.cssRules, (rule, index) => ({ rule: absoluteStyles(rule.cssText), index }));

/** How many rules a sheet has; undefined for one of another origin. @param {CSSStyleSheet} sheet */
function ruleCount(sheet) {
  try {
    return sheet.cssRules.length;
  } catch {
    return undefined;
  }
}

/** @param {Element} element @returns {element is Owner} */
const isOwner = (element) =>
  element.localName === "style" ||
  (element.localName === "link" && /(^|\s)stylesheet(\s|$)/i.test(element.getAttribute("rel") ?? ""));
