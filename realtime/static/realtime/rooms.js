// @ts-check
/** The rooms that a client follows: how far each has been heard, and how it is entered again on a new connection. */

/** @import { Ack, Entering, Hearers, Position } from "./client.js" */
/** @typedef {{ type: string, fields: object, hearers: Hearers, room?: string, timer?: number } & Entering} Entry */
/** @typedef {(type: string, fields: object) => Promise<Ack>} Ask answers with `offline` where there is no connection */

const JITTER = 5; // seconds at most by which tries are spread: a busy server must not be asked by everyone at once
const LONGEST = 300; // seconds between two tries; a ban may last for days, which no timer can, or be lifted before its end

export class Rooms {
  /** @type {Ask} */ #ask;
  /** @type {Set<Entry>} */ #entries = new Set();
  /** @type {Map<string, Position>} */ #positions = new Map();
  /** @type {Map<string, any>} */ #snapshots = new Map();
  /** @type {Map<string, any[]>} */ #held = new Map(); // what rooms told between being joined and being resumed
  #tell;

  /** @param {Ask} ask @param {(message: any) => void} tell */
  constructor(ask, tell) {
    this.#ask = ask;
    this.#tell = tell;
  }

  /** @param {string} room */
  position(room) {
    return this.#positions.get(room);
  }

  /** Enters now and on every later connection; returns what ends this. @param {Entry} entry */
  add(entry) {
    this.#entries.add(entry);
    entry.room = entry.from?.room;
    if (entry.from) this.#positions.set(entry.from.room, entry.from);
    void this.#enter(entry);
    return () => {
      clearTimeout(entry.timer);
      this.#entries.delete(entry);
      this.#held.delete(entry.room ?? "");
    };
  }

  /** On a new connection: where a room was left is where it goes on. */
  enterAll() {
    for (const entry of this.#entries) void this.#enter(entry);
  }

  /**
   * Whether a message is for the listeners: an event that was heard before is not, as where two entries resume one room.
   * Only what is heard here moves the position. The answer to one's own message names a later event, with others before it.
   * @param {any} message
   */
  hear(message) {
    const { type, room, seq, epoch, state } = message;
    if (type === "snapshot") this.#snapshots.set(room, state);
    if (type === "resumed" || room === undefined || seq === undefined) return true;
    if (this.#held.get(room)?.push(message)) return false;
    const last = this.#positions.get(room);
    if (last && last.epoch === epoch && seq <= last.seq) return false;
    this.#positions.set(room, { room, seq, epoch });
    return true;
  }

  /** A refusal that says when another try may succeed is tried again then. @param {Entry} entry */
  async #enter(entry) {
    clearTimeout(entry.timer);
    const left = this.#positions.get(entry.room ?? "");
    const ack = entry.everyTime && left ? await this.#joinAgain(entry, left) : await this.#resumeOrJoin(entry, left);
    if (!ack.retryAfter || !this.#entries.has(entry)) return;
    const pause = Math.min(ack.retryAfter + Math.random() * Math.min(ack.retryAfter, JITTER), LONGEST);
    entry.timer = setTimeout(() => void this.#enter(entry), pause * 1000);
  }

  /** @param {Entry} entry @param {Position} [left] */
  async #resumeOrJoin(entry, left) {
    return (left && (await this.#resume(entry, left))) ?? (await this.#join(entry));
  }

  /**
   * What is told once it is joined is held: it is later than what was missed, which comes with resuming. Where that fails
   * for now it stays held, for the next resuming tells it again.
   * @param {Entry} entry @param {Position} left
   */
  async #joinAgain(entry, left) {
    this.#held.set(left.room, []);
    const joined = await this.#ask(entry.type, entry.fields);
    const resumed = joined.ok ? await this.#resume(entry, left) : null;
    if (resumed || joined.code === "offline") return resumed ?? joined;
    if (joined.ok) this.#stand(joined);
    this.#release(left.room);
    if (this.#entries.has(entry)) entry.hearers.entered?.(joined);
    return joined;
  }

  /** @param {string} room */
  #release(room) {
    const held = this.#held.get(room) ?? [];
    this.#held.delete(room);
    for (const message of held.sort((one, other) => one.seq - other.seq)) if (this.hear(message)) this.#tell(message);
  }

  /** Answers null where it was refused and joining may tell why. @param {Entry} entry @param {Position} left */
  async #resume(entry, { room, epoch, seq }) {
    const ack = await this.#ask("resume", { room, epoch, after: seq });
    if (!ack.ok) return ack.code === "offline" || ack.retryAfter ? ack : null;
    if (!ack.recovered) this.#stand(ack); // what was held and is in the snapshot already is not told again
    this.#release(room);
    this.#stand(ack);
    const state = this.#snapshots.get(room);
    this.#snapshots.delete(room);
    if (this.#entries.has(entry)) entry.hearers.resumed?.(ack.recovered ? { recovered: true } : { recovered: false, state });
    return ack;
  }

  /** @param {Entry} entry */
  async #join(entry) {
    const ack = await this.#ask(entry.type, entry.fields);
    if (ack.ok) entry.room = this.#stand(ack);
    if (ack.code !== "offline" && this.#entries.has(entry)) entry.hearers.entered?.(ack);
    return ack;
  }

  /** Everything after the position in the answer to an entry will be heard. @param {Ack} ack */
  #stand({ room, seq, epoch }) {
    if (room !== undefined && seq !== undefined && epoch !== undefined) this.#positions.set(room, { room, seq, epoch });
    return room;
  }
}
