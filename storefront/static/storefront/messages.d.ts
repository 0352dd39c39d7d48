/** What travels on the flat socket, for those who use client.js with a type checker; browsers never load this file. */

/**
 * The server's answer to one message. A refusal is an answer, not an exception: `code` says why, `retryAfter` (seconds)
 * when to try again. Two codes are the client's own: `offline` (it could not be sent) and `timeout` (no answer came).
 */
export type Ack = {
  ok: boolean;
  code?: string;
  message?: string;
  retryAfter?: number;
  room?: string;
  seq?: number;
  epoch?: string;
} & Record<string, any>;

/** How the connection stands; `waiting` tells the seconds to the next try, `closed` that there will be none. */
export type Status = { state: "idle" | "connecting" | "open" | "closed" } | { state: "waiting"; seconds: number };

/** A place in a room's log: everything up to and including `seq` has been heard. Another `epoch` is another log. */
export interface Position {
  room: string;
  seq: number;
  epoch: string;
}

/** How a room was resumed: all that was missed has come as ordinary messages, or it was too much and this is the room now. */
export type Resumption = { recovered: true } | { recovered: false; state: any };

/** What a page hears of a room that it enters. */
export interface Hearers {
  /** Each answer to the joining message: the first one, and later ones where the room could not be resumed. What was said
   * before it has to be fetched. */
  entered?: (ack: Ack) => void;
  /** After a loss, once everything missed has been heard. */
  resumed?: (how: Resumption) => void;
}

export interface Options {
  /** The socket's address; by default `/ws/` of this page's origin. */
  url?: string;
  /** An access token, sent as a subprotocol and never in the address. */
  token?: string;
  /** Fetches a single-use ticket for each connection. */
  ticket?: () => Promise<string>;
}

export interface Product {
  id: string;
  name: string;
  description: string;
  price: string | number;
  originalPrice: string | number | null;
  category: string;
  inStock: boolean;
  imageUrl: string | null;
  currency?: string;
}

export interface ChatLine {
  id: string;
  message: string;
  userId: number | null;
  userName: string;
  sessionId: string;
  createdAt: string;
}

/** A product kept in view, with its place. */
export interface Pin {
  productId: string;
  name: string;
  price: string;
  image: string | null;
  displayOrder: number;
  product: Product;
}

export interface ClickStats {
  productId: string;
  uniqueClicks: number;
  totalClicks: number;
  clickThroughRate: number;
}

/** A show as REST answers for it, as far as the pages look. */
export interface Show {
  status: string;
  activeProduct: Product | null;
  reactionCounts: Record<string, number>;
}

/** The snapshot of a show's room. */
export interface ShowState extends Show {
  viewerCount: number;
  likes: number;
  pinnedProducts: Pin[];
  messages: ChatLine[];
}

/** By `type`. A payload's own `type` is called `kind` here; a payload that is no object stands in `data`. */
export interface Messages {
  "viewer-count": { data: number };
  "new-message": ChatLine;
  "message-deleted": { sessionId: string; messageId: string };
  "new-reaction": { kind: string; timestamp: string };
  "reaction-stats": { sessionId: string; percentages: Record<string, number>; total: number };
  "stream-started": { sessionId: string; status: "live"; startedAt: string };
  "stream-paused": { sessionId: string; status: string };
  "stream-resumed": { sessionId: string; status: string };
  "stream-ended": { sessionId: string; status: "ended"; endedAt: string };
  "product-showcased": { sessionId: string; productId: string; product: Product };
  "showcase-cleared": { sessionId: string };
  "product-click-stats": { sessionId: string; productStats: ClickStats[]; totalViewers: number };
  snapshot: { room: string; state: any };
  resumed: { room: string; recovered: boolean; seq: number; epoch: string };
  error: { message: string; code?: string };
}
