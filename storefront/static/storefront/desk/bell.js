// @ts-check
/** Says that somebody has written: by a sound that can be switched off, and by a number in the page's title. */

import { keep, kept } from "./kept.js";

const SILENT = "vitrine.desk.silent";
const LASTS = 0.35; // seconds
const PAUSE = 2_000; // ms at least between two sounds

export class Bell {
  #title = document.title;
  /** @type {AudioContext | null} */ #audio = null;
  #rung = 0;
  #silent = kept(SILENT) !== "";

  /** @param {HTMLElement} button */
  constructor(button) {
    this.button = button;
    button.addEventListener("click", () => this.toggle());
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => this.#unlock(), { once: true });
    this.#draw();
  }

  toggle() {
    this.#silent = !this.#silent;
    keep(SILENT, this.#silent ? "yes" : "");
    this.#draw();
  }

  /** @param {number} count of conversations with something new */
  count(count) {
    document.title = count ? `(${count}) ${this.#title}` : this.#title;
  }

  ring() {
    const audio = this.#audio;
    if (this.#silent || !audio || Date.now() - this.#rung < PAUSE) return;
    this.#rung = Date.now();
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.setValueAtTime(880, audio.currentTime);
    tone.frequency.setValueAtTime(1175, audio.currentTime + LASTS / 3);
    volume.gain.setValueAtTime(0.15, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + LASTS);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + LASTS);
  }

  /** Browsers let a page be heard only once somebody has used it. */
  #unlock() {
    this.#audio ??= new AudioContext();
    void this.#audio.resume();
  }

  #draw() {
    this.button.ariaPressed = String(!this.#silent);
    const icon = this.button.querySelector("span");
    if (icon) icon.textContent = this.#silent ? "notifications_off" : "notifications_active";
  }
}
