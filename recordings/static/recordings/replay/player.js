// @ts-check
/**
 * The clock of the page. The picture and the voice follow it; it waits for what has not come yet, and skips what is idle.
 * Of the recording only the part around the position is in memory: what came since its full snapshot, and a little ahead.
 */

/** @import { Outline, Part } from "./outline.js" */
/** @import { Pieces, Recorded } from "./pieces.js" */
/** @import { Screen } from "./screen.js" */
/** @import { Voice } from "./voice.js" */

const TICK = 100; // ms
const AHEAD = 20_000; // ms that are fetched before they are due, at normal speed
const RETRY = 3000; // ms until events that could not be fetched are asked for again
const CHECK = 1000; // ms between two looks at whether the picture is in step
const LEAD = 1000; // ms before something happens that an idle time ends
export const SPEEDS = [0.5, 1, 1.5, 2, 3, 4];

export class Player extends EventTarget {
  position = 0;
  playing = false;
  speed = 1;
  skips = true;
  /** @type {"" | "loading" | "failed"} */ trouble = "";
  /** @type {Part | null} */ #part = null;
  #loaded = 0; // batches of the part that the screen has
  #turn = 0;
  #opening = false;
  #filling = false;
  #retryAt = 0;
  #broken = false; // the part can't be shown
  #stuck = false; // its next events could not be fetched
  #running = false;
  #ticked = performance.now();
  #checked = 0;

  /** @param {Outline} outline @param {Pieces} pieces @param {Screen} screen @param {Voice} voice */
  constructor(outline, pieces, screen, voice) {
    super();
    this.outline = outline;
    this.pieces = pieces;
    this.screen = screen;
    this.voice = voice;
    setInterval(() => this.#tick(), TICK);
  }

  play() {
    if (this.position >= this.outline.duration) this.position = 0;
    if (this.#broken || this.outline.partAt(this.position) !== this.#part) this.#open();
    this.playing = true;
    this.#ticked = performance.now();
    this.#tick();
  }

  pause() {
    this.playing = false;
    this.#tick();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.speed = speed;
    this.screen.speed(speed);
    this.#tick();
  }

  /** @param {number} at */
  seek(at) {
    this.position = Math.max(0, Math.min(at, this.outline.duration));
    const { batches } = this.outline.partAt(this.position);
    const isThere = this.outline.partAt(this.position) === this.#part && !this.#opening;
    if (isThere && (this.#loaded >= batches.length || this.#loadedTo() > this.position)) {
      this.screen.move(this.#absolute(), this.#running);
    } else {
      this.#open();
    }
    this.#ticked = performance.now();
    this.#tick();
  }

  /** Until when the screen has everything of its part. */
  #loadedTo() {
    const next = this.#part?.batches[this.#loaded];
    return next ? next.from : Infinity;
  }

  #absolute() {
    return this.outline.start + this.position;
  }

  async #open() {
    const turn = ++this.#turn;
    this.#opening = true;
    this.#broken = this.#running = false;
    this.screen.stop();
    const part = this.outline.partAt(this.position);
    const due = part.batches.findIndex(({ from }) => from > this.position + AHEAD / 4);
    const count = due < 0 ? part.batches.length : due;
    try {
      const [events, scene] = await Promise.all([this.#events(part, 0, count), this.#scene(part)]);
      if (turn !== this.#turn) return;
      const { start, old } = this.outline;
      const order = { from: start + part.from, to: start + part.to, at: this.#absolute(), running: false, old };
      const scroll = part.keyframe?.scroll ?? /** @type {[number, number]} */ ([0, 0]);
      const isShown = await this.screen.open({ ...order, speed: this.speed, scene, scroll, events });
      if (turn !== this.#turn) return;
      this.#part = part;
      this.#loaded = count;
      this.#broken = !isShown;
      if (isShown) this.dispatchEvent(new Event("seen"));
    } catch {
      if (turn !== this.#turn) return;
      this.#broken = true;
      this.playing = false;
    }
    this.#opening = false;
    this.#ticked = performance.now();
    this.#tick();
  }

  /** @param {Part} part @param {number} from @param {number} to */
  async #events(part, from, to) {
    const events = await this.pieces.events(part.batches.slice(from, to));
    const [first, last] = [this.outline.start + part.from, this.outline.start + part.to];
    return events.filter(({ timestamp }) => timestamp >= first && timestamp < last);
  }

  /** What the page of an old recording looked like first. @param {Part} part @returns {Promise<Recorded | null>} */
  async #scene({ keyframe, from }) {
    const batch = this.outline.batches.find(({ number }) => number === keyframe?.scene);
    if (!batch) return null;
    const events = await this.pieces.events([batch]);
    const until = this.outline.start + from;
    return events.findLast((each) => JSON.stringify(each.data).includes("initialState") && each.timestamp <= until) ?? null;
  }

  async #fill() {
    const part = this.#part;
    const isBusy = this.#filling || this.#opening || performance.now() < this.#retryAt;
    if (!part || isBusy || this.#loadedTo() > this.position + AHEAD * Math.max(1, this.speed)) return;
    const turn = this.#turn;
    const from = this.#loaded;
    const to = Math.min(from + 15, part.batches.length);
    this.#filling = true;
    try {
      const events = await this.#events(part, from, to);
      if (turn === this.#turn) {
        this.screen.add(events);
        this.#loaded = to;
      }
      this.#stuck = false;
    } catch {
      this.#stuck = true;
      this.#retryAt = performance.now() + RETRY;
    }
    this.#filling = false;
  }

  /** Has the next part's first events at hand when they are due. */
  #prefetch() {
    const next = this.#part && this.outline.parts[this.#part.index + 1];
    if (!next || this.#filling || next.from > this.position + AHEAD / 2) return;
    if (this.#part?.batches.length === this.#loaded) this.pieces.events(next.batches.slice(0, 5)).catch(() => {});
  }

  #tick() {
    const now = performance.now();
    const passed = now - this.#ticked;
    this.#ticked = now;
    if (this.#running) this.#advance(passed * this.speed);
    const isMissing = this.#opening || this.#loadedTo() <= this.position;
    const isFailing = this.#broken || (isMissing && this.#stuck);
    this.trouble = isFailing ? "failed" : isMissing ? "loading" : "";
    const running = this.playing && !this.trouble && !this.voice.isAwaited(passed);
    if (running !== this.#running && !this.#opening) this.screen.move(this.#absolute(), running);
    else if (running && now - this.#checked > CHECK) {
      this.#checked = now;
      this.screen.check(this.#absolute());
    }
    this.#running = running;
    this.voice.follow(this.position, running, this.speed);
    if (!this.#opening) this.#fill().then(() => this.#prefetch());
    this.dispatchEvent(new Event("tick"));
  }

  /** @param {number} passed */
  #advance(passed) {
    this.position = Math.min(this.position + passed, this.outline.duration);
    if (this.position >= this.outline.duration) {
      this.playing = false;
      return;
    }
    const until = this.skips ? this.outline.idleAt(this.position) : undefined;
    if (until !== undefined && until - this.position > 2 * LEAD) {
      const skipped = until - LEAD - this.position;
      this.dispatchEvent(new CustomEvent("skip", { detail: skipped }));
      this.position = until - LEAD;
      this.#jumpOn();
    } else if (this.#part && this.position >= this.#part.to) {
      this.#open();
    }
  }

  #jumpOn() {
    if (this.outline.partAt(this.position) === this.#part && this.#loadedTo() > this.position) {
      this.screen.move(this.#absolute(), true);
    } else {
      this.#open();
    }
  }
}
