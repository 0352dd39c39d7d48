// @ts-check
/** The video of a replay. While a part of it plays the show's time is the picture's own, so that nothing drifts apart. */

/** @typedef {{ t: number, duration: number, url: string, isPlaylist?: boolean }} Part in ms of the show's time */
/** @typedef {{ from: number, to: number, startedAt: string, video: Part[], playlist: string | null }} Facts of a replay */

const APART = 300; // ms between picture and clock beyond which the picture is sent to its place

export class Film {
  /** @type {Part | null} */ #part = null;
  /** @type {Set<Part>} those that can't be played: the clock goes on without them */ #broken = new Set();

  #close = () => {}; // lets go of what is shown

  /** @param {HTMLElement} stage @param {HTMLVideoElement} video @param {Facts} facts */
  constructor(stage, video, { to, startedAt, video: files, playlist }) {
    this.stage = stage;
    this.video = video;
    this.startedAt = Date.parse(startedAt);
    this.parts = playlist && !files.length ? [{ t: 0, duration: to + 1, url: playlist, isPlaylist: true }] : files;
    video.preload = "auto";
    video.addEventListener("error", () => this.#fail());
    for (const change of ["loadeddata", "resize", "emptied"]) video.addEventListener(change, () => this.#mark());
  }

  /**
   * Brings the picture to the moment `t`; returns which moment it shows while it plays, or null where there is none.
   * @param {number} t
   * @param {boolean} playing
   * @param {number} speed
   * @returns {number | null}
   */
  lead(t, playing, speed) {
    const { video } = this;
    const part = this.parts.find((each) => each.t <= t && t < each.t + each.duration && !this.#broken.has(each)) ?? null;
    if (part !== this.#part) this.#show(part);
    if (!part) return null;
    const shown = part.t + video.currentTime * 1000;
    if (video.ended && Math.abs(shown - t) < APART) return part.t + part.duration; // a little shorter than it says
    if (Math.abs(shown - t) > APART && !video.seeking) video.currentTime = (t - part.t) / 1000;
    if (video.playbackRate !== speed) video.playbackRate = speed;
    if (playing && video.paused) void this.#play();
    if (!playing && !video.paused) video.pause();
    const waits = video.seeking || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    return waits || Math.abs(shown - t) > APART ? t : shown;
  }

  /** @param {Part | null} part */
  #show(part) {
    this.#close();
    this.#close = () => {};
    this.#part = part;
    if (part?.isPlaylist) void this.#open(part);
    else if (part) this.video.src = part.url;
    else if (this.video.hasAttribute("src")) {
      this.video.removeAttribute("src");
      this.video.load(); // lets go of the file
    }
    this.#mark();
  }

  /** @param {Part} part a playlist: when in the show it begins, it may say itself */
  async #open(part) {
    const { play } = await import("./playlist.js");
    if (this.#part !== part) return;
    const placed = (/** @type {number | null} */ beganAt, /** @type {number} */ duration) => {
      if (beganAt !== null) part.t = beganAt - this.startedAt;
      part.duration = duration;
    };
    this.#close = play(part.url, this.video, { placed, failed: () => this.#fail() });
  }

  /** The clock goes on without it. */
  #fail() {
    if (this.#part) this.#broken.add(this.#part);
    this.#show(null);
  }

  /** With sound where the browser lets a page begin with it, else without. */
  async #play() {
    try {
      await this.video.play();
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "NotAllowedError") return; // another part has come meanwhile
      this.video.muted = true;
      await this.video.play().catch(() => {});
    }
  }

  #mark() {
    const { video, stage } = this;
    stage.dataset.seen = String(this.#part !== null && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0);
    stage.dataset.shape = video.videoWidth < video.videoHeight ? "tall" : "wide";
  }
}

/** A button that takes the sound away. @param {HTMLElement} button @param {HTMLVideoElement} video */
export function offerSound(button, video) {
  const draw = () => {
    button.dataset.muted = String(video.muted);
    button.ariaLabel = video.muted ? "Turn on the sound" : "Turn off the sound";
  };
  button.hidden = false;
  button.addEventListener("click", () => (video.muted = !video.muted));
  video.addEventListener("volumechange", draw);
  draw();
}
