// @ts-check
/** What never leaves the page: what people type, what a shop marks `data-private`, secrets in attributes and links. */

export const MASK = "*****"; // of one length for all, for a length tells something too
export const PRIVATE = "[data-private]";

const SECRET =
  /pass(word|wd|code|phrase)|pwd|secret|token|[cx]srf|\bnonce|signature|credential|session|auth(?!or)|api-?key|\botp|cv[cv]/i;
const DESCRIBES = ["viewport", "color-scheme", "theme-color"]; // the only <meta> that a picture of the page needs
const LABELLED = ["submit", "button", "reset"]; // whose value is what people read on them
const COUNTED = ["li", "progress", "meter"];

/** @param {string} name of an attribute, a parameter or a field */
export const isSecret = (name) => SECRET.test(name);

/** @param {Element} element */
export const isPrivate = (element) => element.hasAttribute("data-private");

/** @param {Element} element */
export function isEditable(element) {
  const editable = element.getAttribute("contenteditable");
  return (editable !== null && editable !== "false") || element.getAttribute("role") === "textbox";
}

/** A text of the same shape in which nothing can be read. @param {string} text */
export const masked = (text) => text.replace(/\S/g, "*");

/**
 * What an element's `value` is told as.
 * @param {string} tag
 * @param {string} type
 * @param {string | null} value
 */
export function maskedValue(tag, type, value) {
  if (COUNTED.includes(tag) || ((tag === "input" || tag === "button") && LABELLED.includes(type))) return value;
  return value ? MASK : "";
}

/** What a `<meta>` may say. @param {Element} meta */
export const tellsMeta = (meta) => meta.hasAttribute("charset") || DESCRIBES.includes(meta.getAttribute("name") ?? "");

/**
 * An address, absolute, with the values of secret parameters and the user's name and password masked. What loads nothing
 * from elsewhere (`#icon`, `data:`) stays, and what would run is left out.
 * @param {string} text
 * @param {string} [base]
 * @returns {string}
 */
export function safeAddress(text, base = document.baseURI) {
  const trimmed = text.trim();
  if (!trimmed || trimmed.startsWith("#") || /^(data|blob|about):/i.test(trimmed)) return trimmed;
  if (!URL.canParse(trimmed, base)) return "";
  const url = new URL(trimmed, base);
  if (url.protocol === "javascript:" || url.protocol === "vbscript:") return "";
  url.username = url.password = "";
  if (url.search) maskParameters(url.searchParams);
  if (url.hash.includes("=")) {
    const fields = new URLSearchParams(url.hash.slice(1));
    if (maskParameters(fields)) url.hash = String(fields);
  }
  return url.href;
}

/** @param {URLSearchParams} fields */
function maskParameters(fields) {
  const secret = [...fields.keys()].filter(isSecret);
  for (const name of secret) fields.set(name, MASK);
  return secret.length > 0;
}

/**
 * The addresses in a style sheet or a `style` attribute, made absolute.
 * @param {string} css
 * @param {string} [base]
 */
export function absoluteStyles(css, base = document.baseURI) {
  if (!css.includes("url(")) return css;
  return css.replace(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^"')\s]*))\s*\)/g, (_, double, single, bare) => {
    const address = safeAddress(double ?? single ?? bare ?? "", base);
    return `url("${address.replace(/"/g, "%22")}")`;
  });
}

/** The candidates of a `srcset`. @param {string} text */
export function safeCandidates(text) {
  if (/(^|[\s,])data:/.test(text)) return ""; // `src` shows the picture; these hold commas of their own
  const safe = text.split(/,\s+/).map((candidate) => {
    const [address = "", ...size] = candidate.trim().split(/\s+/);
    return [safeAddress(address), ...size].join(" ");
  });
  return safe.join(", ");
}
