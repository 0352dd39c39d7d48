/** Things as REST answers for them and the socket tells them, as far as the pages look; browsers never load this file. */

import type { Pin } from "../../realtime/client.js";

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
  seq?: number; // left out on connections that do not recover
  answers?: string | null; // the id of the line that staff answer by this one
  role?: string; // over sockets: only of those who look after the chat
  user?: { role: string } | null; // over REST
  badge?: string;
  author?: string; // the same for all that one person writes
}

export interface ClickStats {
  productId: string;
  uniqueClicks: number;
  totalClicks: number;
  clickThroughRate: number;
}

/** What happened in one minute of a show. */
export interface Minute {
  minute: string;
  viewers: number;
  joins: number;
  leaves: number;
  lines: number;
  reactions: number;
  clicks: number;
  carts: number;
  productName: string | null;
}

/** A question of a viewer. */
export interface Question {
  questionId: number;
  messageId: string;
  message: string;
  userId: number | null;
  userName: string;
  status: string;
  votes: number;
}

/** A show as REST answers for it, as far as the pages look. */
export interface Show {
  status: string;
  title: string;
  description: string | null;
  category: string | null;
  startsAt: string | null;
  guestChat: boolean;
  accountMinutes: number;
  reactionKinds: string[];
  slowMode: number;
  pinnedMessage: ChatLine | null;
  hostAway: boolean;
  products: Product[];
  activeProduct: Product | null;
  reactionCounts: Record<string, number>;
}

/** The snapshot of a show's room. */
export interface ShowState extends Show {
  viewerCount: number;
  likes: number;
  pinnedProducts: Pin[];
  messages: ChatLine[];
  questions: Question[];
}
