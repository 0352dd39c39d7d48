// @ts-check
/** One conversation in the list. */

import { clone, query } from "../common/dom.js";
import { isOverdue } from "./conversations.js";
import { full, short } from "./times.js";

/** @import { Summary } from "../../realtime/client.js" */

/**
 * @param {HTMLElement | undefined} drawn the row that it has already
 * @param {Summary} conversation
 * @param {{ isChosen: boolean, isNew: boolean, me: number }} how
 */
export function drawRow(drawn, conversation, { isChosen, isNew, me }) {
  const row = drawn ?? clone("conversation-row");
  const link = /** @type {HTMLAnchorElement} */ (query("[data-link]", row));
  const at = /** @type {HTMLTimeElement} */ (query("[data-at]", row));
  link.href = `#${conversation.id}`;
  if (isChosen) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  row.classList.toggle("waits", conversation.waitingSince !== null);
  query("[data-new]", row).hidden = !isNew;
  query("[data-customer]", row).textContent = conversation.customerName;
  query("[data-excerpt]", row).textContent = conversation.excerpt;
  at.dateTime = conversation.lastMessageAt;
  at.textContent = short(conversation.lastMessageAt);
  query("[data-badges]", row).replaceChildren(...badges(conversation, me));
  return row;
}

/** @param {Summary} conversation @param {number} me */
function badges(conversation, me) {
  const { status, priority, snoozedUntil, assigneeId, assignee, team, tags } = conversation;
  const words = [];
  if (isOverdue(conversation)) words.push(["Overdue", "late"]);
  if (priority === "urgent" || priority === "high") words.push([priority === "urgent" ? "Urgent" : "High", priority]);
  if (status === "snoozed" && snoozedUntil) words.push([`Snoozed until ${full(snoozedUntil)}`, ""]);
  if (status === "pending") words.push(["Left to the customer", ""]);
  if (status === "resolved") words.push(["Resolved", ""]);
  if (assigneeId === null && status !== "resolved") words.push(["Nobody’s", "nobody"]);
  else if (assignee && assigneeId !== me) words.push([assignee, ""]);
  for (const word of [team, ...tags]) if (word) words.push([word, "tag"]);
  return words.map(([text, kind]) => {
    const badge = document.createElement("span");
    badge.className = `badge ${kind}`;
    badge.textContent = text;
    return badge;
  });
}
