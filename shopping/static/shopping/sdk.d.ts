/** sdk.js as type checkers see it; browsers never load this file. */

import type {
  Ack, Basket, Created, Events, Heard, Options, Remembered, Reported, ReportedPurchase, Session, Status, SyncEvents, Voices,
} from "./messages.js";

export type * from "./messages.js";

/** What the server did not do: `code` says why, `retryAfter` (seconds) when to try again. */
export class Refused extends Error {
  constructor(ack: Ack);
  code: string;
  retryAfter: number | undefined;
}

export class Together {
  constructor(options?: Options);
  /** Speaking with each other. */
  voice: Voice;
  /** The party as it is now, or null outside of one. */
  get session(): Session | null;
  /** One's own id in the party. It changes with each connection. */
  get clientId(): string;
  get isHost(): boolean;
  /** The party that this page's address invites to (`?join=` or `?swf_join=`). */
  get invitation(): string | null;
  /** What this tab remembers of the party it was in before a reload. */
  get remembered(): Remembered | null;
  /** Whether an id is one's own, or was before a reload. */
  isMe(userId: string): boolean;
  /** How someone is called who is here, or was. */
  nameOf(userId: string): string;
  /** Opens a party and is its host. */
  create(about?: { userName?: string; metadata?: object }): Promise<Created>;
  /** Joins a party, or comes back to the one that this tab was in. */
  join(sessionId: string, about?: { userName?: string }): Promise<Session>;
  leave(): Promise<void>;
  /** Ends the connection without leaving: the place is kept for a while, as for a reload. */
  close(): void;
  /** Tries at once instead of waiting the rest of the pause. */
  retry(): void;
  /** Follows the connection's state, beginning with the present one; returns what stops it. */
  watch(watcher: (status: Status) => void): () => void;
  /** Tells the others what one does; it reaches those who are away for a moment too, except pointers and scrolls. */
  sync<T extends keyof SyncEvents | (string & {})>(
    eventType: T,
    fields?: T extends keyof SyncEvents ? SyncEvents[T] : object,
  ): Promise<void>;
  /** Puts a product into the shared cart. */
  add(productId: string, qty?: number, variantId?: string | null): Promise<void>;
  /** Takes some of a product out of it. */
  remove(productId: string, qty?: number, variantId?: string | null): Promise<void>;
  /** Says how many of a product are in it; 0 takes it out. */
  set(productId: string, qty: number, variantId?: string | null): Promise<void>;
  /** Agrees to a price that has changed: `price` is the item's `unitPrice`. */
  confirm(productId: string, price: number, variantId?: string | null): Promise<void>;
  /** For or against a product; 0 takes one's vote back. */
  vote(productId: string, value: 1 | -1 | 0): Promise<void>;
  /** Says that one begins to pay; in a party or not. See purchases.js. */
  reportCheckout(basket?: Basket): Promise<void>;
  /** Says that one has bought something; it counts as reported until the shop's server confirms it. */
  reportPurchase(purchase: ReportedPurchase): Promise<Reported>;
  /** Makes someone else the host. */
  transfer(userId: string): Promise<void>;
  /** Removes someone from the party, as only its host may. */
  dismiss(userId: string): Promise<void>;
  /** Sends one other participant what WebRTC needs to find a way. */
  signal(targetId: string, signal: object): void;
  /** Hears what happens; returns what stops it. The second argument tells whether it happened while one was away. */
  on<T extends keyof Events | (string & {})>(
    name: T,
    listener: (payload: T extends keyof Events ? Events[T] : any, heard: Heard) => void,
  ): () => void;
}

/** Up to six can speak at once, each with each. */
export interface Voice {
  /** Who speaks and how. */
  readonly state: Voices;
  /** Speaks, and with `camera` is seen too. The browser asks for permission; its refusal is thrown. */
  join(how?: { camera?: boolean }): Promise<void>;
  leave(): void;
  mute(muted: boolean): void;
  camera(on: boolean): Promise<void>;
}

declare global {
  /** For scripts that are no modules, once sdk.js has run. */
  var Vitrine: { Together: typeof Together };
}
