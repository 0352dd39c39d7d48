// @ts-check
/** What was written and is not answered yet: each message goes out once, over lost connections and later pages. */

import { newOp } from "../../realtime/client.js";

/** @import { Ack, Line, Vitrine } from "../../realtime/client.js" */
/** @import { Item } from "../options.js" */
/** @import { Kept } from "./kept.js" */
/** @typedef {{ changed: () => void, said: (item: Item, ack: Ack) => void }} Hearers */

const CLOCKS = 300_000; // ms by which the clocks of server and browser may differ

export class Waiting {
  #client;
  #kept;
  #hearers;
  /** @type {Map<string, Item>} by op, in the order in which they were written */ #items = new Map();
  /** @type {Set<string>} ops of those that the room has told before their answer came */ #told = new Set();

  /** @param {Vitrine} client @param {Kept} kept @param {Hearers} hearers */
  constructor(client, kept, hearers) {
    this.#client = client;
    this.#kept = kept;
    this.#hearers = hearers;
    for (const item of kept.all.waiting) this.#items.set(item.op, item);
  }

  /** Those to be shown. */
  get items() {
    return [...this.#items.values()].filter(({ op }) => !this.#told.has(op));
  }

  get isEmpty() {
    return this.#items.size === 0;
  }

  /** Goes on with what an earlier page left. */
  goOn() {
    for (const item of this.#items.values()) if (item.problem === undefined) void this.#send(item);
  }

  /** Answers false where too much waits already. @param {Omit<Item, "op" | "at">} facts */
  add(facts) {
    const item = { ...facts, op: newOp(), at: Date.now() };
    if (!this.#kept.wait(item)) return false;
    void this.#send(item);
    return true;
  }

  /** @param {string} op of a message that was refused */
  again(op) {
    const item = this.#items.get(op);
    if (!item) return;
    const { problem: _, ...rest } = item;
    void this.#send(rest);
  }

  /** @param {string} op */
  drop(op) {
    this.#items.delete(op);
    this.#kept.done(op);
    this.#hearers.changed();
  }

  /** The room has told a message of the customer's: it may be one whose answer is on its way. @param {Line} line */
  told({ text, createdAt }) {
    const upto = Date.parse(createdAt) + CLOCKS;
    const item = this.items.find((each) => each.problem === undefined && each.text === text && each.at <= upto);
    if (item) this.#told.add(item.op);
  }

  /** @param {Item} item */
  async #send(item) {
    this.#items.set(item.op, item);
    this.#kept.wait(item);
    this.#hearers.changed();
    const { op, at: _, attachments, text, ...rest } = item;
    const message = { ...rest, text, attachmentIds: attachments.map(({ id }) => id) };
    const ack = await this.#client.send("support-write", message, { op });
    if (!this.#items.has(op)) return; // everything was forgotten meanwhile
    if (ack.ok) {
      this.#items.delete(op);
      this.#told.delete(op);
      this.#kept.done(op);
      return this.#hearers.said(item, ack);
    }
    if (this.#client.status.state === "closed") return; // it stays as it is, for the next page
    const refused = { ...item, problem: ack.code === "timeout" || ack.code === "offline" ? "" : (ack.message ?? "") };
    this.#told.delete(op);
    this.#items.set(op, refused);
    this.#kept.wait(refused);
    this.#hearers.changed();
  }
}
