// @ts-check
/** Being in a party: coming, coming back after a loss or a reload without having missed anything, and going. */

import { Memory } from "./memory.js";
import { Refused } from "./refused.js";
import { after, CHANGES } from "./session.js";

/** @import { Vitrine } from "../realtime/client.js" */
/** @import { Ack, Created, Events, Session } from "./messages.js" */

const HEARTBEAT = 60_000; // ms; a party in which nobody says anything for half an hour is over

export class Membership {
  clientId = "";
  /** @type {Session | null} */ session = null;
  /** @type {Created | null} */ created = null;
  missed = false; // whether what is heard now happened while one was away
  memory = new Memory();
  /** @type {Map<string, string>} */ #names = new Map();
  #client;
  #tell;
  #forget = () => {};
  #beating = 0;

  /** @param {Vitrine} client @param {(name: string, payload: any) => void} tell */
  constructor(client, tell) {
    this.#client = client;
    this.#tell = tell;
    this.#hear();
  }

  /** @param {string} userId */
  isMe(userId) {
    return userId === this.clientId || this.memory.knows(userId);
  }

  /** @param {string} userId */
  nameOf(userId) {
    return this.#names.get(userId) ?? "Someone";
  }

  // --- coming and going

  /** @param {string} sessionId @param {string} userName @returns {Promise<Session>} */
  join(sessionId, userName) {
    this.#forget();
    this.missed = this.memory.enter(sessionId, userName);
    return new Promise((joined, refused) => {
      const hearers = {
        entered: (/** @type {Ack} */ ack) => {
          if (ack.ok) joined(this.#arrive());
          else if (!ack.retryAfter || ack.code === "forbidden") this.#refused(new Refused(ack), refused); // a busy server is asked again
        },
        resumed: (/** @type {{ recovered: boolean }} */ { recovered }) => {
          joined(this.#arrive());
          this.#tell("resumed", { recovered });
        },
      };
      const how = { everyTime: true, from: this.memory.kept?.position ?? undefined };
      this.#forget = this.#client.enter("JOIN_SESSION", { payload: { sessionId, userName } }, hearers, how);
      this.#client.connect();
      const unwatch = this.#client.watch(({ state }) => {
        if (state !== "closed") return;
        unwatch();
        refused(new Refused({ ok: false, code: "offline", message: "The connection is closed" }));
      });
    });
  }

  async leave() {
    if (!this.session) return;
    const { sessionId } = this.session;
    this.#forget(); // whatever the answer, one does not come back by oneself
    await this.#client.send("LEAVE_SESSION", { payload: { sessionId } }, { keep: false });
    this.#end({ reason: "left" });
  }

  /** The connection ends, and the place is kept for a while. */
  pause() {
    clearInterval(this.#beating);
  }

  /** All that was missed has been heard. */
  #arrive() {
    this.missed = false;
    clearInterval(this.#beating);
    this.#beating = setInterval(() => this.#client.say("HEARTBEAT", { payload: {} }), HEARTBEAT);
    this.#remember();
    return /** @type {Session} */ (this.session);
  }

  /**
   * Whoever is not let in hears it from `join`; whoever was in and is not let back, from `ended`.
   * @param {Refused} error
   * @param {(error: Refused) => void} refused
   */
  #refused(error, refused) {
    if (this.session) return this.#end({ reason: "gone", code: error.code, message: error.message });
    this.#clear();
    return refused(error);
  }

  /** @param {Events["ended"]} how */
  #end(how) {
    this.#clear();
    this.#tell("ended", how);
  }

  #clear() {
    this.#forget();
    clearInterval(this.#beating);
    this.memory.forget();
    this.session = null;
  }

  // --- hearing

  #hear() {
    /** @type {(type: string, change?: (payload: any) => void) => void} */
    const on = (type, change = () => {}) =>
      void this.#client.on(type, ({ payload, room }) => {
        change(payload);
        this.#tell(type, payload);
        if (room) this.#remember();
      });

    on("CLIENT_ID", ({ clientId }) => (this.clientId = clientId));
    on("SESSION_CREATED", (created) => (this.created = created));
    on("SESSION_STATE", (session) => this.#become(session));
    for (const type of CHANGES) on(type, (told) => this.session && this.#become(after(this.session, type, told)));
    on("SYNC_EVENT", (payload) => this.#tell(payload.eventType, payload));
    on("SESSION_LEFT", ({ reason }) => reason && this.#end({ reason })); // without one it is the answer to `leave`
    on("WEBRTC_SIGNAL");
    on("ERROR");
    this.#client.watch((status) => {
      if (status.state === "waiting") this.missed = this.session !== null;
      this.#tell("status", status);
    });
  }

  /** @param {Session} session */
  #become(session) {
    this.session = session;
    this.memory.be(this.clientId);
    for (const { userId, userName } of session.participants) this.#names.set(userId, userName);
    this.#tell("state", session);
  }

  /** After the listeners have heard: a page that ends here has heard it, and one that ended before hears it again. */
  #remember() {
    this.memory.stand(this.#client.position(`shopping:${this.session?.sessionId}`));
  }
}
