// @ts-check
/**
 * The frame in which a recording is seen. It has no network, and the page that it lies in tells it by messages what to
 * show. One Replayer shows one part of the recording, which begins with a full snapshot; the next part gets a new one.
 */

import { clean } from "./clean.js";
import { Translator } from "./shopaloud.js";

/** @import { Recorded } from "./shopaloud.js" */
/** @import { RrwebEvent } from "./clean.js" */

const DRIFT = 200; // ms by which the picture may differ from the clock of the page
const SETTLES = 1000; // ms after its snapshot a page is whole: capture tells what is on it bit by bit
const FULL = 2; // rrweb's numbers
const INCREMENTAL = 3;
const META = 4;
const CUSTOM = 5;
const INTERACTION = 2;
const CLICK = 2;

/** @typedef {{ from: number, to: number, at: number, running: boolean, speed: number, old: boolean, scene: Recorded | null, scroll: [number, number], events: Recorded[] }} Part */

/** A part of the recording on the screen. */
class Shown {
  #translator = new Translator();
  #old;
  #from;
  #settled = 0;
  #moving = false;
  /** @type {{ width: number, height: number } | undefined} */ #size;
  /** @type {{ x: number, y: number } | null} */ #passed = null; // where the last click was that a jump went over

  /** @param {Part} part */
  constructor(part) {
    this.#old = part.old;
    this.#from = part.from;
    this.root = document.createElement("div");
    this.root.className = "part";
    this.root.inert = true;
    document.body.append(this.root);
    const events = this.#readable(part.events, true);
    if (part.old || !events.some(({ type }) => type === FULL)) {
      events.unshift(...this.#translator.open(part.from, part.scene, part.scroll));
    }
    const snapshot = events.find(({ type }) => type === FULL)?.timestamp ?? part.from;
    this.#settled = Math.min(snapshot + SETTLES, part.to) - part.from;
    // The player counts from its first event, and is at its end with its last, though more may come before that.
    const marks = [part.from, part.to].map((timestamp) => ({ type: CUSTOM, data: { tag: "edge", payload: {} }, timestamp }));
    events.unshift(marks[0]);
    events.push(marks[1]);
    const options = { root: this.root, speed: part.speed, mouseTail: { strokeStyle: "#7c3aed" }, triggerFocus: false };
    this.player = new rrwebReplay.Replayer(events, { ...options, showWarning: false });
    this.player.on("resize", (/** @type {{width: number, height: number}} */ size) => this.#fit(size));
    this.player.on("event-cast", (/** @type {RrwebEvent} */ event) => this.#cast(event));
    this.player.iframe.title = "The recorded page";
    this.player.iframe.tabIndex = -1;
  }

  /**
   * The player begins anew at each Meta, so only that may stay which announces the part's snapshot: capture tells by
   * others that the page has changed its address.
   * @param {Recorded[]} events
   * @param {boolean} [isBeginning]
   * @returns {RrwebEvent[]}
   */
  #readable(events, isBeginning = false) {
    if (this.#old) return events.flatMap((event) => this.#translator.translate(event)).filter(clean);
    const told = events.flatMap(({ event, data, timestamp }) => (event === "rrweb" && data ? [{ ...data, timestamp }] : []));
    const announcement = isBeginning ? told.find(({ type }) => type === META) : undefined;
    return told.filter((event) => (event.type !== META || event === announcement) && clean(event));
  }

  /** @param {Recorded[]} events */
  add(events) {
    for (const event of this.#readable(events)) this.player.addEvent(event);
  }

  /** @param {number} at @param {boolean} running */
  move(at, running) {
    const asked = Math.max(at - this.#from, 0) + 1; // what happened at this very moment is shown
    const offset = running ? asked : Math.max(asked, this.#settled);
    this.#passed = null;
    this.#moving = true;
    if (running) this.player.play(offset);
    else this.player.pause(offset);
    this.#moving = false;
    if (this.#passed) this.#mark(this.#passed);
  }

  /** @param {number} at */
  check(at) {
    if (Math.abs(this.player.getCurrentTime() - (at - this.#from)) > DRIFT) this.move(at, true);
  }

  /** @param {RrwebEvent} event */
  #cast({ type, data }) {
    if (type !== INCREMENTAL || data.source !== INTERACTION || data.type !== CLICK) return;
    if (this.#moving) this.#passed = data;
    else this.#mark(data);
  }

  /** @param {{ x: number, y: number }} where */
  #mark({ x, y }) {
    const mark = document.createElement("i");
    mark.className = "click";
    Object.assign(mark.style, { left: `${x}px`, top: `${y}px` });
    mark.addEventListener("animationend", () => mark.remove());
    this.player.wrapper.append(mark);
  }

  /** @param {{ width: number, height: number }} size */
  #fit(size) {
    this.#size = size;
    const scale = Math.min(innerWidth / size.width, innerHeight / size.height);
    const [left, top] = [(innerWidth - size.width * scale) / 2, (innerHeight - size.height * scale) / 2];
    this.player.wrapper.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
    tell({ said: "size", ...size });
  }

  refit() {
    if (this.#size) this.#fit(this.#size);
  }

  remove() {
    this.player.destroy();
    this.root.remove();
  }
}

/** @type {Shown | null} */
let shown = null;
/** @type {Set<Shown>} */
const all = new Set(); // until the next part is there, the one before stays on the screen

const ORDERS = {
  /** @param {Part & { turn: number }} part */
  open(part) {
    const next = new Shown(part);
    shown = next;
    all.add(next);
    next.player.on("fullsnapshot-rebuilded", () => {
      if (next !== shown) return;
      for (const each of all) if (each !== next) each.remove(), all.delete(each);
      tell({ said: "ready", turn: part.turn });
    });
    next.move(part.at, part.running);
  },
  /** @param {{ events: Recorded[] }} order */
  add: ({ events }) => shown?.add(events),
  /** @param {{ at: number, running: boolean }} order */
  move: ({ at, running }) => shown?.move(at, running),
  stop: () => shown?.player.pause(),
  /** @param {{ speed: number }} order */
  speed: ({ speed }) => shown?.player.setConfig({ speed }),
  /** @param {{ at: number }} order */
  check: ({ at }) => shown?.check(at),
};

/** @param {object} message */
function tell(message) {
  parent.postMessage(message, location.origin);
}

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || origin !== location.origin) return;
  try {
    ORDERS[/** @type {keyof typeof ORDERS} */ (data.order)]?.(data);
  } catch (error) {
    console.warn("This part of the recording can't be shown", error);
    if (data.order === "open") tell({ said: "failed", turn: data.turn });
  }
});
addEventListener("resize", () => shown?.refit());
tell({ said: "here" });
