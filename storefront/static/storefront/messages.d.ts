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

export interface ClickStats {
  productId: string;
  uniqueClicks: number;
  totalClicks: number;
  clickThroughRate: number;
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
  error: { message: string; code?: string };
}
