// @ts-check
/**
 * Takes out of recorded events whatever could run or load something. The frame's policy and its sandbox refuse that as
 * well; this keeps a recording from even trying, and from what policies don't cover: connections that a link opens ahead.
 */

const EMPTY = new Set(["script", "object", "embed", "applet", "base", "portal", "fencedframe"]);
const BARRED = new Set(["srcdoc", "http-equiv", "rel", "ping", "action", "formaction", "manifest", "integrity", "nonce"]);
const SOURCES = new Set(["src", "srcset", "imagesrcset", "poster", "background", "data", "xlink:href", "href", "lowsrc", "code"]);
const HARMLESS = /^\s*(data:(image|font)\/|#)/i;
const SCRIPT = /^[\s\0-\x1f]*j[\s]*a[\s]*v[\s]*a[\s]*s[\s]*c/i;
const REFERENCE = /url\(\s*(?!["']?\s*(?:data:(?:image|font)|#))(?:"[^"]*"|'[^']*'|[^)]*)\)/gi;
const IMPORT = /@import\b[^;]*(;|$)/gi;

/** @typedef {{ type: number, tagName?: string, attributes?: Record<string, any>, childNodes?: Node[], textContent?: string, isStyle?: boolean }} Node a serialised one */
/** @typedef {{ type: number, data: any, timestamp: number }} RrwebEvent */

const FULL = 2;
const INCREMENTAL = 3;
const ELEMENT = 2;

/** @param {unknown} text */
export function cleanCss(text) {
  return typeof text === "string" ? text.replace(IMPORT, "").replace(REFERENCE, 'url("data:,")') : text;
}

/**
 * @param {Record<string, any>} attributes
 * @param {string} [tag]
 */
function cleanAttributes(attributes, tag) {
  for (const [name, value] of Object.entries(attributes)) {
    const lower = name.toLowerCase();
    const isLink = lower === "href" && (tag === "a" || tag === "area") && !SCRIPT.test(String(value));
    if (lower.startsWith("on") || BARRED.has(lower)) delete attributes[name];
    else if (SOURCES.has(lower) && !isLink && !HARMLESS.test(String(value))) delete attributes[name];
    else if (lower === "style" && typeof value === "object" && value) cleanAttributesOfStyle(value);
    else if (lower === "style" || lower === "_csstext") attributes[name] = cleanCss(value);
    else if (lower === "rr_dataurl" && !HARMLESS.test(String(value))) delete attributes[name];
  }
}

/** @param {Record<string, any>} style as mutations tell it: a property's value, false, or its value and priority */
function cleanAttributesOfStyle(style) {
  for (const [name, value] of Object.entries(style)) {
    style[name] = Array.isArray(value) ? [cleanCss(value[0]), ...value.slice(1)] : cleanCss(value);
  }
}

/** @param {Node} root */
export function cleanNode(root) {
  const waiting = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.isStyle) node.textContent = /** @type {string} */ (cleanCss(node.textContent));
    if (node.type === ELEMENT) cleanElement(node);
    for (const child of node.childNodes ?? []) waiting.push(child);
  }
  return root;
}

/** @param {Node} node */
function cleanElement(node) {
  const tag = (node.tagName ?? "").toLowerCase();
  const attributes = node.attributes ?? {};
  if (EMPTY.has(tag) || (tag === "link" && !("_cssText" in attributes))) {
    node.attributes = {};
    node.childNodes = [];
    return;
  }
  cleanAttributes(attributes, tag);
  if (tag === "video" || tag === "audio") node.tagName = "canvas"; // as large, and with nothing to play
  if (tag !== "style") return;
  for (const child of node.childNodes ?? []) child.textContent = /** @type {string} */ (cleanCss(child.textContent));
}

/** By rrweb's number of a source of incremental snapshots. */
const INCREMENTS = {
  /** @param {any} data */
  0: (data) => {
    for (const added of data.adds ?? []) cleanNode(added.node);
    for (const changed of data.attributes ?? []) cleanAttributes(changed.attributes);
  },
  /** @param {any} data */
  8: (data) => {
    for (const added of data.adds ?? []) added.rule = cleanCss(added.rule);
    if (data.replace) data.replace = cleanCss(data.replace);
    if (data.replaceSync) data.replaceSync = cleanCss(data.replaceSync);
  },
  /** @param {any} data */
  13: (data) => {
    if (data.set) data.set.value = cleanCss(data.set.value);
  },
  /** @param {any} data */
  15: (data) => {
    for (const style of data.styles ?? []) for (const rule of style.rules ?? []) rule.rule = cleanCss(rule.rule);
  },
};

const DROPPED = new Set([7, 9, 10]); // what media, canvases and fonts do: none of them is shown

/**
 * @param {RrwebEvent} event
 * @returns {boolean} whether there is anything in it to show; then it is cleaned
 */
export function clean(event) {
  if (typeof event?.type !== "number" || typeof event.timestamp !== "number" || !event.data) return false;
  try {
    if (event.type === FULL) return Boolean(event.data.node && cleanNode(event.data.node));
    if (event.type !== INCREMENTAL) return true;
    INCREMENTS[/** @type {0} */ (event.data.source)]?.(event.data);
    return !DROPPED.has(event.data.source);
  } catch {
    return false; // somebody has made it up
  }
}
