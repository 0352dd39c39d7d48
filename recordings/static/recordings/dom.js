// @ts-check
/**
 * The page's DOM as events of rrweb's format: a snapshot, then what has changed.
 *
 * rrweb's own observer serialises a whole page, and each change, in one task. Here a change only marks a node; what was
 * told of a marked node is compared with how it is now, a few milliseconds at a time. So however much a page changes, the
 * newest state is told, and it never freezes. A first snapshot is the same: it begins with an empty body.
 */

import { Known } from "./known.js";
import { attribute, holdsText, isBox, isSkipped, openMode, text } from "./serialise.js";
import { Slices } from "./slices.js";

const SLICE = 8; // ms of work without a pause
const PAUSE = 100; // ms in which changes are gathered
const LONG_PAUSE = 1_000; // ms, where the last time brought many
const MANY = 200; // changed attributes and texts
const PER_EVENT = 300; // nodes
const BUDGET = 10_000; // changes that may wait; beyond, they are not looked at, and a snapshot is taken later
const REST = 2_000; // ms until then
const WATCHED = { attributes: true, characterData: true, childList: true, subtree: true };
const RETOLD = ["data-private", "contenteditable", "role"]; // attributes that decide how what is inside is told
const OF_SHEETS = ["href", "rel", "media", "disabled", "type"];

/** @import { Mirror } from "./vendor/rrweb-record/record.js" */
/** @import { Pictures } from "./pictures.js" */
/** @import { Styles } from "./styles.js" */
/** @typedef {{ own: Set<Node>, emit: (type: number, data: object) => void }} Outside */
/** @typedef {{ mirror: Mirror, styles: Styles, pictures: Pictures } & Outside} Parts */

export class Dom {
  /** @type {Parts} */ #parts;
  #known;
  /** @type {Set<Node>} whose children may be others */ #families = new Set();
  /** @type {Set<Node>} that are elsewhere, or are to be told again */ #gone = new Set();
  /** @type {Map<Element, Set<string>>} */ #attributes = new Map();
  /** @type {Set<Node>} */ #texts = new Set();
  /** @type {Set<ShadowRoot>} */ #roots = new Set();
  #observer = new MutationObserver((records) => this.#hear(records));
  #heard = 0;
  #pause = PAUSE;
  #slices = new Slices(() => this.#work(SLICE));
  #begun = false;
  #running = false;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#known = new Known(parts, (parent) => {
      this.#families.add(parent);
      if (!(parent instanceof ShadowRoot)) return;
      this.#roots.add(parent);
      this.#observer.observe(parent, WATCHED);
    });
  }

  get hasBegun() {
    return this.#begun;
  }

  start() {
    this.#running = true;
    document.addEventListener("scroll", this.#scroll, { capture: true, passive: true });
    this.#parts.styles.start();
    this.#slices.soon(0);
  }

  stop() {
    this.#running = false;
    document.removeEventListener("scroll", this.#scroll, { capture: true });
    this.#parts.styles.stop();
    this.#observer.disconnect();
    this.#slices.cancel();
    this.#forgetAll();
  }

  /** Tells everything anew, beginning with the next slice. */
  restart() {
    if (!this.#running) return;
    this.#slices.cancel();
    this.#forgetAll();
    this.#slices.soon(0);
  }

  /** Tells what it can at once, where the page is about to go. */
  flush() {
    this.#work(4 * SLICE);
  }

  /** @param {Node} node @returns {number | undefined} */
  idOf(node) {
    return this.#known.get(node)?.id;
  }

  /** @param {Element} element */
  retell(element) {
    if (!this.#known.has(element)) return;
    this.#gone.add(element);
    this.#slices.soon(this.#pause);
  }

  // --- hearing: as little as possible, for the page waits meanwhile

  /** @param {MutationRecord[]} records */
  #hear(records) {
    this.#heard += records.length;
    if (this.#heard > BUDGET) return this.#rest();
    for (const record of records) this.#mark(record);
    if (records.length) this.#slices.soon(this.#pause);
  }

  /** @param {MutationRecord} record */
  #mark({ type, target, attributeName, addedNodes, removedNodes }) {
    if (!this.#known.has(target)) {
      // What is not known is told as it is by then.
      if (type === "characterData" && target.parentNode) this.#markText(target.parentNode);
    } else if (type === "attributes" && RETOLD.includes(attributeName ?? "")) {
      this.#gone.add(target); // before anything in it is told as it was allowed before
    } else if (type === "attributes") {
      const names = this.#attributes.get(/** @type {Element} */ (target)) ?? new Set();
      this.#attributes.set(/** @type {Element} */ (target), names.add(/** @type {string} */ (attributeName)));
    } else if (type === "characterData") {
      this.#texts.add(target);
    } else if (!this.#markText(target)) {
      this.#families.add(target);
      for (const node of [...addedNodes, ...removedNodes]) if (this.#known.has(node)) this.#gone.add(node);
    }
  }

  /** Of what is told with its text: marks that. @param {Node} node */
  #markText(node) {
    if (!(node instanceof Element) || !holdsText(node) || !this.#known.has(node)) return false;
    if (node.localName === "style") this.#parts.styles.stale(node);
    else this.#attributes.set(node, (this.#attributes.get(node) ?? new Set()).add("value"));
    return true;
  }

  /** Too much changes: nothing is looked at for a while, and then everything. */
  #rest() {
    this.#observer.disconnect();
    this.#slices.cancel();
    this.#forgetAll();
    this.#slices.soon(REST);
  }

  /** @param {Event} event */
  #scroll = (event) => {
    if (event.target instanceof Element) this.#known.scrolled(event.target);
  };

  // --- working

  /** @param {number} time */
  #work(time) {
    if (!this.#running) return;
    const end = performance.now() + time;
    const isOver = () => performance.now() > end;
    const { styles } = this.#parts;
    if (!this.#begun && !styles.waits) this.#begin();
    this.#hear(this.#observer.takeRecords());
    styles.work(isOver);
    if (this.#begun) this.#pause = this.#tell(isOver) > MANY ? LONG_PAUSE : PAUSE;
    if (!this.#isDone || styles.waits || !this.#begun) return this.#slices.soon(0);
    this.#heard = 0;
  }

  get #isDone() {
    return !(this.#families.size || this.#gone.size || this.#attributes.size || this.#texts.size);
  }

  // --- the snapshot

  /** A page with an empty head and body: what is in them follows. */
  #begin() {
    this.#begun = true;
    this.#observer.observe(document, WATCHED);
    const { emit } = this.#parts;
    const root = document.documentElement;
    emit(4, { href: location.href, width: innerWidth, height: innerHeight });
    const page = this.#known.enter(document, null);
    if (document.doctype) page.childNodes.push(this.#known.enter(document.doctype, document));
    const html = this.#known.enter(root, document);
    page.childNodes.push(html);
    const parts = [document.head, document.body].filter((part) => part?.parentNode === root);
    html.childNodes.push(...parts.map((part) => this.#known.enter(part, root)));
    emit(2, { node: page, initialOffset: { left: scrollX, top: scrollY } });
    this.#parts.styles.tellAllAdopted();
  }

  #forgetAll() {
    this.#known.forgetAll();
    for (const marks of [this.#families, this.#gone, this.#attributes, this.#texts, this.#roots]) marks.clear();
    this.#parts.styles.forget();
    this.#begun = false;
    this.#heard = 0;
  }

  // --- telling what is marked

  /** Tells what there is time for; answers how many attributes and texts that were. @param {() => boolean} isOver */
  #tell(isOver) {
    const removes = this.#tellGone();
    const adds = this.#tellFamilies(isOver);
    const attributes = isOver() ? [] : this.#tellAttributes(isOver);
    const texts = isOver() ? [] : this.#tellTexts(isOver);
    if (removes.length || adds.length || attributes.length || texts.length) {
      this.#parts.emit(3, { source: 0, texts, attributes, removes, adds });
    }
    for (const root of this.#roots) this.#parts.styles.tellAdopted(root);
    this.#roots.clear();
    this.#parts.styles.tellAllAdopted();
    return attributes.length + texts.length;
  }

  #tellGone() {
    const removes = [];
    for (const node of this.#gone) {
      const entry = this.#known.get(node);
      const above = this.#known.get(entry?.parent);
      if (!entry || !above) continue;
      removes.push({ parentId: above.id, id: entry.id, ...(entry.parent instanceof ShadowRoot && { isShadow: true }) });
      this.#known.forget(node);
      if (node.parentNode && this.#known.has(node.parentNode)) this.#families.add(node.parentNode);
    }
    this.#gone.clear();
    return removes;
  }

  /** @param {() => boolean} isOver */
  #tellFamilies(isOver) {
    /** @type {object[]} */ const adds = [];
    for (const parent of this.#families) {
      if (adds.length >= PER_EVENT || isOver()) break;
      if (this.#tellChildren(parent, adds, isOver)) this.#families.delete(parent);
    }
    return adds;
  }

  /**
   * Adds the children that are not known yet, the last one first; answers whether that was all.
   * @param {Node} parent
   * @param {object[]} adds
   * @param {() => boolean} isOver
   */
  #tellChildren(parent, adds, isOver) {
    const entry = this.#known.get(parent);
    if (!entry || entry.isBox) return true;
    let nextId = null;
    for (let child = parent.lastChild; child; child = child.previousSibling) {
      const known = this.#known.get(child);
      if (!known && isSkipped(child, this.#parts.own)) continue;
      if (!known) adds.push({ parentId: entry.id, nextId, node: this.#known.enter(child, parent) });
      nextId = this.idOf(child) ?? null;
      if (!known && child.previousSibling && (adds.length >= PER_EVENT || isOver())) return false;
    }
    return true;
  }

  /** @param {() => boolean} isOver */
  #tellAttributes(isOver) {
    const told = [];
    for (const [element, names] of this.#attributes) {
      if (isOver()) break;
      this.#attributes.delete(element);
      const entry = this.#known.get(element);
      if (!entry) continue;
      if (element.localName === "link" && OF_SHEETS.some((name) => names.has(name))) this.#parts.styles.stale(element);
      if (element.localName === "img" && names.has("src") && this.#parts.pictures.areKept) this.#gone.add(element);
      else if (!isBox(element)) told.push({ id: entry.id, attributes: this.#values(element, names) });
    }
    return told;
  }

  /** @param {Element} element @param {Set<string>} names */
  #values(element, names) {
    /** @type {Record<string, string | null>} */ const values = {};
    for (const name of names) {
      const value = attribute(element, name);
      if (value !== undefined) values[name] = value;
    }
    const isOpened = element instanceof HTMLDialogElement && element.open && names.has("open");
    if (isOpened) values.rr_open_mode = openMode(element);
    return values;
  }

  /** @param {() => boolean} isOver */
  #tellTexts(isOver) {
    const told = [];
    for (const node of this.#texts) {
      if (isOver()) break;
      this.#texts.delete(node);
      const entry = this.#known.get(node);
      if (entry) told.push({ id: entry.id, value: text(node, entry.isMasked) });
    }
    return told;
  }
}
