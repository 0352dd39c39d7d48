// @ts-check
/** Speaking with each other: one connection between every two who speak, found through the party's own socket. */

import { guestHeaders } from "../realtime/client.js";
import { Peer } from "../realtime/peer.js";

/** @import { Speaker, Voices } from "./messages.js" */
/** @import { Together } from "./sdk.js" */
/** @typedef {{ muted: boolean, camera: boolean }} Manner */

const MOST = 6; // each one's upload grows with the number of the others

export class Voice {
  /** @type {Map<string, Manner>} */ #speakers = new Map();
  /** @type {Map<string, Peer>} */ #peers = new Map();
  /** @type {MediaStream | null} */ #own = null;
  #muted = false;
  #camera = false;
  #together;
  #iceServers;
  #changed;

  /**
   * @param {Together} together
   * @param {string} iceServers the address of their list
   * @param {(state: Voices) => void} changed
   */
  constructor(together, iceServers, changed) {
    this.#together = together;
    this.#iceServers = iceServers;
    this.#changed = changed;
    together.on("VOICE_STATE", ({ sourceId, joined, muted, camera }) => {
      this.#heard(sourceId, joined ? { muted: Boolean(muted), camera: Boolean(camera) } : null);
    });
    together.on("WEBRTC_SIGNAL", ({ sourceId, signal }) => this.#signalled(sourceId, signal));
    together.on("PARTICIPANT_JOINED", () => this.#own && this.#announce());
    together.on("state", ({ participants }) => {
      const here = new Set(participants.map(({ userId }) => userId));
      for (const userId of [...this.#speakers.keys(), ...this.#peers.keys()]) if (!here.has(userId)) this.#heard(userId, null);
    });
    together.on("CLIENT_ID", () => this.#own && this.#dropAll()); // one is someone else now, and is called anew
    together.on("resumed", () => this.#own && this.#announce());
    together.on("ended", () => this.leave());
  }

  /** Who speaks and how. @returns {Voices} */
  get state() {
    const speakers = [...this.#speakers].map(([userId, manner]) => this.#seen(userId, manner));
    return { joined: this.#own !== null, muted: this.#muted, camera: this.#camera, own: this.#own, speakers };
  }

  /** Speaks, and with `camera` is seen too. The browser asks for permission; its refusal is thrown. */
  async join({ camera = false } = {}) {
    if (this.#own) return;
    if (this.#speakers.size >= MOST) throw new Error(`At most ${MOST} can speak at once`);
    this.#own = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true }, video: false });
    this.#muted = false;
    if (camera) await this.#film();
    this.#announce();
  }

  leave() {
    if (!this.#own) return;
    for (const track of this.#own.getTracks()) track.stop();
    this.#own = null;
    this.#camera = false;
    this.#dropAll();
    this.#announce();
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.#muted = muted;
    for (const track of this.#own?.getAudioTracks() ?? []) track.enabled = !muted;
    this.#announce();
  }

  /** @param {boolean} on */
  async camera(on) {
    if (!this.#own || on === this.#camera) return;
    if (on) await this.#film();
    else this.#darken();
    this.#announce();
  }

  // --- one's own

  async #film() {
    const filmed = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 320 }, frameRate: { ideal: 15 } } });
    const [track] = filmed.getVideoTracks();
    if (!this.#own || !track) return filmed.getTracks().forEach((each) => each.stop());
    this.#own.addTrack(track);
    this.#camera = true;
    for (const peer of this.#peers.values()) void peer.replaceTrack("video", track, this.#own);
  }

  #darken() {
    for (const track of this.#own?.getVideoTracks() ?? []) {
      track.stop();
      this.#own?.removeTrack(track);
    }
    this.#camera = false;
    for (const peer of this.#peers.values()) void peer.replaceTrack("video", null);
  }

  #announce() {
    const manner = { joined: this.#own !== null, muted: this.#muted, camera: this.#camera };
    this.#together.sync("VOICE_STATE", manner).catch(() => {}); // outside of a party there is nobody to tell
    this.#tell();
  }

  // --- the others

  /** @param {string} userId @param {Manner | null} manner */
  #heard(userId, manner) {
    if (this.#together.isMe(userId)) return;
    const news = manner && !this.#speakers.has(userId);
    if (manner) this.#speakers.set(userId, manner);
    else this.#speakers.delete(userId);
    if (news && this.#peers.has(userId)) this.#peers.get(userId)?.resume(); // an offer made before it spoke went unheard
    else if (manner) this.#reach(userId);
    else this.#drop(userId);
    this.#tell();
  }

  /** Whoever speaks already calls who comes; where two come at once both do, and the polite one gives way. @param {string} userId */
  #reach(userId) {
    const known = this.#peers.get(userId);
    if (known || !this.#own || this.#peers.size >= MOST - 1) return known; // two may have come as the last one
    const peer = new Peer({
      polite: this.#together.clientId < userId,
      send: (signal) => this.#together.signal(userId, signal),
      configure: () => this.#configure(),
    });
    this.#peers.set(userId, peer);
    peer.on("state", () => this.#tell());
    peer.on("track", () => this.#tell());
    peer.share(this.#own);
    return peer;
  }

  async #configure() {
    const headers = await guestHeaders(new URL(this.#iceServers).origin);
    return (await fetch(this.#iceServers, { headers })).json();
  }

  /** @param {string} userId @param {any} signal */
  #signalled(userId, signal) {
    const understood = signal?.sdp ? { description: signal } : signal; // as other clients say it
    if (understood?.description || understood?.candidate) void this.#reach(userId)?.hear(understood);
  }

  /** @param {string} userId */
  #drop(userId) {
    this.#peers.get(userId)?.close();
    this.#peers.delete(userId);
  }

  #dropAll() {
    for (const userId of [...this.#peers.keys()]) this.#drop(userId);
  }

  /** @param {string} userId @param {Manner} manner @returns {Speaker} */
  #seen(userId, { muted, camera }) {
    const peer = this.#peers.get(userId);
    return { userId, muted, camera, stream: peer?.remote ?? null, state: peer?.state ?? "absent" };
  }

  #tell() {
    this.#changed(this.state);
  }
}
