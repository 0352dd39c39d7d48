// @ts-check
/** The sound of a ringing call, made on the spot: two soft tones and a pause. A browser that forbids it rings in silence. */

const TONES = [523.25, 659.25]; // Hz: C5 and E5
const EVERY = 2_400; // ms from one ring to the next
const LOUD = 0.12; // of what the loudspeaker can do

export class Ringer {
  /** @type {AudioContext | null} */ #audio = null;
  #timer = 0;

  start() {
    if (this.#timer) return;
    this.#audio ??= new AudioContext();
    this.#timer = setInterval(() => this.#ring(), EVERY);
    this.#ring();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    void this.#audio?.close();
    this.#audio = null;
  }

  #ring() {
    if (this.#audio?.state === "running") TONES.forEach((tone, place) => this.#play(tone, place * 0.28));
  }

  /** @param {number} tone @param {number} after seconds */
  #play(tone, after) {
    const audio = /** @type {AudioContext} */ (this.#audio);
    const [begin, end] = [audio.currentTime + after, audio.currentTime + after + 0.55];
    const [voice, volume] = [audio.createOscillator(), audio.createGain()];
    voice.frequency.value = tone;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(LOUD, begin + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, end);
    voice.connect(volume).connect(audio.destination);
    voice.start(begin);
    voice.stop(end);
  }
}
