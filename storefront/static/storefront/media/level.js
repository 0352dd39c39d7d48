// @ts-check
/** How loud a microphone is, so that nobody speaks into a dead one. */

const PACE = 80; // ms between two looks
const HEARD = 0.3; // the level from which on it is a voice, and not the room
const QUIETEST = -60; // dB that still move the meter; 0 dB is as loud as it gets

export class Level {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {MediaStreamAudioSourceNode | null} */ #source = null;
  /** @type {MediaStreamTrack | null} */ #track = null;
  #timer = 0;
  #element;

  /** Whether something has been heard from the microphone that is followed. */
  heard = false;

  /** @param {HTMLElement} element that has the role of a meter */
  constructor(element) {
    this.#element = element;
  }

  /** Follows this microphone from now on, or none. @param {MediaStreamTrack | null} track */
  follow(track) {
    if (track === this.#track) return;
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#track = track;
    this.heard = false;
    this.#show(0);
    if (!track) return;
    const context = (this.#context ??= new AudioContext());
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    const samples = new Float32Array(analyser.fftSize);
    this.#source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    this.#source.connect(analyser); // and no further: one does not hear oneself
    void context.resume();
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const level = loudness(samples);
      this.heard ||= level > HEARD;
      this.#show(level);
    }, PACE);
  }

  /** @param {number} level from 0 to 1 */
  #show(level) {
    this.#element.style.setProperty("--level", level.toFixed(2));
    this.#element.ariaValueNow = String(Math.round(level * 100));
  }
}

/** From silence, 0, to as loud as it gets, 1, as ears weigh it. @param {Float32Array} samples */
function loudness(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power || Number.MIN_VALUE);
  return Math.min(1, Math.max(0, 1 - decibels / QUIETEST));
}
