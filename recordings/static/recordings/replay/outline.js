// @ts-check
/** What happened when in a recording, without the events themselves; all times are milliseconds from its start. */

/** @typedef {{ at: number, number: number, scene?: number, scroll?: [number, number] }} Keyframe */
/** @typedef {{ number: number, from: number, to: number }} Batch */
/** @typedef {{ part: number, url: string, mime: string, offset: number, duration: number, levels: string, spoken: [number, number][] }} Track */
/** @typedef {{ start: number, duration: number, old: boolean, complete: boolean, batches: [number, number, number][], keyframes: Keyframe[], pages: { at: number, url: string }[], clicks: number[], idle: [number, number][], tracks: Track[] }} Told */
/** @typedef {{ index: number, from: number, to: number, keyframe: Keyframe | null, batches: Batch[] }} Part from a full snapshot to the next */

const SOON = 5000; // ms after its start a recording has a picture, or it begins with a neutral stage

export class Outline {
  /** @param {Told} told */
  constructor(told) {
    this.start = told.start;
    this.duration = Math.max(told.duration, 1);
    this.old = told.old;
    this.pages = told.pages;
    this.clicks = told.clicks;
    this.idle = told.idle;
    this.tracks = told.tracks;
    this.spoken = told.tracks.flatMap(({ spoken }) => spoken).sort(([a], [b]) => a - b);
    /** @type {Batch[]} */
    this.batches = told.batches.map(([number, from, to]) => ({ number, from, to }));
    this.parts = this.#divide(told.keyframes);
  }

  /** @param {Keyframe[]} keyframes */
  #divide(keyframes) {
    /** @type {(Keyframe | null)[]} */
    const starts = [...keyframes];
    if (!keyframes.length || keyframes[0].at > SOON) starts.unshift(null);
    return starts.map((keyframe, index) => {
      const next = starts[index + 1];
      const [from, to] = [index ? (keyframe?.at ?? 0) : 0, next?.at ?? this.duration + 1];
      return { index, from, to, keyframe, batches: this.#between(from, to) };
    });
  }

  /** @param {number} from @param {number} to */
  #between(from, to) {
    return this.batches.filter((batch) => batch.to >= from && batch.from < to);
  }

  /** @param {number} at @returns {Part} */
  partAt(at) {
    return this.parts.findLast(({ from }) => from <= at) ?? this.parts[0];
  }

  /** Whether nothing is done or said then, and until when. @param {number} at */
  idleAt(at) {
    return this.idle.find(([from, to]) => from <= at && at < to)?.[1];
  }

  /** The moments that one can jump to. @param {"clicks" | "pages" | "spoken"} kind @returns {number[]} */
  moments(kind) {
    if (kind === "clicks") return this.clicks;
    return kind === "pages" ? this.pages.map(({ at }) => at) : this.spoken.map(([from]) => from);
  }

  /**
   * The next or previous such moment. What begins right where one is, is neither.
   * @param {"clicks" | "pages" | "spoken"} kind @param {number} at @param {1 | -1} way
   */
  jump(kind, at, way) {
    const moments = this.moments(kind);
    return way > 0 ? moments.find((each) => each > at + 50) : moments.findLast((each) => each < at - 1000);
  }
}
