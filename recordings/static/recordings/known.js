// @ts-check
/** The nodes that a recording knows, each under its id, as a tree of its own: on the page one may be elsewhere by now. */

import { isEditable } from "./masking.js";
import { holdsText, isBox, serialise } from "./serialise.js";

/** @import { Pictures } from "./pictures.js" */
/** @import { Styles } from "./styles.js" */
/** @import { Mirror } from "./vendor/rrweb-record/record.js" */
/** @typedef {{ id: number, parent: Node | null, children: Set<Node>, isMasked: boolean, isBox: boolean }} Entry */
/** @typedef {{ mirror: Mirror, styles: Styles, pictures: Pictures }} Parts */

export class Known {
  #parts;
  #insideOf;
  /** @type {Map<Node, Entry>} */ #entries = new Map();
  /** @type {WeakSet<Node>} */ #scrolled = new WeakSet();
  #nextId = 1;

  /**
   * @param {Parts} parts
   * @param {(parent: Element | ShadowRoot) => void} insideOf is told of each node that has something in it
   */
  constructor(parts, insideOf) {
    this.#parts = parts;
    this.#insideOf = insideOf;
  }

  /** @param {Node} node */
  has(node) {
    return this.#entries.has(node);
  }

  /** @param {Node | null | undefined} node @returns {Entry | undefined} */
  get(node) {
    return node ? this.#entries.get(node) : undefined;
  }

  /** Makes a node known, and answers how it is told. @param {Node} node @param {Node | null} parent */
  enter(node, parent) {
    const above = this.get(parent);
    const id = this.#nextId++;
    const isElement = node instanceof Element;
    const isMasked = (above?.isMasked ?? false) || (isElement && isEditable(node));
    const entry = { id, parent, children: new Set(), isMasked, isBox: isElement && (isBox(node) || holdsText(node)) };
    this.#entries.set(node, entry);
    above?.children.add(node);
    this.#parts.mirror.add(node, { id });
    if (isElement && !entry.isBox) this.#enterInside(node, entry);
    const extras = isElement ? this.#extras(node) : {};
    return serialise(node, id, isMasked, { ...extras, isShadow: parent instanceof ShadowRoot });
  }

  /** @param {Node} node */
  forget(node) {
    this.#parts.mirror.removeNodeFromMap(node);
    this.#drop(node);
  }

  forgetAll() {
    this.#parts.mirror.removeNodeFromMap(document);
    this.#entries.clear();
  }

  /** A scrolled element is told with its place. @param {Node} node */
  scrolled(node) {
    this.#scrolled.add(node);
  }

  /** A shadow root goes by the id of its host. @param {Element} element @param {Entry} entry */
  #enterInside(element, entry) {
    if (element.firstChild) this.#insideOf(element);
    const root = element.shadowRoot;
    if (!root) return;
    this.#entries.set(root, { ...entry, parent: element, children: new Set() });
    entry.children.add(root);
    this.#insideOf(root);
  }

  /** @param {Element} element */
  #extras(element) {
    const { styles, pictures } = this.#parts;
    return { css: styles.text(element), picture: pictures.text(element), scrolled: this.#scrolled.has(element) };
  }

  /** @param {Node} node */
  #drop(node) {
    const entry = this.get(node);
    if (!entry) return;
    for (const child of entry.children) this.#drop(child);
    this.#entries.delete(node);
    this.get(entry.parent)?.children.delete(node);
    if (!node.isConnected && node instanceof Element) this.#parts.styles.drop(node);
  }
}
