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
  url?: string | null;
  sku?: string | null;
  stock?: number | null;
  variants?: Variant[];
}

/** A form in which a product is sold. What is null is as the product says. */
export interface Variant {
  id: string;
  name: string;
  options: { name: string; value: string }[];
  price: string | number | null;
  inStock: boolean;
  stock: number | null;
  url: string | null;
  imageUrl: string | null;
}

/** A line of one's own bag. Money is in minor units. */
export interface BagItem {
  id: number;
  productId: string;
  variantId: string | null;
  name: string;
  variantName: string | null;
  imageUrl: string | null;
  qty: number;
  unitPrice: number;
  lineTotal: number;
  priceBefore: number | null;
  inStock: boolean;
  buyUrl: string | null;
}

export interface Bag {
  items: BagItem[];
  total: number;
  currency: string;
  count: number;
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
