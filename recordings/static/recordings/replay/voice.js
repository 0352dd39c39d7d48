// @ts-check
/** What was said: an audio element for each part, in step with the clock of the page. */

/** @import { Track } from "./outline.js" */

const JUMP = 300; // ms of drift that are corrected by a jump
const STEP = 40; // ms of drift that are corrected by going a little faster or slower
const MOST = 0.05; // by so much
const PATIENCE = 5000; // ms for which the picture waits for a voice
const LEVELS = 100; // ms that one level stands for

class Part {
  /** @param {Track} track */
  constructor(track) {
    this.from = track.offset;
    this.to = track.offset + track.duration;
    this.levels = Uint8Array.from(atob(track.levels), (letter) => letter.charCodeAt(0));
    this.isDue = false;
    this.audio = new Audio();
    this.audio.preload = "none";
    this.audio.src = track.url;
  }

  /** @param {number} at @param {boolean} running @param {number} speed */
  follow(at, running, speed) {
    const { audio } = this;
    this.isDue = at >= this.from && at < this.to;
    if (this.isDue && audio.preload === "none") audio.preload = "auto";
    if (!this.isDue || !running) {
      if (!audio.paused) audio.pause();
      if (this.isDue && Math.abs(this.#drift(at)) > JUMP) this.#jump(at);
      return;
    }
    const drift = this.#drift(at);
    if (Math.abs(drift) > JUMP) this.#jump(at);
    const nudge = Math.abs(drift) > STEP ? Math.max(-MOST, Math.min(MOST, -drift / 2000)) : 0;
    const rate = speed * (1 + nudge);
    if (audio.playbackRate !== rate) audio.playbackRate = rate;
    if (audio.paused) audio.play().catch(() => {}); // the browser may want a click first
  }

  /** How far it is ahead of the clock. @param {number} at */
  #drift(at) {
    return this.audio.currentTime * 1000 - (at - this.from);
  }

  /** @param {number} at */
  #jump(at) {
    this.audio.currentTime = (at - this.from) / 1000;
  }

  /** Whether it should be heard and has no sound to play yet. */
  get stalls() {
    const { audio } = this;
    return this.isDue && !audio.ended && !audio.error && audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }
}

export class Voice {
  #stalledFor = 0;

  /** @param {Track[]} tracks */
  constructor(tracks) {
    this.parts = tracks.map((track) => new Part(track));
  }

  /** @param {number} at @param {boolean} running @param {number} speed */
  follow(at, running, speed) {
    for (const part of this.parts) part.follow(at, running, speed);
  }

  /** Whether the picture should wait for it; it does not wait for ever. @param {number} passed ms since it was asked last */
  isAwaited(passed) {
    const stalls = this.parts.some((part) => part.stalls);
    this.#stalledFor = stalls ? this.#stalledFor + passed : 0;
    return stalls && this.#stalledFor < PATIENCE;
  }

  /** @param {boolean} muted */
  mute(muted) {
    for (const { audio } of this.parts) audio.muted = muted;
  }

  /** How loud it is then, from 0 to 1. @param {number} at */
  level(at) {
    const part = this.parts.find(({ from, to }) => at >= from && at < to);
    return part ? (part.levels[Math.floor((at - part.from) / LEVELS)] ?? 0) / 255 : 0;
  }
}
