// @ts-check
/** What happens on a page as events of rrweb's format: the DOM by dom.js; pointer, scroll, clicks and fields by rrweb. */

import { Dom } from "./dom.js";
import { MASK, PRIVATE, safeAddress } from "./masking.js";
import { Pictures } from "./pictures.js";
import { Styles } from "./styles.js";

const EARLY = 200; // events that wait for the snapshot, which comes first

/** @import { RrwebEvent } from "./vendor/rrweb-record/record.js" */

export class Recorder {
  #emit;
  #options;
  /** @type {Dom | undefined} */ #dom;
  /** @type {(() => void) | undefined} */ #stopped;
  /** @type {RrwebEvent[]} */ #early = [];
  #isOver = false;
  #rootId = -1;
  #href = ""; // of the page that was told last: an app of one page has several

  /**
   * @param {(event: RrwebEvent) => void} emit
   * @param {{ images: boolean, own: Set<Node> }} options
   */
  constructor(emit, options) {
    this.#emit = emit;
    this.#options = options;
  }

  /** Loads rrweb, which nobody needs who declines, and begins with a snapshot. */
  async start() {
    const { record } = await import("./vendor/rrweb-record/record.js");
    await ready();
    if (this.#isOver || this.#dom) return;
    const options = { recordDOM: false, maskAllInputs: true, maskInputFn: () => MASK, blockSelector: PRIVATE };
    this.#stopped = record({ ...options, emit: (event) => this.#behaved(event), errorHandler: () => true });
    const told = {
      tell: (/** @type {object} */ data) => this.#happened(3, data),
      idOf: (/** @type {Node} */ node) => dom.idOf(node),
      retell: (/** @type {Element} */ element) => dom.retell(element),
    };
    const pictures = new Pictures(this.#options.images, told.retell);
    const emit = (/** @type {number} */ type, /** @type {any} */ data) => this.#happened(type, data);
    /** @type {Dom} */
    const dom = new Dom({ mirror: record.mirror, styles: new Styles(told), pictures, own: this.#options.own, emit });
    this.#dom = dom;
    dom.start();
  }

  stop() {
    this.#isOver = true;
    this.#stopped?.();
    this.#dom?.stop();
    this.#dom = undefined;
    this.#early = [];
  }

  /** Tells at once what is known, where the page is about to go. */
  flush() {
    this.#dom?.flush();
  }

  /** Begins again with a snapshot, where something before was lost. */
  restart() {
    this.#dom?.restart();
  }

  /** Marks a moment with something that rrweb has no event for. @param {string} tag @param {object} payload */
  mark(tag, payload) {
    if (this.#dom) this.#pass({ type: 5, data: { tag, payload }, timestamp: Date.now() });
  }

  /** @param {number} type @param {any} data */
  #happened(type, data) {
    if (type === 4) data.href = safeAddress((this.#href = data.href));
    if (type === 2) this.#rootId = this.#dom?.idOf(document.documentElement) ?? -1;
    this.#emit({ type, data, timestamp: Date.now() });
    if (type !== 2) return;
    for (const event of this.#early.splice(0)) this.#pass({ ...event, timestamp: Date.now() });
  }

  /** What rrweb saw. @param {RrwebEvent} event */
  #behaved(event) {
    if (event.data.source === 5 && event.data.text) event.data.text = MASK;
    this.#pass(event);
  }

  /** What rrweb names by -1 is not told yet, and is said of the page as a whole. @param {RrwebEvent} event */
  #pass(event) {
    if (!this.#dom?.hasBegun) return void (this.#early.length < EARLY && this.#early.push(event));
    const { data } = event;
    if (location.href !== this.#href) this.#happened(4, { href: location.href, width: innerWidth, height: innerHeight });
    if (data.id === -1) data.id = this.#rootId;
    for (const position of data.positions ?? []) if (position.id === -1) position.id = this.#rootId;
    this.#emit(event);
  }
}

/** Once the page's markup is there; rrweb would wait for it too, and for its pictures. */
function ready() {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((done) => document.addEventListener("DOMContentLoaded", () => done(undefined), { once: true }));
}
