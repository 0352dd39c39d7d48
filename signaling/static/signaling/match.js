// @ts-check
/**
 * One's seat in a match of two, and the call between them: who is there, who rings whom, and how it ended. It speaks
 * Avari's messages over the flat socket and knows nothing of the page.
 *
 *     const match = new Match(client, { matchId, seat: { userId }, configure: iceConfiguration });
 *     match.on("stage", (stage) => ...);
 *     match.on("peer", (peer) => (video.srcObject = peer.remote));
 *     await match.send("video", track);
 *     match.enter();
 *     match.call();
 */

import { Emitter } from "../realtime/emitter.js";
import { Registration } from "./registration.js";
import { isOffer, Talk } from "./talk.js";

/** @import { Vitrine } from "../realtime/client.js" */
/** @import { Peer, Signal } from "../realtime/peer.js" */
/** @import { Place } from "./registration.js" */
/** @import { About, Own } from "./talk.js" */

/**
 * `full` while two others have the match, `refused` where it is not for this one, `alone`, `together` with the other, then
 * `calling` or `ringing`, `talking`, and `over`, from where one may call again.
 * @typedef {"entering" | "full" | "refused" | "alone" | "together" | "calling" | "ringing" | "talking" | "over"} Stage
 */

/** @typedef {{ stage: Stage, peer: Peer, about: About }} Events what each event carries */

const NAME = 80; // characters of a name that the other side is shown
const EARLY = 100; // signals kept until the call is accepted

/** @extends {Emitter<Events>} */
export class Match extends Emitter {
  /** @type {Stage} */ stage = "entering";
  /** @type {string | null} */ other = null;
  /** Whether the other side, which is being called, is in another call. */
  busy = false;
  /** The name of whoever rings, or has rung; empty where it is not known. */
  caller = "";
  /** Why it is over: a reason of Matrix' vocabulary, or `ended`, `declined`, `rejected`, `missed`, `left`, `replaced`. */
  ending = "";

  /** @type {Vitrine} */ #client;
  /** @type {Place} */ #place;
  /** @type {Registration} */ #registration;
  /** @type {Own} */ #own = { tracks: new Map(), about: {} };
  /** @type {Talk | null} */ #talk = null;
  /** @type {Signal[]} */ #early = [];
  /** @type {(() => void)[]} */ #stops = [];
  #wanted = false; // a call, as soon as there is somebody
  #accepts = false; // the next call, unasked
  #polite = false;

  /** @param {Vitrine} client @param {Place} place */
  constructor(client, place) {
    super();
    this.#client = client;
    this.#place = place;
    this.#registration = new Registration(client, place, (stage, why) => {
      this.ending = why;
      this.#become(stage);
    });
    this.#wanted = Boolean(place.seat.talking);
    this.#accepts = Boolean(place.seat.accepts);
  }

  /** The connection with the other side, while there is a call. */
  get peer() {
    return this.#talk?.peer ?? null;
  }

  /** Whether a call is wanted, or has been accepted already, and nobody is there yet. */
  get waiting() {
    return (this.#wanted || this.#accepts) && !this.other;
  }

  /** Takes the seat, now and on every later connection. */
  enter() {
    const on = this.#client.on.bind(this.#client);
    this.#stops = [
      on("joined", (said) => this.#joined(said)),
      on("user-joined", ({ userId, role }) => this.#came(userId, role)),
      on("user-left", () => this.#went()),
      on("seat-taken", () => this.#replaced()),
      on("incoming-call", ({ caller, name }) => this.#rung(caller, name)),
      on("call-busy", () => this.#become(this.stage, true)),
      on("call-accepted", () => this.stage === "calling" && this.#begin()),
      on("call-rejected", ({ reason }) => this.#rejected(reason)),
      on("call-ended", ({ reason }) => this.#ended(reason)),
      on("offer", ({ offer }) => this.#hear({ description: offer })),
      on("answer", ({ answer }) => this.#hear({ description: answer })),
      on("ice-candidate", ({ candidate }) => candidate && this.#hear({ candidate })),
    ];
    this.#registration.ask();
  }

  /** Ends the call and follows the match no longer; the seat itself goes with the connection. */
  leave() {
    if (this.stage !== "over") this.hangUp();
    this.#registration.withdraw();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Rings the other side, or whoever comes first. */
  call() {
    if (this.stage === "ringing") return this.accept();
    if (this.stage === "talking" || this.stage === "calling") return undefined;
    if (!this.#stops.length) this.enter();
    this.#wanted = true;
    return this.other ? this.#ring() : this.#become(this.stage === "over" ? "alone" : this.stage);
  }

  accept() {
    if (this.stage !== "ringing") return;
    void this.#say("accept-call");
    this.#begin();
  }

  decline() {
    if (this.stage !== "ringing") return;
    void this.#say("reject-call");
    this.#finish("declined");
  }

  /** Ends the call, or the waiting for one, however far it has got. @param {string} [reason] */
  hangUp(reason = "user_hangup") {
    if (this.stage === "ringing") return this.decline();
    if (this.stage === "talking" || this.stage === "calling") {
      void this.#say("end-call", { reason });
      return this.#finish(reason);
    }
    this.#wanted = this.#accepts = false;
    return this.#become(this.stage);
  }

  /** Sends this track of its kind, in this call and in later ones. @param {string} kind @param {MediaStreamTrack | null} track */
  async send(kind, track) {
    this.#own.tracks.set(kind, track);
    await this.#talk?.send(kind);
  }

  /** Tells the other side about this one, such as a name and what is on. @param {About} about */
  tell(about) {
    Object.assign(this.#own.about, about);
    this.#talk?.tell();
  }

  // --- the seat

  /** @param {{ userId: string, participants: string[], role?: string, resumeToken?: string }} said */
  #joined({ userId, participants, role, resumeToken }) {
    this.#registration.learn({ userId, resumeToken });
    this.#registration.keep(this.stage === "talking" || this.#wanted || this.#accepts);
    const other = participants.find((id) => id !== userId);
    if (other) this.#came(other, role);
    else if (this.other) this.#went();
    else if (this.stage !== "over") this.#become("alone");
  }

  /** Again, too, where the other side's socket was lost or its page loaded anew. @param {string} userId @param {string} [role] */
  #came(userId, role) {
    this.other = userId;
    this.#polite = role ? role === "polite" : this.#registration.userId > userId;
    if (this.stage === "talking") return this.peer?.resume();
    if (this.#wanted || this.stage === "calling") return this.#ring();
    return this.stage === "ringing" || this.stage === "over" ? undefined : this.#become("together");
  }

  #wait() {
    this.other = null;
    this.#wanted = true;
    this.#become("alone");
  }

  /** A call lives on past the server while its two sides reach each other. */
  #went() {
    this.other = null;
    if (this.stage === "talking") return this.#talk?.reaches ? undefined : this.#finish("left");
    if (this.stage === "calling") return this.#finish("left");
    if (this.stage === "ringing") return this.#finish("missed");
    return this.stage === "over" ? undefined : this.#become("alone");
  }

  /** The same user has sat down elsewhere; coming back unasked would only take the seat from there in turn. */
  #replaced() {
    this.#finish("replaced");
    this.leave();
  }

  // --- ringing

  #ring() {
    this.#wanted = false;
    this.#become("calling");
    const { name } = this.#own.about;
    void this.#say("initiate-call", name ? { name: String(name).slice(0, NAME) } : {}).then((ack) => {
      if (ack.ok || this.stage !== "calling") return;
      if (ack.code === "user_offline") this.#wait(); // the other's seat is kept, for its connection has just been lost
      else this.#finish("unknown_error");
    });
  }

  /**
   * By someone whose page was loaded anew, in the midst of a call; by both at once; or as usual.
   * @param {string} [caller] where both call: whose call it is
   * @param {string} [name]
   */
  #rung(caller, name = "") {
    if (this.stage === "calling" && caller === this.#registration.userId) return undefined; // the other side accepts
    if (this.stage === "talking" || this.stage === "calling") {
      void this.#say("accept-call");
      return this.#begin();
    }
    this.#early = [];
    this.caller = name;
    if (!this.#accepts) return this.#become("ringing");
    this.stage = "ringing";
    return this.accept();
  }

  /** @param {string} [reason] */
  #rejected(reason) {
    if (this.stage === "ringing") return this.#finish("missed");
    if (this.stage !== "calling") return undefined;
    if (reason === "timeout") return this.#finish("invite_timeout");
    return this.#finish(reason === "busy" ? "user_busy" : reason?.startsWith("user_") ? reason : "rejected");
  }

  /** @param {string} [reason] */
  #ended(reason) {
    if (this.stage === "ringing") return this.#finish("missed");
    if (this.stage !== "talking" && this.stage !== "calling") return undefined;
    return this.#finish(reason && reason !== "user_hangup" ? reason : "ended");
  }

  // --- talking

  /** Begins a conversation, or a new one where the other side has begun anew. */
  #begin() {
    this.#talk?.close();
    this.#wanted = this.#accepts = false;
    const talk = new Talk(
      this.#own,
      { polite: this.#polite, send: (signal) => this.#relay(signal), configure: this.#place.configure },
      {
        about: (about) => this.emit("about", about),
        silent: () => this.other || this.#finish("left"),
        lost: () => this.hangUp("ice_failed"),
      },
    );
    this.#talk = talk;
    this.#registration.keep(true);
    this.#become("talking");
    this.emit("peer", talk.peer);
    for (const signal of this.#early.splice(0)) this.#hear(signal);
  }

  /** @param {string} reason */
  #finish(reason) {
    this.#wanted = this.#accepts = false;
    this.#early = [];
    this.ending = reason;
    this.#talk?.close();
    this.#talk = null;
    this.#registration.keep(false);
    this.#become("over");
  }

  /** Older clients offer instead of ringing, and instead of accepting. @param {Signal} signal */
  #hear(signal) {
    if (this.stage === "calling" && isOffer(signal)) this.#begin();
    if (this.stage === "talking") {
      if (!this.#talk?.includes(signal)) this.#begin();
      return this.#talk?.hear(signal);
    }
    if (this.stage === "over" || this.#early.length >= EARLY) return undefined;
    this.#early.push(signal);
    if (!isOffer(signal)) return undefined;
    if (this.stage !== "ringing") this.caller = "";
    return this.#become("ringing");
  }

  /** @param {Signal} signal */
  #relay(signal) {
    if ("candidate" in signal) return this.#client.say("ice-candidate", { to: this.other ?? "", candidate: signal.candidate });
    const { type } = signal.description;
    return void this.#say(type, { [type]: signal.description });
  }

  // --- saying

  /** @param {string} type @param {object} [fields] */
  #say(type, fields) {
    return this.#client.send(type, { ...fields, ...(this.other && { to: this.other }) });
  }

  /** @param {Stage} stage @param {boolean} [busy] */
  #become(stage, busy = false) {
    this.stage = stage;
    this.busy = busy;
    this.emit("stage", stage);
  }
}
