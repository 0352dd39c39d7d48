// @ts-check
/** One's own camera, microphone and screen: opened with one question, chosen among, and off in truth when they are off. */

import { Emitter } from "../../realtime/emitter.js";

/** @typedef {"audio" | "video"} Kind */
/** @typedef {{ track: Kind, list: undefined, problem: string }} Events what each event carries */

/** @type {Kind[]} */
const KINDS = ["audio", "video"];
const CHOSEN = "devices"; // where the browser keeps which ones were chosen
const LISTED = /** @type {const} */ ({ audio: "audioinput", video: "videoinput" });

/** @type {Record<Kind, MediaTrackConstraints>} */
const WANTED = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { max: 30 }, facingMode: "user" },
};

/** @type {Record<string, string>} */
const PROBLEMS = {
  NotAllowedError: "Your browser keeps them from this page. Allow camera and microphone beside the address, then reload.",
  NotFoundError: "None was found on this device.",
  NotReadableError: "Another program is using it.",
  insecure: "Browsers give camera and microphone to secure pages (https) only.",
};

/** @extends {Emitter<Events>} */
export class Devices extends Emitter {
  /** What oneself sees: the camera, or the screen while it is shared. */
  preview = new MediaStream();

  /** @type {Record<Kind, MediaStreamTrack | null>} */ #tracks = { audio: null, video: null };
  /** @type {Record<Kind, string>} */ #problems = { audio: "", video: "" };
  /** @type {MediaStreamTrack | null} */ #screen = null;
  /** @type {Record<string, string>} */ #chosen = JSON.parse(localStorage.getItem(CHOSEN) ?? "{}");

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener("devicechange", () => this.emit("list", undefined));
  }

  /** What the other side is sent of this kind. @param {Kind} kind */
  outgoing(kind) {
    return kind === "video" && this.#screen ? this.#screen : this.#tracks[kind];
  }

  /** Whether the microphone is heard or the camera sees. @param {Kind} kind */
  isOn(kind) {
    return this.#tracks[kind]?.enabled ?? false;
  }

  get sharing() {
    return this.#screen !== null;
  }

  get canShare() {
    return Boolean(navigator.mediaDevices?.getDisplayMedia);
  }

  /** Asks for all at once; where one is missing, the other is opened alone. */
  async open(kinds = KINDS) {
    if (!kinds.length || (await this.#take(kinds))) return;
    for (const kind of kinds) await this.#take([kind]);
  }

  /** Switches a kind on or off; a camera that is off is let go of, so that its light is off too. @param {Kind} kind */
  async toggle(kind) {
    const track = this.#tracks[kind];
    if (!track) await this.#take([kind]);
    else if (kind === "video") this.#put("video", null);
    else {
      track.enabled = !track.enabled;
      this.emit("track", kind);
    }
  }

  /** @param {Kind} kind @param {string} id */
  async choose(kind, id) {
    this.#keep(kind, id);
    const muted = kind === "audio" && this.#tracks.audio?.enabled === false;
    if (kind === "video" && !this.#tracks.video) return;
    await this.#take([kind]);
    if (muted && this.#tracks.audio?.enabled) await this.toggle(kind);
  }

  /** Turns to the camera on the phone's other side or, where cameras have no sides, to the next one. */
  async flip() {
    const { facingMode, deviceId = "" } = this.#tracks.video?.getSettings() ?? {};
    const cameras = await this.list("video");
    const place = cameras.findIndex(({ id }) => id === deviceId);
    const next = cameras[(place + 1) % cameras.length];
    const [before, other] = [this.#chosen.video, facingMode === "environment" ? "user" : "environment"];
    this.#tracks.video?.stop(); // many phones open one camera at a time
    delete this.#chosen.video;
    const taken = await this.#take(["video"], facingMode ? { facingMode: { exact: other } } : { deviceId: { exact: next?.id ?? "" } });
    if (!taken && before) this.#chosen.video = before;
    if (!taken) await this.#take(["video"]);
    this.#keep("video", this.#tracks.video?.getSettings().deviceId ?? before ?? "");
  }

  /** Which way the camera looks that is in use, where it says so. */
  get facing() {
    return this.#screen ? "" : (this.#tracks.video?.getSettings().facingMode ?? "");
  }

  /** All that could be chosen, with the one in use; without permission they have no names. @param {Kind} kind */
  async list(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const used = this.#tracks[kind]?.getSettings().deviceId ?? this.#chosen[kind];
    return all
      .filter((device) => device.kind === LISTED[kind] && device.deviceId)
      .map(({ deviceId, label }) => ({ id: deviceId, label, used: deviceId === used }));
  }

  /** Sends the screen, a window or a tab instead of the camera, until it is called again or the browser is told to stop. */
  async share() {
    if (this.#screen) return this.#unshare();
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true }).catch(() => null); // changed one's mind
    const track = stream?.getVideoTracks()[0];
    if (!track) return undefined;
    track.contentHint = "detail"; // text stays sharp where there is too little room for both sharpness and motion
    track.addEventListener("ended", () => this.#screen === track && this.#unshare());
    this.#screen = track;
    return this.#show("video");
  }

  /** Lets go of everything. */
  close() {
    this.#unshare();
    for (const kind of KINDS) this.#put(kind, null);
  }

  #unshare() {
    if (!this.#screen) return;
    this.#screen.stop();
    this.#screen = null;
    this.#show("video");
  }

  /** @param {Kind[]} kinds @param {MediaTrackConstraints} [how] instead of what was chosen */
  async #take(kinds, how) {
    if (!navigator.mediaDevices) return this.#fail("insecure", kinds);
    const wanted = Object.fromEntries(kinds.map((kind) => [kind, { ...WANTED[kind], ...(how ?? this.#choice(kind)) }]));
    try {
      const stream = await navigator.mediaDevices.getUserMedia(wanted);
      for (const kind of kinds) this.#put(kind, stream.getTracks().find((track) => track.kind === kind) ?? null);
      for (const kind of kinds) this.#problems[kind] = "";
      this.#complain();
      this.emit("list", undefined);
      return true;
    } catch (error) {
      return this.#fail(/** @type {Error} */ (error).name, kinds);
    }
  }

  /** Answers whether trying each kind alone would be of no use. @param {string} name @param {Kind[]} kinds */
  #fail(name, kinds) {
    for (const kind of kinds) this.#problems[kind] = PROBLEMS[name] ?? "It could not be opened.";
    this.#complain();
    return name === "NotAllowedError" || name === "insecure";
  }

  #complain() {
    const { audio, video } = this.#problems;
    if (audio && video) return this.emit("problem", video);
    return this.emit("problem", audio ? `No microphone: ${audio}` : video ? `No camera: ${video}` : "");
  }

  /** @param {Kind} kind @param {string} id */
  #keep(kind, id) {
    this.#chosen[kind] = id;
    localStorage.setItem(CHOSEN, JSON.stringify(this.#chosen));
  }

  /** @param {Kind} kind */
  #choice(kind) {
    return this.#chosen[kind] ? { deviceId: { ideal: this.#chosen[kind] } } : {};
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  #put(kind, track) {
    const before = this.#tracks[kind];
    if (before === track) return;
    before?.stop();
    this.#tracks[kind] = track;
    track?.addEventListener("ended", () => this.#tracks[kind] === track && this.#put(kind, null)); // pulled out
    this.#show(kind);
  }

  /** @param {Kind} kind */
  #show(kind) {
    if (kind === "video") {
      const shown = this.outgoing("video");
      for (const track of this.preview.getTracks()) if (track !== shown) this.preview.removeTrack(track);
      if (shown) this.preview.addTrack(shown);
    }
    this.emit("track", kind);
  }
}
