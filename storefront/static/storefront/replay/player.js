// @ts-check
/** The clock of a replay: where it stands, whether it runs, how fast, and what its controls do with it. */

import { moment, spoken } from "../../recordings/replay/format.js";
import { query } from "../common/dom.js";

/** @typedef {{ from: number, to: number, pauses: { from: number, to: number }[] }} Span in ms of the show's time */

/**
 * @typedef {object} Hearers
 * @property {(t: number) => boolean} ready whether what is to be shown at `t` is here; until it is, the clock waits
 * @property {(t: number, jumped: boolean) => void} moved
 * @property {() => void} played
 * @property {(t: number, playing: boolean, speed: number) => number | null} [led] what a film that plays says the time is
 */

const TICK = 100; // ms
const STEP = 5_000; // ms that an arrow key goes
const SAID_EVERY = 10_000; // ms between two texts of a slider that moves by itself: each may be read out

export class Player {
  #at;
  #last = 0; // when the clock was looked at last
  #saidAt = Number.NEGATIVE_INFINITY;
  speed = 1;
  playing = false;

  /** @param {HTMLElement} root @param {Span} span @param {Hearers} hearers */
  constructor(root, span, hearers) {
    this.root = root;
    this.span = span;
    this.hearers = hearers;
    this.#at = span.from;
    this.slider = /** @type {HTMLInputElement} */ (query("[data-scrub]", root));
    this.button = query("[data-play]", root);
    const select = /** @type {HTMLSelectElement} */ (query("[data-speed]", root));
    Object.assign(this.slider, { min: String(span.from), max: String(span.to) });
    query("[data-length]", root).textContent = moment(span.to - span.from);
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.slider.addEventListener("focus", () => this.#say());
    this.button.addEventListener("click", () => this.toggle());
    select.addEventListener("change", () => void (this.speed = Number(select.value)));
    setInterval(() => this.#tick(), TICK);
    this.#draw();
  }

  get position() {
    return this.#at;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.#at >= this.span.to) this.seek(this.span.from);
    this.playing = true;
    this.hearers.played();
    this.#last = performance.now();
    this.#draw();
    this.#say();
  }

  pause() {
    this.playing = false;
    this.hearers.led?.(this.#at, false, this.speed);
    this.#draw();
    this.#say();
  }

  /** @param {number} t */
  seek(t) {
    this.#at = this.#past(Math.max(this.span.from, Math.min(t, this.span.to)));
    this.#last = performance.now();
    this.hearers.led?.(this.#at, this.playing, this.speed);
    this.hearers.moved(this.#at, true);
    this.#draw();
    this.#say();
  }

  /** Nothing was on during a pause, so nothing of it is played. @param {number} t */
  #past(t) {
    return this.span.pauses.find(({ from, to }) => from <= t && t < to)?.to ?? t;
  }

  #tick() {
    const now = performance.now();
    const gone = (now - this.#last) * this.speed;
    this.#last = now;
    const waits = !this.hearers.ready(this.#at);
    this.root.toggleAttribute("data-waiting", this.playing && waits);
    if (!this.playing) return;
    const led = this.hearers.led?.(this.#at, !waits, this.speed) ?? null;
    if (waits) return;
    this.#at = Math.min(this.#past(led ?? this.#at + gone), this.span.to);
    this.hearers.moved(this.#at, false);
    if (this.#at >= this.span.to) {
      this.pause();
      query("[data-said]", this.root).textContent = "The show is over";
    }
    this.#draw();
  }

  #draw() {
    const { slider, root, button, span } = this;
    slider.value = String(Math.round(this.#at));
    slider.style.setProperty("--played", `${((this.#at - span.from) / Math.max(1, span.to - span.from)) * 100}%`);
    root.dataset.at = String(Math.round(this.#at));
    query("[data-time]", root).textContent = moment(this.#at - span.from);
    const words = this.playing ? "Pause" : "Play";
    if (button.ariaLabel !== words) button.ariaLabel = words;
    button.dataset.playing = String(this.playing);
    if (Math.abs(this.#at - this.#saidAt) > SAID_EVERY) this.#say();
  }

  #say() {
    this.#saidAt = this.#at;
    this.slider.ariaValueText = `${spoken(this.#at - this.span.from)} of ${spoken(this.span.to - this.span.from)}`;
  }

  /** Keys that are no letters, and not where somebody writes or chooses. @param {Document} page */
  listen(page) {
    /** @type {Record<string, () => void>} */
    const keys = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.seek(this.#at - STEP),
      ArrowRight: () => this.seek(this.#at + STEP),
      Home: () => this.seek(this.span.from),
      End: () => this.seek(this.span.to),
    };
    page.addEventListener("keydown", (event) => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement) || !Object.hasOwn(keys, key)) return;
      const isOwn = target.closest("select, textarea, input:not([data-scrub]), dialog, [data-log]");
      if (isOwn || (key === " " && target.closest("button, a, summary"))) return;
      event.preventDefault();
      keys[key]();
    });
  }
}
