/** What travels between those who shop together, for those who use sdk.js with a type checker; browsers never load this file. */

import type { Ack, Cart, CartItem, Position, Share, Status } from "../realtime/client.js";

export type { Ack, Cart, CartItem, Position, Share, Status };

export interface Options {
  /** Where the server is; by default where sdk.js came from. */
  server?: string;
  /** How others see one, unless `create` or `join` say otherwise. */
  userName?: string;
  /** An access token, sent as a subprotocol and never in the address. */
  token?: string;
}

export interface Participant {
  userId: string;
  userName: string;
}

export interface Tally {
  productId: string;
  up: number;
  down: number;
}

/** A party as it is now. */
export interface Session {
  sessionId: string;
  host: string;
  participants: Participant[];
  metadata: Record<string, unknown>;
  expiresAt: number;
  showId: string | null;
  cart: Cart;
  votes: Tally[];
}

export interface Created {
  sessionId: string;
  inviteLink: string;
  expiresAt: number;
}

/** What this tab remembers of the party it was in, so that a reload misses nothing. */
export interface Remembered {
  sessionId: string;
  userName: string;
  /** The client ids that one had here: what one said before a reload is still one's own. */
  ids: string[];
  /** One's own votes by product. */
  votes: Record<string, number>;
  /** What was heard last. */
  position: Position | null;
}

/** Fields that the server adds to what others did. */
export interface From {
  sourceId: string;
  timestamp: number;
}

export interface Pointer {
  x: number;
  y: number;
  pageX: number;
  pageY: number;
  width: number;
  height: number;
}

export interface Scrolled {
  scrollTop: number;
  scrollLeft: number;
  docHeight: number;
  docWidth: number;
  viewHeight: number;
  viewWidth: number;
}

export interface Navigated {
  /** Where the friend went; left out of what is received where it leads to another site. */
  url?: string;
  productId?: string;
  productName?: string;
  view?: string;
}

/** What one does for others to follow, by `eventType`. Other types pass too, unchanged. */
export interface SyncEvents {
  NAVIGATE: Navigated;
  CHAT_MESSAGE: { message: string };
  REACTION: { reaction: string };
  CURSOR_MOVE: Pointer;
  SCROLL_REQUEST: Scrolled;
  CART_UPDATE: { cart: unknown[] };
  VOICE_STATE: { joined: boolean; muted: boolean; camera?: boolean };
}

type Synced = { [T in keyof SyncEvents]: SyncEvents[T] & From & Record<string, any> };

/** What `on` tells: the wire's own names, and in lower case what the SDK makes of them. */
export interface Events extends Synced {
  CLIENT_ID: { clientId: string };
  PARTICIPANT_JOINED: Participant;
  PARTICIPANT_LEFT: { userId: string; reason?: string };
  HOST_CHANGED: { userId: string };
  CART_STATE: Cart;
  VOTE_STATE: Tally;
  WEBRTC_SIGNAL: { sourceId: string; signal: any };
  ERROR: { message: string };
  /** The party changed: someone came or went, another host, the cart, a vote. */
  state: Session;
  /** The connection's own state. */
  status: Status;
  /** Back after a loss or a reload; `recovered: false` if too much was missed to be told. */
  resumed: { recovered: boolean };
  /** One is no longer in the party: `left` by one's own wish, `removed` by the host, `gone` where there is none (any more). */
  ended: { reason: "left" | "removed" | "gone" | (string & {}); code?: string; message?: string };
  /** Who speaks, or how, has changed. */
  voice: Voices;
}

/** How an event was heard: `missed` ones happened while one was away. */
export interface Heard {
  missed: boolean;
}

export interface Speaker {
  userId: string;
  muted: boolean;
  camera: boolean;
  /** `null` where one is not in the voice chat oneself. */
  stream: MediaStream | null;
  state: "absent" | "connecting" | "connected" | "reconnecting" | "closed";
}

export interface Voices {
  joined: boolean;
  muted: boolean;
  camera: boolean;
  /** One's own camera and microphone. */
  own: MediaStream | null;
  speakers: Speaker[];
}

/** One kind of thing in an order. Amounts are integers of minor units. */
export interface BoughtItem {
  /** A product of ours. */
  productId?: string;
  /** The shop's own id of it. */
  itemId?: string;
  name?: string;
  quantity?: number;
  price?: number;
}

export interface Basket {
  items?: BoughtItem[];
}

/** An order as its buyer's page reports it: `value` is that of the whole order, in minor units of an ISO 4217 currency. */
export interface ReportedPurchase extends Basket {
  orderId: string;
  currency: string;
  value: number;
  /** `vitrine_ref` of the address by which the buyer came to the shop. */
  vitrineRef?: string;
}

export interface Reported {
  orderId: string;
  confirmed: boolean;
}

/** To which server, by default the one that this script came from, and as which account. */
export interface Reporting {
  server?: string;
  token?: string;
}
