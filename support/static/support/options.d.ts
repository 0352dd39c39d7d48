/** What widget.js is given, tells and keeps; browsers never load this file. */

import type { Attachment, Line } from "../realtime/client.js";

/** Where a conversation comes from, for the staff who answer it. */
export interface About {
  showId?: string;
  productId?: string;
  partyId?: string;
  callId?: number;
  /** What staff call the customer. */
  name?: string;
}

export interface Options extends About {
  /** The origin that answers; by default the one that the script was loaded from. */
  server?: string;
  /** false: the page opens the window itself, by `open()` or by elements with `data-support`. */
  button?: boolean;
  /** Staff have begun a conversation with whoever is here, so that it is asked for at once. */
  begun?: boolean;
  /** Who is logged in on the server's own pages: nobody else finds their draft. */
  reader?: string;
}

export interface Events {
  /** Whether the window is open. */
  open: boolean;
  /** How many replies have not been read. */
  unread: number;
}

/** A message that was not sent, or not answered yet. The same `op` is said once, however often it is sent. */
export interface Item extends About {
  op: string;
  at: number;
  text: string;
  conversationId?: string;
  email?: string;
  attachments: Attachment[];
  /** Why it was refused; without it, it is on its way. */
  problem?: string;
}

/** What all tabs keep. */
export interface Remembered {
  reader: string;
  conversation: string;
  draft: string;
  email: string;
  attached: Attachment[];
  waiting: Item[];
}

/** What one tab keeps. */
export interface Seen {
  open?: boolean;
}

/** A message as the window shows it; `seq` is its number in the room's log. */
export type Said = Line & { seq: number };

/** A conversation in the list of those that there were. */
export interface Past {
  id: string;
  status: "open" | "pending" | "snoozed" | "resolved";
  excerpt: string;
  lastMessageAt: string;
}
