// @ts-check
/** One node as rrweb's format describes it, masked; its children are told by themselves. */

import { absoluteStyles, isPrivate, isSecret, MASK, masked, maskedValue } from "./masking.js";
import { safeAddress, safeCandidates, tellsMeta } from "./masking.js";

/** @typedef {{ id: number, type: number, [field: string]: any }} Told */
/** @typedef {{ css?: string, picture?: string, scrolled?: boolean, isShadow?: boolean }} Extras */

const LONGEST = 100_000; // characters of a text or an attribute that are kept
const SKIPPED = ["script", "noscript", "base", "template"];
const PRELOADS = /(^|\s)(preload|modulepreload|prefetch|preconnect|dns-prefetch|manifest|icon)(\s|$)/;
const FRAMES = ["iframe", "frame", "object", "embed", "fencedframe", "portal"]; // other documents: told as an empty box
const ADDRESSES = ["src", "href", "xlink:href", "poster", "background", "data", "cite"];
const LEFT_OUT = ["nonce", "integrity", "srcdoc", "formaction", "action", "ping", "crossorigin", "http-equiv"];
const TYPED = ["input", "textarea", "select", "option"];

/** Whether a node is no part of the picture, or is our own prompt. @param {Node} node @param {Set<Node>} own */
export function isSkipped(node, own) {
  if (node.nodeType === Node.COMMENT_NODE || node.nodeType === Node.PROCESSING_INSTRUCTION_NODE) return true;
  if (!(node instanceof Element)) return false;
  if (node.localName === "link") return PRELOADS.test((node.getAttribute("rel") ?? "").toLowerCase());
  return SKIPPED.includes(node.localName) || own.has(node);
}

/** Whether an element is told without what is in it. @param {Element} element */
export const isBox = (element) => FRAMES.includes(element.localName) || isPrivate(element);

/** Whether an element's text is told with it, in an attribute. @param {Element} element */
export const holdsText = (element) => element.localName === "textarea" || element.localName === "style";

/**
 * @param {Node} node
 * @param {number} id
 * @param {boolean} isMasked
 * @param {Extras} extras
 * @returns {Told}
 */
export function serialise(node, id, isMasked, extras) {
  if (node instanceof Element) return element(node, id, extras);
  if (node.nodeType === Node.DOCUMENT_TYPE_NODE) {
    const { name, publicId, systemId } = /** @type {DocumentType} */ (node);
    return { id, type: 1, name, publicId, systemId };
  }
  if (node.nodeType === Node.DOCUMENT_NODE) return { id, type: 0, childNodes: [] };
  return { id, type: 3, textContent: text(node, isMasked), ...(extras.isShadow && { isShadow: true }) };
}

/** @param {Node} node @param {boolean} isMasked */
export function text(node, isMasked) {
  const content = (node.nodeValue ?? "").slice(0, LONGEST);
  return isMasked ? masked(content) : content;
}

/** @param {Element} node @param {number} id @param {Extras} extras @returns {Told} */
function element(node, id, extras) {
  const tag = /^[a-z][\w.-]*$/i.test(node.localName) ? node.localName.toLowerCase() : "div";
  const told = /** @type {Told} */ ({ id, type: 2, tagName: tag, childNodes: [] });
  told.attributes = isBox(node) ? box(node) : attributes(node, tag, extras);
  if (node.namespaceURI === "http://www.w3.org/2000/svg") told.isSVG = true;
  if (node.shadowRoot) told.isShadowHost = true;
  if (extras.isShadow) told.isShadow = true;
  if (tag.includes("-") && customElements.get(tag)) told.isCustom = true;
  return told;
}

/** @param {Element} node */
function box(node) {
  const { width, height } = node.getBoundingClientRect();
  return { class: node.getAttribute("class") ?? "", rr_width: `${width}px`, rr_height: `${height}px` };
}

/** @param {Element} node @param {string} tag @param {Extras} extras */
function attributes(node, tag, extras) {
  /** @type {Record<string, any>} */
  const told = {};
  for (const { name } of Array.from(node.attributes)) {
    const value = attribute(node, name);
    if (value !== undefined && value !== null) told[name] = value;
  }
  if (TYPED.includes(tag)) typed(/** @type {HTMLInputElement} */ (node), tag, told);
  if (node instanceof HTMLDialogElement && node.open) told.rr_open_mode = openMode(node);
  if (extras.css) {
    told._cssText = extras.css;
    if (tag === "link") delete told.rel, delete told.href;
  }
  if (extras.picture) told.rr_dataURL = extras.picture;
  if (extras.scrolled) Object.assign(told, { rr_scrollLeft: node.scrollLeft, rr_scrollTop: node.scrollTop });
  return told;
}

/**
 * What somebody has typed or chosen is told masked, where it is anything.
 * @param {HTMLInputElement} node
 * @param {string} tag
 * @param {any} told
 */
function typed(node, tag, told) {
  delete told.checked;
  if (tag === "option") return;
  if (tag === "input" && (node.type === "checkbox" || node.type === "radio")) {
    if (node.checked) told.checked = true;
  } else if (node.value) {
    told.value = maskedValue(tag, node.type, node.value);
  }
}

/** @param {HTMLDialogElement} dialog */
export const openMode = (dialog) => (dialog.matches(":modal") ? "modal" : "non-modal");

/**
 * What an attribute is told as; null: it is not there, undefined: it is not told.
 * @param {Element} node
 * @param {string} name
 * @returns {string | null | undefined}
 */
export function attribute(node, name) {
  const value = node.getAttribute(name);
  const lower = name.toLowerCase();
  const tag = node.localName;
  if (lower.startsWith("on") || LEFT_OUT.includes(lower) || !/^[a-z_:][\w:.-]*$/i.test(name)) return undefined;
  if (value === null) return null;
  if (lower === "value" && (TYPED.includes(tag) || tag === "button")) {
    return maskedValue(tag, node.getAttribute("type") ?? "", value);
  }
  if (lower === "selected" || (tag === "meta" && lower === "content" && !tellsMeta(node))) return undefined;
  if (value.length > LONGEST) return "";
  if (ADDRESSES.includes(lower)) return safeAddress(value);
  if (lower === "srcset" || lower === "imagesrcset") return safeCandidates(value);
  if (lower === "style") return absoluteStyles(value);
  return lower.startsWith("data-") && isSecret(lower) ? MASK : value;
}
