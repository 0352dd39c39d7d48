// @ts-check
/** Records what the host sends, for the show's replay: in parts, one for each MediaRecorder, uploaded slice by slice. */

import { ask, call, Refusal } from "../common/api.js";

/** @import { Devices } from "./devices.js" */
/** @typedef {{ begun: Promise<{ part: number, t: number } | null>, next: number }} Part */
/** @typedef {{ part: Part, data: Blob | null }} Waiting a slice or, without one, the end of the part */

const EVERY = 4_000; // ms of a slice
const MOST = 64 * 1024 * 1024; // bytes that wait for the server; beyond it nothing more is recorded
const LARGEST = 4 * 1024 * 1024; // bytes of a slice
const RATES = { videoBitsPerSecond: 2_000_000, audioBitsPerSecond: 96_000 };
const WHOLE_EVERY = 2_000; // ms between two pictures that are whole: a replay is sought and cut there
const TYPES = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
const PATIENCE = { least: 1_000, most: 15_000 }; // ms until a slice is tried again
const AGAIN = [0, 408, 429, 503]; // refusals that pass

export class ShowRecorder {
  /** @type {MediaRecorder | null} */ #recorder = null;
  #tracks = ""; // those that are recorded
  /** @type {Waiting[]} */ #waiting = [];
  #sending = false;
  #stopped = false; // for good, because of a refusal

  /** @param {string} sessionId @param {Devices} devices @param {(words: string) => void} say */
  constructor(sessionId, devices, say) {
    this.path = `sessions/${sessionId}/video`;
    this.devices = devices;
    this.say = say;
  }

  static get possible() {
    return Boolean(globalThis.MediaRecorder) && TYPES.some((type) => MediaRecorder.isTypeSupported(type));
  }

  /** Records from now on, or no more. Another camera or microphone is another part. @param {boolean} wanted */
  follow(wanted) {
    const kinds = /** @type {const} */ (["video", "audio"]);
    const tracks = kinds.flatMap((kind) => this.devices.outgoing(kind) ?? []);
    const ids = wanted && !this.#stopped ? tracks.map(({ id }) => id).join() : "";
    if (ids === this.#tracks) return;
    this.#tracks = ids;
    if (this.#recorder?.state === "recording") this.#recorder.stop();
    this.#recorder = ids ? this.#record(new MediaStream(tracks)) : null;
  }

  /** @param {MediaStream} stream */
  #record(stream) {
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const options = { mimeType, ...RATES, videoKeyFrameIntervalDuration: WHOLE_EVERY };
    const recorder = new MediaRecorder(stream, options);
    /** @type {Part} */ const part = { begun: Promise.resolve(null), next: 0 };
    recorder.onstart = () => (part.begun = this.#begin(performance.now()));
    recorder.ondataavailable = ({ data }) => data.size && this.#keep(part, data);
    recorder.onstop = () => this.#add({ part, data: null });
    recorder.start(EVERY);
    return recorder;
  }

  /** When the part began, by the show's time: the server's clock, as it was halfway to its answer. @param {number} startedAt */
  async #begin(startedAt) {
    const asked = performance.now();
    try {
      const { part, t } = await call("POST", this.path);
      const halfway = (asked + performance.now()) / 2;
      return { part, t: Math.max(0, Math.round(t - (halfway - startedAt))) };
    } catch (error) {
      this.#fail(/** @type {Error} */ (error));
      return null;
    }
  }

  /** @param {Part} part @param {Blob} data */
  #keep(part, data) {
    for (let at = 0; at < data.size; at += LARGEST) this.#add({ part, data: data.slice(at, at + LARGEST) });
    const size = this.#waiting.reduce((sum, { data: each }) => sum + (each?.size ?? 0), 0);
    if (size > MOST) this.#fail(new Error("This connection is too slow for it"));
  }

  /** @param {Waiting} waiting */
  #add(waiting) {
    this.#waiting.push(waiting);
    if (!this.#sending) void this.#send();
  }

  async #send() {
    this.#sending = true;
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      await this.#upload(first);
      this.#waiting.shift();
    }
    this.#sending = false;
  }

  /** Until it is stored, or refused for good. @param {Waiting} waiting */
  async #upload({ part, data }) {
    const begun = await part.begun;
    if (!begun) return;
    const path = `/api/${this.path}/${begun.part}`;
    const number = data ? part.next++ : 0;
    for (let wait = PATIENCE.least; ; wait = Math.min(wait * 2, PATIENCE.most)) {
      try {
        if (data) await ask(`${path}/slices/${number}${number ? "" : `?t=${begun.t}`}`, "PUT", data, { "Content-Type": "video/webm" });
        else await ask(`${path}/end`, "POST");
        return;
      } catch (error) {
        if (!(error instanceof Refusal) || !AGAIN.includes(error.status)) return this.#fail(/** @type {Error} */ (error));
        await new Promise((done) => setTimeout(done, wait));
      }
    }
  }

  /** @param {Error} error */
  #fail(error) {
    if (this.#stopped) return;
    this.#stopped = true;
    this.say(`The show is no longer recorded. ${error.message}.`.replace("..", "."));
    this.follow(false);
  }
}
