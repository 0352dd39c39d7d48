// @ts-check
/** One conversation: the connection with the other side, what is sent along it, and what both tell each other past the server. */

import { Peer } from "../realtime/peer.js";

/** @import { Signal, Wiring } from "../realtime/peer.js" */

/** What each tells the other about itself, such as a name and what is on. @typedef {Record<string, string | boolean>} About */

/** What one sends in every conversation. @typedef {{ tracks: Map<string, MediaStreamTrack | null>, about: About }} Own */

/**
 * @typedef {object} Hearers
 * @property {(about: About) => void} about the other side has told about itself
 * @property {() => void} silent the other side is not reached at this moment, or has closed the connection
 * @property {() => void} lost it has not been reached for so long that it will not be any more
 */

const GIVE_UP = 60_000; // ms without a way to the other side
const LONGEST = 2_000; // characters of what the other side tells about itself

export class Talk {
  /** @type {Own} */ #own;
  /** @type {Hearers} */ #hearers;
  #stream = new MediaStream();
  #session = ""; // of the other side's connection, as its descriptions name it
  #lostTimer = 0;

  /** @param {Own} own @param {Omit<Wiring, "waits">} wiring the polite side leaves the first offer to the other @param {Hearers} hearers */
  constructor(own, wiring, hearers) {
    this.#own = own;
    this.#hearers = hearers;
    this.peer = new Peer({ ...wiring, waits: wiring.polite });
    this.channel = this.#open();
    for (const kind of own.tracks.keys()) void this.send(kind);
    this.peer.on("state", (state) => this.#follow(state));
    this.#giveUpLater();
  }

  /** Whether the other side hears and sees this one, so far as can be known. */
  get reaches() {
    return this.peer.state === "connected" && this.channel.readyState !== "closed";
  }

  /** Whether a signal is of this conversation: an offer of another session comes from a page that was loaded anew. @param {Signal} signal */
  includes(signal) {
    return !isOffer(signal) || !this.#session || sessionOf(signal) === this.#session;
  }

  /** @param {Signal} signal */
  hear(signal) {
    this.#session = sessionOf(signal) || this.#session;
    void this.peer.hear(signal);
  }

  /** Sends what is one's own of this kind by now. @param {string} kind */
  async send(kind) {
    await this.peer.replaceTrack(kind, this.#own.tracks.get(kind) ?? null, this.#stream);
  }

  /** Tells what is to be told of oneself by now. */
  tell() {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(this.#own.about));
  }

  close() {
    clearTimeout(this.#lostTimer);
    this.channel.onclose = null;
    this.peer.close();
  }

  /** A channel of the same number on both sides, so that none has to announce it. */
  #open() {
    const channel = this.peer.connection.createDataChannel("about", { negotiated: true, id: 0 });
    channel.onopen = () => this.tell();
    channel.onmessage = ({ data }) => this.#hearers.about(readAbout(data));
    channel.onclose = () => this.#hearers.silent();
    return channel;
  }

  /** @param {import("../realtime/peer.js").State} state */
  #follow(state) {
    clearTimeout(this.#lostTimer);
    if (state !== "reconnecting") return;
    this.#giveUpLater();
    this.#hearers.silent();
  }

  #giveUpLater() {
    this.#lostTimer = setTimeout(() => this.#hearers.lost(), GIVE_UP);
  }
}

/** @param {Signal} signal */
export function isOffer(signal) {
  return "description" in signal && signal.description?.type === "offer";
}

/** As the origin line of a description names it (RFC 8866, section 5.2). @param {Signal} signal */
function sessionOf(signal) {
  return ("description" in signal && /^o=\S+ (\S+)/m.exec(signal.description?.sdp ?? "")?.[1]) || "";
}

/** What another browser sends may be anything. @param {unknown} data @returns {About} */
function readAbout(data) {
  if (typeof data !== "string" || data.length > LONGEST) return {};
  try {
    const said = Object.entries(JSON.parse(data) ?? {});
    return Object.fromEntries(said.filter(([, value]) => typeof value === "string" || typeof value === "boolean"));
  } catch {
    return {};
  }
}
