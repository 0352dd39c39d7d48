/**
 * What `/embed.js` puts on a page as `Vitrine`, for pages that are written in TypeScript; browsers never load this file.
 *
 *     /// <reference types="@vitrine/client/embed" />
 */

/** `overlay` lies over the page, `mini` stays in its corner while the page goes on, `inline` stands in an element of the page. */
export type Mode = "overlay" | "mini" | "inline";

export interface OpenOptions {
  /** A show's id; `live` is the one that is on, else the next one; `next` the next one. By default what the tag says, else `live`. */
  show?: string;
  mode?: Mode;
  /** Where an inline player stands: an element, or its selector. It fills it. */
  target?: string | Element | null;
}

/** A product in one of its forms, as it is handed to the shop's own cart. */
export interface Item {
  productId: string;
  /** The shop's own number: of the form that was chosen, else of the product. Empty where neither has one. */
  sku: string;
  variantId: string | null;
  name: string;
  /** The chosen form in words, such as `M / Blue`; empty for a product without forms. */
  variant: string;
  /** The same by name: `{ Size: "M", Colour: "Blue" }`. */
  options: Record<string, string>;
  quantity: number;
  /** Of one, in the currency's main unit: 19.9. */
  price: number;
  currency: string;
  /** Its page in the shop, with the reference in it; empty where the server knows of none. */
  url: string;
  /** What an order is to name (`vitrineRef` of a purchase), so that the show is told of it. It says nothing to anybody else. */
  reference: string;
  imageUrl: string | null;
  /** The show in which it was chosen. */
  showId: string;
}

/** The shop's cart as the player shows it. */
export interface Cart {
  items: { sku?: string; productId?: string; name?: string; quantity: number; price?: number }[];
  currency?: string;
  /** In the currency's main unit. */
  total?: number;
}

/** `false`, or `ok: false`, is a refusal, and `message` is shown to whoever asked; an exception is one too. */
export type Answer = void | boolean | { ok?: boolean; message?: string };

/** What the shop does with its own cart. Without `onAddToCart` products lead to their pages in the shop. */
export interface CartHandlers {
  onAddToCart?: (item: Item) => Answer | Promise<Answer>;
  onUpdateItem?: (item: Item) => Answer | Promise<Answer>;
  onCheckout?: () => Answer | Promise<Answer>;
  getCart?: () => Cart | Promise<Cart>;
  /** Goes to a page of the same site without leaving this one, as a router does; by default the browser goes there. */
  onNavigate?: (url: string) => void;
}

export interface Teasers {
  /** Where it stands; without one it floats in a corner. */
  target?: string | Element | null;
  /** A show's id; by default what is on, else what comes next. */
  show?: string;
}

/** A show as a teaser knows it. */
export interface Teased {
  id: string;
  title: string;
  status: "scheduled" | "live" | "paused" | "ended";
  startsAt: string | null;
  url: string;
}

/** An order; amounts are integers of minor units, as in docs/purchases.md. */
export interface Order {
  orderId: string;
  currency: string;
  value: number;
  /** `reference` of what was handed over, so that the order is put down to the show. */
  vitrineRef?: string;
  items?: { productId?: string; itemId?: string; name?: string; quantity?: number; price?: number }[];
}

export interface Player {
  readonly show: string;
  readonly mode: Mode;
  /** The show's, once the frame has said it. */
  readonly status: string;
  become(mode: Mode): void;
  close(): void;
}

/** GA4's e-commerce, as it is pushed to the data layer. */
export interface Ecommerce {
  currency?: string;
  value?: number;
  items?: Record<string, unknown>[];
  [name: string]: unknown;
}

export interface Events {
  open: { show: string; mode: Mode };
  close: { show: string };
  mode: Mode;
  status: { show: string; status: string; title: string };
  teaser: Teased | null;
  /** Each of the following, with its name. */
  event: { name: string; ecommerce: Ecommerce };
  view_promotion: Ecommerce;
  select_promotion: Ecommerce;
  select_item: Ecommerce;
  view_item: Ecommerce;
  add_to_cart: Ecommerce;
  view_cart: Ecommerce;
  begin_checkout: Ecommerce;
  purchase: Ecommerce;
}

export type Listener = (detail: any) => void;

export interface Embed {
  readonly server: string;
  /** Resolves with null where there is no show to open. */
  open(options?: OpenOptions): Promise<Player | null>;
  close(): void;
  /** The player that lies over the page or stays in its corner. */
  player(): Player | null;
  /** Says how the shop's own cart is filled; what is given later is added. */
  cart(handlers: CartHandlers): void;
  /** Hears one kind of event; returns what stops it. */
  on<T extends keyof Events>(name: T, listener: (detail: Events[T]) => void): () => void;
  tease(options?: Teasers): { hide(): void } | null;
  /** Asks the visitor whether their visit may be recorded; see docs/recordings-capture.md. */
  record(options?: { microphone?: boolean; participant?: string; privacy?: string }): Promise<unknown>;
  /** Reports an order to the server and to the data layer. */
  purchase(order: Order): Promise<unknown>;
  /** Opens the window of support. */
  openSupport(about?: { showId?: string; productId?: string; name?: string }): Promise<void>;
}

declare global {
  interface Window {
    Vitrine: Embed;
  }
}
