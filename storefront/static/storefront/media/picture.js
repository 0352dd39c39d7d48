// @ts-check
/** The picture of a show on its stage: shown once there is something to see, with sound as far as the browser allows it. */

import { query } from "../common/dom.js";
import { ambience } from "./ambience.js";

const LOOK = 2_000; // ms between two looks at whether a live picture still moves
const STILL = "The camera is off.";

export class Picture {
  #frames = 0; // that had been shown at the last look
  #still = false;

  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.stage = stage;
    this.video = /** @type {HTMLVideoElement} */ (query("[data-picture]", stage));
    this.words = query("[data-picture-words]", stage);
    this.sound = query("[data-sound]", stage);
    const { video } = this;
    video.addEventListener("loadedmetadata", () => void this.play());
    video.addEventListener("resize", () => this.#mark());
    video.addEventListener("playing", () => this.#mark());
    video.addEventListener("emptied", () => this.#mark());
    this.sound.addEventListener("click", () => {
      video.muted = !video.muted;
      void video.play();
    });
    video.addEventListener("volumechange", () => this.#offerSound());
    this.#offerSound();
    ambience(/** @type {HTMLCanvasElement} */ (query("[data-ambience]", stage)), video);
    setInterval(() => this.#look(), LOOK);
  }

  /** What a provider of pictures needs of it. */
  get handles() {
    return { video: this.video, show: this.show, say: this.say };
  }

  /** @param {MediaStream | null} stream */
  show = (stream) => {
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.#mark();
  };

  /** Why there is no picture, or nothing. @param {string} words */
  say = (words) => {
    if (this.words.textContent !== words) this.words.textContent = words;
    this.words.hidden = !words;
  };

  /** With sound where the browser lets a page begin with it, else without: a button brings it. */
  async play() {
    try {
      await this.video.play();
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "NotAllowedError") return; // another picture has come meanwhile
      this.video.muted = true;
      await this.video.play().catch(() => {});
    }
  }

  /** A camera that was switched off leaves its last picture standing, and nothing says so but that it does not move. */
  #look() {
    const { video } = this;
    const frames = video.getVideoPlaybackQuality().totalVideoFrames;
    const still = Boolean(video.srcObject) && video.videoWidth > 0 && frames === this.#frames;
    this.#frames = frames;
    if (document.hidden || still === this.#still) return;
    this.#still = still;
    if (still && this.words.hidden) this.say(STILL);
    else if (this.words.textContent === STILL) this.say("");
    this.#mark();
  }

  /** Sound alone leaves the shop window to be seen. */
  #mark() {
    const { video, stage } = this;
    const begun = video.readyState > HTMLMediaElement.HAVE_NOTHING;
    stage.dataset.seen = String(begun && video.videoWidth > 0 && !this.#still);
    stage.dataset.shape = video.videoWidth < video.videoHeight ? "tall" : "wide";
    this.sound.hidden = !begun;
  }

  #offerSound() {
    const { muted } = this.video;
    this.sound.dataset.muted = String(muted);
    query("[data-words]", this.sound).textContent = muted ? "Turn on the sound" : "Turn off the sound";
  }
}
