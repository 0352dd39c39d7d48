// @ts-check
/**
 * What ShopAloud's widget sent, as rrweb's events: one player shows both. The widget tells of mutations and clicks only
 * that they were; so a page stays as it first was, and a click is where the pointer was last.
 */

/** @import { RrwebEvent, Node } from "./clean.js" */

const PAGE = 1; // the id of the document in each of our snapshots
const META = 4;
const FULL = 2;
const INCREMENTAL = 3;
const MOVE = 1;
const INTERACTION = 2;
const SCROLL = 3;
const CLICK = 2;
const NEUTRAL = `<!doctype html><html><head><style>
  html { min-height: 100%; background: #f4f4f5 conic-gradient(#e4e4e7 25%, #0000 0 50%, #e4e4e7 0 75%, #0000 0) 0 0 / 48px 48px; }
</style></head><body></body></html>`;
const SMALLEST = { width: 1024, height: 640 };

/** @typedef {{ event: string, data: any, timestamp: number }} Recorded */

export class Translator {
  #page = { html: 0, ids: 0 }; // ids of the snapshot that is shown
  #pointer = { x: 0, y: 0 };
  #size = { ...SMALLEST };

  /**
   * The events that show the page as it is when a part of the recording begins.
   * @param {number} timestamp
   * @param {Recorded | null} scene what the page looked like first
   * @param {[number, number]} scroll
   * @returns {RrwebEvent[]}
   */
  open(timestamp, scene, [x, y]) {
    const html = scene ? pageOf(scene) : null;
    return [...this.#show(html, timestamp), this.#increment(timestamp, { source: SCROLL, id: PAGE, x, y })];
  }

  /**
   * @param {Recorded} recorded
   * @returns {RrwebEvent[]}
   */
  translate({ event, data, timestamp }) {
    const said = parsed(data);
    if (event === "mouse:position") return this.#move(said, timestamp);
    if (event === "scroll:position") return this.#scroll({ x: said?.scrollX, y: said?.scrollY }, timestamp);
    if (event === "click:event") return this.#click(said, timestamp);
    if (event !== "videoStream") return [];
    return streamed(said).flatMap((each) => this.#streamed(each, timestamp));
  }

  /** @param {any} each @param {number} timestamp @returns {RrwebEvent[]} */
  #streamed(each, timestamp) {
    switch (each.type) {
      case "mouseMove":
        return this.#move(each.position, timestamp);
      case "mouseDown":
        return this.#click(each.position, timestamp);
      case "scroll":
        return this.#scroll(each.scrollPosition, timestamp);
      case "viewPort":
        this.#size = { width: number(each.size?.width, 1024), height: number(each.size?.height, 640) };
        return [{ type: META, data: { href: "", ...this.#size }, timestamp }];
      case "initialState":
        return this.#show(htmlOf(each), timestamp);
      default:
        return [];
    }
  }

  /** @param {string | null} html @param {number} timestamp @returns {RrwebEvent[]} */
  #show(html, timestamp) {
    const { node, htmlId } = snapshot(html ?? NEUTRAL);
    this.#page = { html: htmlId, ids: 0 };
    const data = { node, initialOffset: { left: 0, top: 0 } };
    return [
      { type: META, data: { href: "", ...this.#size }, timestamp },
      { type: FULL, data, timestamp },
    ];
  }

  /** @param {any} position @param {number} timestamp */
  #move(position, timestamp) {
    if (!Number.isFinite(position?.x) || !Number.isFinite(position?.y)) return [];
    this.#pointer = { x: position.x, y: position.y };
    const moved = { ...this.#pointer, id: this.#page.html, timeOffset: 0 };
    return [...this.#grown(timestamp), this.#increment(timestamp, { source: MOVE, positions: [moved] })];
  }

  /** On a neutral stage nobody said how large the page is: it is as large as the pointer has shown. @param {number} timestamp */
  #grown(timestamp) {
    const { x, y } = this.#pointer;
    if (x <= this.#size.width && y <= this.#size.height) return [];
    this.#size = { width: Math.max(this.#size.width, x + 40), height: Math.max(this.#size.height, y + 40) };
    return [{ type: META, data: { href: "", ...this.#size }, timestamp }];
  }

  /** @param {any} position @param {number} timestamp */
  #scroll(position, timestamp) {
    const data = { source: SCROLL, id: PAGE, x: number(position?.x, 0), y: number(position?.y, 0) };
    return [this.#increment(timestamp, data)];
  }

  /** @param {any} said @param {number} timestamp */
  #click(said, timestamp) {
    const x = number(said?.clientX ?? said?.x, this.#pointer.x);
    const y = number(said?.clientY ?? said?.y, this.#pointer.y);
    return [this.#increment(timestamp, { source: INTERACTION, type: CLICK, id: this.#page.html, x, y })];
  }

  /** @param {number} timestamp @param {object} data @returns {RrwebEvent} */
  #increment(timestamp, data) {
    return { type: INCREMENTAL, data, timestamp };
  }
}

/** @param {unknown} value @param {number} otherwise */
function number(value, otherwise) {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

/** The old widget sends JSON in strings. @param {unknown} data @returns {any} */
function parsed(data) {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

/** @param {any} said @returns {any[]} */
function streamed(said) {
  const events = parsed(said?.events);
  return (Array.isArray(events) ? events : [events]).filter((each) => typeof each === "object" && each);
}

/** The page that a `videoStream` message shows. @param {Recorded} recorded */
function pageOf(recorded) {
  const shown = streamed(parsed(recorded.data)).find((each) => each.type === "initialState");
  return shown ? htmlOf(shown) : null;
}

/** @param {any} state */
function htmlOf(state) {
  const html = parsed(state.html) ?? state.html;
  return typeof html === "string" ? html : null;
}

const HANDLER = /(\s|["'/])on\w+\s*=/gi;

/**
 * A page's text as rrweb's serialised nodes. Parsing runs and loads nothing; the nodes are cleaned like recorded ones.
 * Handlers go first, since the browser would tell the console of each that the policy refuses it.
 * @param {string} html
 */
export function snapshot(html) {
  const page = new DOMParser().parseFromString(html.replace(HANDLER, "$1data-on="), "text/html");
  let id = 0;
  let htmlId = 0;
  /** @param {globalThis.Node} node @returns {Node & { id: number }} */
  const copy = (node) => {
    const mine = { id: ++id };
    if (node === page.documentElement) htmlId = mine.id;
    if (node instanceof DocumentType) return { ...mine, type: 1, ...{ name: node.name, publicId: "", systemId: "" } };
    if (node instanceof Element) {
      const attributes = Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value]));
      const isSVG = node.namespaceURI === "http://www.w3.org/2000/svg" || undefined;
      const childNodes = [...node.childNodes].map(copy);
      return { ...mine, type: 2, tagName: node.localName, attributes, childNodes, ...(isSVG && { isSVG }) };
    }
    if (node === page) return { ...mine, type: 0, childNodes: [...node.childNodes].map(copy) };
    const isStyle = node.parentElement?.localName === "style" || undefined;
    const type = node.nodeType === globalThis.Node.COMMENT_NODE ? 5 : 3;
    return { ...mine, type, textContent: node.textContent ?? "", ...(isStyle && { isStyle }) };
  };
  return { node: copy(page), htmlId };
}
