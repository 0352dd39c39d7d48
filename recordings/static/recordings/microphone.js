// @ts-check
/** The voice, in chunks of a quarter of a second; Safari's mp4 in one piece, of which a new one is begun every minute. */

/** @import { Held } from "./held.js" */
/** @import { HeldHere } from "./held_here.js" */
/** @typedef {{ held: () => Held | HeldHere, begun: (mime: string) => void, chunk: () => void }} Parts */

const EVERY = 250; // ms
const WHOLE = 60_000; // ms of a piece that cannot be cut
const RATE = 32_000; // bits per second: enough for a voice
const CHUNKED = ["audio/webm;codecs=opus", "audio/webm", "audio/ogg;codecs=opus"];
const SOUND = { audio: { echoCancellation: true, noiseSuppression: true } };

export class Microphone {
  #parts;
  /** @type {MediaStream | undefined} */ #stream;
  /** @type {MediaRecorder | undefined} */ #recorder;
  #wanted = false;
  #turn = 0;
  #renewing = 0;
  /** @type {Promise<void>} */ #last = Promise.resolve();

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Asks the browser for the microphone; resolves with whether it is heard. */
  async start() {
    this.#wanted = true;
    const turn = ++this.#turn;
    try {
      const stream = await navigator.mediaDevices.getUserMedia(SOUND);
      if (!this.#wanted || turn !== this.#turn) return void end(stream);
      this.#stream = stream;
      await this.#begin(stream);
      return true;
    } catch {
      return false; // there is none, or they want none: the page is recorded without it
    }
  }

  /** Resolves once the last chunk is held. @param {boolean} keeps whether there is to be a last chunk */
  async stop(keeps) {
    this.#wanted = false;
    clearInterval(this.#renewing);
    const recorder = this.#recorder;
    const stream = this.#stream;
    this.#recorder = this.#stream = undefined;
    if (recorder && !keeps) recorder.ondataavailable = null;
    if (recorder?.state === "recording") {
      const isOver = new Promise((done) => recorder.addEventListener("stop", done, { once: true }));
      recorder.stop();
      if (stream) end(stream);
      await isOver;
    } else if (stream) {
      end(stream);
    }
    await this.#last;
  }

  /** A part of the recording's sound: what one MediaRecorder gives. @param {MediaStream} stream */
  async #begin(stream) {
    const held = this.#parts.held();
    const mime = CHUNKED.find((type) => MediaRecorder.isTypeSupported(type)) ?? "audio/mp4";
    const isChunked = mime !== "audio/mp4";
    const part = await held.part();
    if (!stream.active) return;
    const recorder = (this.#recorder = new MediaRecorder(stream, { mimeType: mime, audioBitsPerSecond: RATE }));
    let chunk = 0;
    let at = Date.now(); // when the sound of the next chunk begins
    recorder.onstart = () => ((at = Date.now()), this.#parts.begun(mime));
    recorder.ondataavailable = ({ data }) => {
      if (data.size) this.#last = this.#keep(held, data, { part, chunk: chunk++, mime, at });
      at = Date.now();
    };
    recorder.start(isChunked ? EVERY : undefined);
    if (isChunked) return;
    clearInterval(this.#renewing);
    this.#renewing = setInterval(() => {
      recorder.stop();
      void this.#begin(stream);
    }, WHOLE);
  }

  /**
   * @param {Held | HeldHere} held
   * @param {Blob} data
   * @param {{ part: number, chunk: number, mime: string, at: number }} about
   */
  async #keep(held, data, about) {
    try {
      const body = await data.arrayBuffer();
      await held.add("audio", { ...about, body, size: body.byteLength });
      this.#parts.chunk();
    } catch {
      // no room; the events beside it say so
    }
  }
}

/** @param {MediaStream} stream */
function end(stream) {
  for (const track of stream.getTracks()) track.stop();
}
