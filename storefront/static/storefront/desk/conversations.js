// @ts-check
/** How the desk looks at conversations: which list they are in, and in which order they need somebody. */

/** @import { Summary } from "../../realtime/client.js" */
/** @typedef {"mine" | "unassigned" | "overdue" | "snoozed" | "all" | "resolved"} Filter */

/** @param {Summary} conversation */
const unresolved = ({ status }) => status !== "resolved";

/** The same lists as the server has. @type {Record<Filter, (conversation: Summary, me: number) => boolean>} */
export const FILTERS = {
  mine: (conversation, me) => unresolved(conversation) && conversation.assigneeId === me,
  unassigned: (conversation) => unresolved(conversation) && conversation.assigneeId === null,
  overdue: (conversation) => isOverdue(conversation),
  snoozed: ({ status }) => status === "snoozed",
  all: () => true,
  resolved: ({ status }) => status === "resolved",
};

/** What has become due since the server said how it stands is overdue too. @param {Summary} conversation */
export function isOverdue(conversation) {
  if (!unresolved(conversation)) return false;
  const dues = [conversation.replyDueAt, conversation.resolutionDueAt];
  return conversation.overdue || dues.some((due) => due !== null && moment(due) <= Date.now());
}

/**
 * Overdue ones, then those whose customer waits, longest first, then the others, newest first: as the server sorts.
 * @param {Summary} one
 * @param {Summary} other
 */
export function mostUrgentFirst(one, other) {
  return (
    Number(isOverdue(other)) - Number(isOverdue(one)) ||
    Number(other.waitingSince !== null) - Number(one.waitingSince !== null) ||
    moment(one.waitingSince) - moment(other.waitingSince) ||
    moment(other.lastMessageAt) - moment(one.lastMessageAt)
  );
}

/**
 * Whether the customer has just written: whatever else changes leaves the time of the newest message as it was.
 * @param {Summary} conversation
 * @param {Summary} [before] as it was known here
 */
export function isNews(conversation, before) {
  const { waitingSince, lastMessageAt } = conversation;
  return waitingSince !== null && (!before || moment(before.lastMessageAt) < moment(lastMessageAt));
}

/** Sockets and REST write moments with more digits or fewer. @param {string | null} iso */
export const moment = (iso) => (iso === null ? 0 : Date.parse(iso));

/**
 * Puts elements into a place in this order, and moves only those that stand elsewhere, so that the focus stays.
 * @param {HTMLElement} place
 * @param {HTMLElement[]} wanted
 */
export function arrange(place, wanted) {
  const held = document.activeElement;
  const kept = new Set(/** @type {Element[]} */ (wanted));
  for (const child of [...place.children]) if (!kept.has(child)) child.remove();
  let next = place.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else place.insertBefore(element, next);
  }
  if (held instanceof HTMLElement && place.contains(held)) held.focus({ preventScroll: true });
}
