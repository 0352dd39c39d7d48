// @ts-check
/** A picture that goes from the host's browser straight to each viewer's; our socket introduces them to each other. */

import { iceConfiguration } from "./ice.js";
import { Peer } from "../../realtime/peer.js";

/** @import { Seeing, Sending } from "./providers.js" */
/** @import { Signal, State } from "../../realtime/peer.js" */

const KINDS = /** @type {const} */ (["audio", "video"]);
const LINGER = 10_000; // ms that the connection of a viewer whose socket was lost is kept: it may be back
const PATIENCE = { least: 12_000, most: 300_000 }; // ms without a picture after which a viewer registers as a new one
const MOST = { video: 1_200_000, audio: 64_000 }; // bits per second to each viewer: the host uploads them once for each

const newId = () => crypto.getRandomValues(new Uint32Array(3)).join("-");

/** What a signal is called on the wire. @param {string} to @param {Signal} signal @returns {[string, object]} */
function encode(to, signal) {
  if ("candidate" in signal) return ["webrtc_ice_candidate", { to, candidate: signal.candidate }];
  const { description } = signal;
  return description.type === "offer" ? ["webrtc_offer", { to, offer: description }] : ["webrtc_answer", { to, answer: description }];
}

/**
 * Hears the signals of others; returns what stops it.
 * @param {Seeing["client"]} client
 * @param {(from: string, signal: Signal) => void} hear
 */
function signals(client, hear) {
  return [
    client.on("webrtc_offer", ({ from, offer }) => hear(from, { description: offer })),
    client.on("webrtc_answer", ({ from, answer }) => hear(from, { description: answer })),
    client.on("webrtc_ice_candidate", ({ from, candidate }) => candidate && hear(from, { candidate })),
  ];
}

// --- one who sees

class Viewer {
  /** @type {Peer | null} */ #peer = null;
  /** @type {(() => void)[]} */ #stops = [];
  #leave = () => {};
  #from = ""; // whose picture it is
  #session = ""; // of that browser's connection, as its descriptions name it
  #alone = false; // its socket is lost, though the picture may still come
  #patience = PATIENCE.least;
  #timer = 0;

  /** @param {Seeing} stage */
  constructor(stage) {
    this.stage = stage;
    const { client } = stage;
    this.#stops = [
      ...signals(client, (from, signal) => this.#hear(from, signal)),
      client.on("webrtc_broadcaster_available", ({ broadcaster }) => this.#offered(broadcaster)),
      client.on("webrtc_broadcast_stopped", ({ broadcaster, reason }) => this.#stopped(broadcaster, reason)),
      client.on("webrtc_broadcast_full", ({ message }) => this.#wait(message)),
    ];
    this.#register();
  }

  stop() {
    for (const stop of this.#stops.splice(0)) stop();
    this.#leave();
    this.#drop();
    this.stage.say("");
  }

  /** Under a new name: whoever sends to the old one has to begin anew. */
  #register() {
    this.#leave();
    const { client, sessionId, say } = this.stage;
    const entered = (/** @type {{ ok: boolean, message?: string }} */ ack) => ack.ok || say(ack.message ?? "");
    this.#leave = client.enter("webrtc_register", { peerId: `viewer-${newId()}`, userType: "customer", sessionId }, { entered });
    if (!this.#peer) say("Waiting for the picture…");
  }

  /** @param {string} broadcaster */
  #offered(broadcaster) {
    this.#alone = false;
    if (this.#peer && this.#from === broadcaster) return this.#peer.resume();
    this.#drop();
    this.#from = broadcaster;
    this.stage.say("The picture is on its way…");
    return this.#expect();
  }

  /** @param {string} broadcaster @param {string} reason */
  #stopped(broadcaster, reason) {
    if (broadcaster !== this.#from) return;
    this.#alone = reason === "left";
    if (this.#alone && this.#peer?.state === "connected") return;
    this.#drop();
    this.stage.say(reason === "left" ? "The host’s connection was lost. The picture comes back by itself." : "There is no picture at the moment.");
  }

  /** @param {string} words */
  #wait(words) {
    clearTimeout(this.#timer);
    this.stage.say(words);
  }

  /** @param {string} from @param {Signal} signal */
  #hear(from, signal) {
    if (this.#from && from !== this.#from) return;
    this.#from = from;
    if ("description" in signal && signal.description.type === "offer") {
      const session = /^o=\S+ (\S+)/m.exec(signal.description.sdp ?? "")?.[1] ?? "";
      if (session !== this.#session) this.#connect(); // from a browser, or a page of it, that is another
      this.#session = session;
    }
    void this.#peer?.hear(signal);
  }

  #connect() {
    this.#peer?.close();
    const send = (/** @type {Signal} */ signal) => this.stage.client.say(...encode(this.#from, signal));
    const peer = new Peer({ polite: true, waits: true, send, configure: iceConfiguration });
    this.#peer = peer;
    peer.on("state", (state) => this.#peer === peer && this.#follow(state));
    peer.on("fault", (error) => console.warn("The connection reports:", error));
    this.stage.show(peer.remote);
  }

  /** @param {State} state */
  #follow(state) {
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.#patience = PATIENCE.least;
      this.stage.say("");
    } else if (state === "reconnecting") {
      if (this.#alone) return this.#stopped(this.#from, "left");
      this.stage.say("The picture is coming back…");
      this.#expect();
    }
    return undefined;
  }

  #expect() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#peer?.state === "connected") return;
      this.#drop();
      this.#register();
    }, this.#patience);
    this.#patience = Math.min(PATIENCE.most, this.#patience * 2);
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#peer?.close();
    this.#peer = null;
    this.#from = this.#session = "";
    this.stage.show(null);
  }
}

// --- the one who sends

class Host {
  /** @type {Map<string, Peer>} */ #peers = new Map();
  /** @type {Map<string, number>} */ #leaving = new Map();
  /** @type {(() => void)[]} */ #stops = [];
  #stream = new MediaStream(); // that the tracks are seen in

  /** @param {Sending} stage */
  constructor(stage) {
    this.stage = stage;
    const { client, sessionId, devices } = stage;
    const peerId = `host-${newId()}`;
    devices.addEventListener("track", this.#changed);
    this.#stops = [
      ...signals(client, (from, signal) => void this.#peers.get(from)?.hear(signal)),
      client.on("webrtc_new_customer", ({ customerId }) => this.#send(customerId)),
      client.on("webrtc_customer_left", ({ customerId }) => this.#left(customerId)),
      client.on("webrtc_broadcast_stopped", ({ broadcaster, reason }) => broadcaster === peerId && this.#replaced(reason)),
      client.enter("webrtc_register", { peerId, userType: "admin", sessionId }, {
        entered: (ack) => (ack.ok ? client.say("webrtc_broadcast_start", { peerId }) : stage.say(ack.message ?? "")),
      }),
    ];
  }

  stop() {
    this.stage.client.say("webrtc_broadcast_stop");
    this.#end();
  }

  #end() {
    for (const stop of this.#stops.splice(0)) stop();
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.stage.devices.removeEventListener("track", this.#changed);
    for (const name of [...this.#peers.keys()]) this.#close(name);
  }

  /** @param {string} reason */
  #replaced(reason) {
    this.#end();
    if (reason !== "replaced") return;
    this.stage.client.say("webrtc_broadcast_stop"); // Unasked, this page does not come in again when the other one goes.
    this.stage.replaced();
  }

  /** One that is named again has lost its socket, but perhaps not the picture. @param {string} name */
  #send(name) {
    clearTimeout(this.#leaving.get(name));
    this.#leaving.delete(name);
    const known = this.#peers.get(name);
    if (known) return known.resume();
    const send = (/** @type {Signal} */ signal) => this.stage.client.say(...encode(name, signal));
    const peer = new Peer({ polite: false, send, configure: iceConfiguration });
    this.#peers.set(name, peer);
    peer.on("state", (state) => this.#follow(peer, state));
    peer.on("fault", (error) => console.warn("The connection reports:", error));
    for (const kind of KINDS) void peer.replaceTrack(kind, this.stage.devices.outgoing(kind), this.#stream);
    return undefined;
  }

  /** @param {string} name */
  #left(name) {
    clearTimeout(this.#leaving.get(name));
    this.#leaving.set(name, setTimeout(() => this.#close(name), LINGER));
  }

  /** @param {string} name */
  #close(name) {
    this.#leaving.delete(name);
    this.#peers.get(name)?.close();
    this.#peers.delete(name);
    this.#count();
  }

  /** @param {Peer} peer @param {State} state */
  #follow(peer, state) {
    if (state === "connected") void bound(peer);
    this.#count();
  }

  #count() {
    this.stage.seen([...this.#peers.values()].filter(({ state }) => state === "connected").length);
  }

  /** @param {Event} event */
  #changed = (event) => {
    const kind = /** @type {CustomEvent} */ (event).detail;
    for (const peer of this.#peers.values()) void peer.replaceTrack(kind, this.stage.devices.outgoing(kind), this.#stream);
  };
}

/** @param {Peer} peer */
async function bound(peer) {
  for (const sender of peer.connection.getSenders()) {
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) encoding.maxBitrate = MOST[sender.track?.kind === "audio" ? "audio" : "video"];
    await sender.setParameters(parameters).catch(() => {}); // a browser that cannot sends as much as it finds right
  }
}

/** @param {Seeing} stage */
export async function see(stage) {
  const viewer = new Viewer(stage);
  return () => viewer.stop();
}

/** @param {Sending} stage */
export async function send(stage) {
  const host = new Host(stage);
  return () => host.stop();
}
