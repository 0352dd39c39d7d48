// @ts-check
/**
 * One WebRTC connection with one other browser: it negotiates whoever begins, comes back by itself after the network
 * changed, and says how good it is. How signals travel is the caller's business; this module knows no protocol.
 *
 *     const peer = new Peer({ polite, send: (signal) => post(signal), configure: iceConfiguration });
 *     peer.on("state", (state) => console.log(state));
 *     video.srcObject = peer.remote;
 *     peer.share(stream);
 *     onSignal((signal) => peer.hear(signal));
 *
 * Negotiation is the "perfect" one of the WebRTC recommendation, https://www.w3.org/TR/webrtc/#perfect-negotiation-example:
 * where both offer at once, the polite side takes its offer back.
 */

import { Emitter } from "./emitter.js";
import { Meter } from "./quality.js";

/** @import { Quality } from "./quality.js" */

/** @typedef {{ description: RTCSessionDescriptionInit } | { candidate: RTCIceCandidateInit }} Signal */
/** @typedef {"connecting" | "connected" | "reconnecting" | "closed"} State */
/** @typedef {{ state: State, track: MediaStreamTrack, quality: Quality, fault: Error }} Events what each event carries */

/**
 * @typedef {object} Wiring
 * @property {boolean} polite exactly one of the two sides is
 * @property {boolean} [waits] whether the first offer is left to the other side
 * @property {(signal: Signal) => void} send brings a signal to the other side, in order
 * @property {() => Promise<RTCConfiguration>} configure fetches ICE servers, anew before each restart: credentials expire
 */

const EARLY = 100; // candidates kept until there is a description they belong to
const DISCONNECTED = 1_000; // ms after which a connection that went silent is restarted; most come back sooner
const COURTESY = 1_000; // ms that the polite side leaves the other to restart first
const RETRY = { least: 4_000, most: 30_000 }; // ms between two restarts
const MEASURE_EVERY = 2_000; // ms

/** Audio and video on one port: fewer candidates, and one way through each firewall. */
const BUNDLED = /** @type {const} */ ({ bundlePolicy: "max-bundle" });

/** @extends {Emitter<Events>} */
export class Peer extends Emitter {
  /** All that comes from the other side; tracks join it as they arrive. */
  remote = new MediaStream();
  connection = new RTCPeerConnection(BUNDLED);

  /** @type {Wiring} */ #wiring;
  /** @type {Promise<void>} */ #configured;
  /** @type {State} */ #state = "connecting";
  /** @type {Map<string, RTCRtpSender>} */ #senders = new Map();
  /** @type {RTCIceCandidateInit[]} */ #early = [];
  #meter = new Meter();
  /** @type {Promise<void> | null} the offer being made */ #making = null;
  #ignoresOffer = false;
  #settingAnswer = false;
  #network = networkType();
  #tries = 0;
  #restarting = 0;
  #measuring = 0;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    super();
    this.#wiring = wiring;
    this.#configured = this.#configure();
    const { connection } = this;
    connection.onnegotiationneeded = () => this.#guard(this.#offer());
    connection.onicecandidate = ({ candidate }) => candidate && this.#send({ candidate: candidate.toJSON() });
    connection.onconnectionstatechange = () => this.#follow();
    connection.ontrack = ({ track }) => this.#arrived(track);
    addEventListener("online", this.#moved);
    networkInformation()?.addEventListener("change", this.#moved);
  }

  get state() {
    return this.#state;
  }

  /** Sends all tracks of a stream. @param {MediaStream} stream */
  share(stream) {
    for (const track of stream.getTracks()) void this.replaceTrack(track.kind, track, stream);
  }

  /**
   * Sends this track instead of the one before of its kind, without a new negotiation where there was one; null sends none.
   * @param {string} kind
   * @param {MediaStreamTrack | null} track
   * @param {MediaStream} [stream] the one the other side sees it in, if it is the first of its kind
   */
  async replaceTrack(kind, track, stream = new MediaStream()) {
    const sender = this.#senders.get(kind);
    if (sender) await sender.replaceTrack(track);
    else if (track && this.#state !== "closed") this.#senders.set(kind, this.connection.addTrack(track, stream));
  }

  /** Takes a signal from the other side; they must be given in the order in which they were sent. @param {Signal} signal */
  async hear(signal) {
    await this.#configured;
    if (this.#state === "closed") return;
    await this.#guard("description" in signal ? this.#describe(signal.description) : this.#reach(signal.candidate));
  }

  /** To be called where signals may have been lost, as after a loss of the socket that carries them. */
  resume() {
    const { signalingState, localDescription, remoteDescription } = this.connection;
    if (signalingState === "have-local-offer" && localDescription) this.#send({ description: localDescription.toJSON() });
    else if (remoteDescription && this.#state !== "connected") void this.restart();
  }

  /** Looks for a new way to the other side, with fresh ICE servers; until there is one, media goes on along the old. */
  async restart() {
    if (this.#state === "closed") return;
    this.#restartIn(Math.min(RETRY.most, RETRY.least * 2 ** this.#tries++));
    this.#configured = this.#configure();
    await this.#configured;
    if (this.connection.signalingState !== "closed") this.connection.restartIce();
  }

  close() {
    if (this.#state === "closed") return;
    removeEventListener("online", this.#moved);
    networkInformation()?.removeEventListener("change", this.#moved);
    clearTimeout(this.#restarting);
    clearInterval(this.#measuring);
    this.connection.close();
    this.#become("closed");
  }

  // --- negotiation

  async #offer() {
    await this.#configured;
    const { connection } = this;
    // Where it is too early now, the event comes again after the next answer, if there is still something to negotiate.
    if (connection.signalingState !== "stable" || (this.#wiring.waits && !connection.remoteDescription)) return;
    try {
      this.#making = connection.setLocalDescription();
      await this.#making;
      this.#sendDescription();
    } finally {
      this.#making = null;
    }
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #describe(description) {
    const { connection } = this;
    const offered = description.type === "offer";
    if (!offered && connection.signalingState !== "have-local-offer") return; // the answer to an offer taken back
    const ready = !this.#making && (connection.signalingState === "stable" || this.#settingAnswer);
    this.#ignoresOffer = offered && !ready && !this.#wiring.polite;
    if (this.#ignoresOffer) return;
    if (offered && !ready) await this.#hasGathered();
    this.#settingAnswer = !offered;
    await connection.setRemoteDescription(description).finally(() => (this.#settingAnswer = false));
    if (offered) {
      await connection.setLocalDescription();
      this.#sendDescription();
    }
    for (const candidate of this.#early.splice(0)) await this.#reach(candidate);
  }

  /**
   * Chromium that takes an offer back before it found a candidate for it may never find any again, not even after a
   * restart: then the polite side waits for its first, or for there being none.
   */
  async #hasGathered() {
    const { connection } = this;
    await this.#making?.catch(() => {}); // #offer tells of it
    const found = () => connection.localDescription?.sdp.includes("a=candidate") || connection.iceGatheringState === "complete";
    while (connection.signalingState === "have-local-offer" && !found())
      await new Promise((come) => connection.addEventListener("icecandidate", come, { once: true }));
  }

  /** @param {RTCIceCandidateInit} candidate */
  async #reach(candidate) {
    if (!this.connection.remoteDescription) {
      if (this.#early.length < EARLY) this.#early.push(candidate);
      return;
    }
    // One that belongs to an ignored or replaced offer leads nowhere, and its loss costs nothing.
    await this.connection.addIceCandidate(candidate).catch((error) => {
      if (error.name !== "OperationError" && !this.#ignoresOffer) throw error;
    });
  }

  #sendDescription() {
    const { localDescription } = this.connection;
    if (localDescription) this.#send({ description: localDescription.toJSON() });
  }

  /** @param {Signal} signal */
  #send(signal) {
    if (this.#state !== "closed") this.#wiring.send(signal);
  }

  /** What the other side sent may be anything; a connection that closed meanwhile is no fault. @param {Promise<void>} work */
  async #guard(work) {
    try {
      await work;
    } catch (error) {
      if (this.#state !== "closed") this.emit("fault", /** @type {Error} */ (error));
    }
  }

  // --- the way to the other side

  async #configure() {
    const fetched = await this.#wiring.configure().catch(() => null);
    if (fetched && this.#state !== "closed") this.connection.setConfiguration({ ...fetched, ...BUNDLED });
  }

  #follow() {
    const { connectionState } = this.connection;
    if (connectionState === "connected") return this.#connected();
    if (connectionState !== "disconnected" && connectionState !== "failed") return undefined;
    this.#become("reconnecting");
    const pause = connectionState === "failed" ? 0 : DISCONNECTED;
    return this.#restartIn(pause + (this.#wiring.polite ? COURTESY : 0));
  }

  #connected() {
    clearTimeout(this.#restarting);
    this.#tries = 0;
    this.#measuring ||= setInterval(() => void this.#measure(), MEASURE_EVERY);
    this.#become("connected");
  }

  /** @param {number} pause ms; a connection that has come back by then is left alone */
  #restartIn(pause) {
    clearTimeout(this.#restarting);
    this.#restarting = setTimeout(() => {
      if (this.connection.connectionState !== "connected") void this.restart();
    }, pause);
  }

  /** The network's type, not its estimated speed, which changes all the time. @param {Event} event */
  #moved = ({ type }) => {
    const before = this.#network;
    this.#network = networkType();
    if (this.connection.remoteDescription && (type === "online" || this.#network !== before)) void this.restart();
  };

  async #measure() {
    if (this.#state !== "connected") return;
    this.emit("quality", this.#meter.read(await this.connection.getStats()));
  }

  // --- telling

  /** @param {MediaStreamTrack} track */
  #arrived(track) {
    this.remote.addTrack(track);
    this.emit("track", track);
  }

  /** @param {State} state */
  #become(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.emit("state", state);
  }
}

/** Not in every browser. @returns {(EventTarget & { type?: string }) | undefined} */
const networkInformation = () => /** @type {any} */ (navigator).connection;

const networkType = () => networkInformation()?.type;
