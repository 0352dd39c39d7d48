// @ts-check
/** Sends what is held, in its order, and lets go of it once the server has stored it. */

/** @import { Ack, Vitrine } from "../realtime/client.js" */
/** @import { Choice } from "./choice.js" */
/** @import { Held, Kept, Kind } from "./held.js" */
/** @import { HeldHere } from "./held_here.js" */
/** @typedef {{ client: Vitrine, held: Held | HeldHere, choice: Choice }} Parts */
/** @typedef {{ refused: (ack: Ack) => void, spoiled: (ack: Ack) => void, sent: () => void }} Hearers */

const AT_ONCE = { events: 1, audio: 8 }; // messages whose answers are awaited together; batches keep their order
const PASSING = ["offline", "timeout", "busy", "rate_limited", "server_error"]; // it is sent again
const SPOILED = ["too_big", "validation", "conflict"]; // one message that will never be taken
const PARTS = 450; // of one recording's sound; the server takes 500
const TRIES = 5; // of a message at which the server fails
const JUMP = 1_000; // numbers; doubled each time
const MOMENT = 2; // seconds before trying again, where the server says nothing of it

export class Sender {
  #parts;
  #hearers;
  /** @type {Promise<void> | undefined} */ #run;
  #isIntroduced = false;
  #again = false;
  #isStopped = false;
  #connection = 0;
  #timer = 0;
  #jump = JUMP;
  #tries = 0;
  #unwatch;

  /** @param {Parts} parts @param {Hearers} hearers */
  constructor(parts, hearers) {
    this.#parts = parts;
    this.#hearers = hearers;
    this.#unwatch = parts.client.watch(({ state }) => {
      this.#connection++;
      this.#isIntroduced = false; // a connection is told first who it is and what they agreed to
      if (state === "open") this.kick();
    });
  }

  /** Something new is held. */
  kick() {
    if (this.#isStopped || this.#parts.client.status.state !== "open" || this.#timer) return;
    if (this.#run) this.#again = true;
    else this.#run = this.#work();
  }

  stop() {
    this.#isStopped = true;
    this.#unwatch();
    clearTimeout(this.#timer);
  }

  /** Begins anew on this connection, under another participant. */
  again() {
    this.#again = true;
    this.#isIntroduced = false;
    this.#timer ||= setTimeout(() => ((this.#timer = 0), this.kick()), 0);
  }

  /** Sends all that is held; answers whether it came to that. */
  async drain() {
    await this.#run;
    return this.#sendAll();
  }

  async #work() {
    try {
      do this.#again = false;
      while ((await this.#sendAll()) && this.#again);
    } finally {
      this.#run = undefined;
    }
  }

  /** Says who is recorded, and that they agreed; answers whether the server goes on with it. */
  async #introduce() {
    if (this.#isIntroduced) return true;
    const { client, choice } = this.#parts;
    const connection = this.#connection;
    for (const [type, fields] of /** @type {const} */ ([
      ["user:connected", { username: choice.participant }],
      ["recording:consent", choice.consent],
    ])) {
      const ack = await client.send(type, fields, { keep: false });
      if (!ack.ok) return this.#failed(ack);
      choice.count(ack.recording);
    }
    return (this.#isIntroduced = connection === this.#connection);
  }

  /** Sends until nothing is held; answers whether it came to that. */
  async #sendAll() {
    const { held } = this.#parts;
    while (!this.#isStopped) {
      if (!(await this.#introduce())) return false;
      const connection = this.#connection;
      /** @type {[Kind, Kept][]} */ const items = [];
      for (const kind of /** @type {const} */ (["events", "audio"])) {
        for (const item of await held.oldest(kind, AT_ONCE[kind])) items.push([kind, item]);
      }
      if (!items.length) return true;
      const acks = await Promise.all(items.map(([kind, item]) => this.#send(kind, item)));
      for (const [at, [kind, item]] of items.entries()) {
        const ack = /** @type {Ack} */ (acks[at]);
        const isOld = !ack.ok && connection !== this.#connection; // said on one that did not know yet who speaks
        if (!(await this.#settle(kind, item, isOld ? { ok: false, code: "offline" } : ack))) return false;
      }
      this.#hearers.sent();
    }
    return false;
  }

  /** @param {Kind} kind @param {Kept} item @returns {Promise<Ack>} */
  #send(kind, { number, body, url, part, chunk, mime, at }) {
    const { client, choice } = this.#parts;
    if (kind === "events") {
      const events = JSON.parse(/** @type {string} */ (body));
      const counted = choice.counted("events", number);
      return client.send("recording:events", { number: counted, events, url }, { keep: false });
    }
    const counted = choice.counted("parts", part ?? 0);
    if (counted >= PARTS) return Promise.resolve({ ok: false, code: "too_big", message: "Too many pieces of sound" });
    const fields = { username: choice.participant, part: counted, number: chunk, mime, timestamp: at };
    return client.send("recording:start", fields, { keep: false, bytes: /** @type {ArrayBuffer} */ (body) });
  }

  /**
   * What becomes of a message; answers whether the next ones may go on.
   * @param {Kind} kind
   * @param {Kept} item
   * @param {Ack} ack
   */
  async #settle(kind, item, ack) {
    const { held, choice } = this.#parts;
    if (ack.ok) return ((this.#tries = 0), held.remove(kind, item).then(() => true));
    if (ack.code === "conflict" && kind === "events") {
      choice.skip(this.#jump);
      this.#jump *= 2;
      return this.#failed({ ...ack, retryAfter: 0 });
    }
    const isSpoiled = SPOILED.includes(ack.code ?? "") || (ack.code === "server_error" && ++this.#tries > TRIES);
    if (!isSpoiled) return this.#failed(ack);
    this.#hearers.spoiled(ack);
    return held.remove(kind, item).then(() => true);
  }

  /** Tries again later, where that may change anything. @param {Ack} ack */
  #failed(ack) {
    if (ack.retryAfter === undefined && !PASSING.includes(ack.code ?? "")) {
      this.#hearers.refused(ack);
    } else if (this.#timer === 0) {
      this.#timer = setTimeout(() => ((this.#timer = 0), this.kick()), (ack.retryAfter ?? MOMENT) * 1000);
    }
    return false;
  }
}
