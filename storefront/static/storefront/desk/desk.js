// @ts-check
/** The desk at which staff answer customers: the list, the open conversation, and what is known of its customer. */

import { Vitrine } from "../../realtime/client.js";
import { ask } from "../common/api.js";
import { announce } from "../common/connection.js";
import { data, query } from "../common/dom.js";
import { Bell } from "./bell.js";
import { Composer } from "./composer.js";
import { Details } from "./details.js";
import { drawFacts } from "./facts.js";
import { Inbox } from "./inbox.js";
import { Replies } from "./replies.js";
import { Shortcuts } from "./shortcuts.js";
import { Thread } from "./thread.js";

/** @import { Summary } from "../../realtime/client.js" */

const RESTS = 150; // ms that a conversation is chosen before it is opened: whoever walks through the list opens none

// Where the focus goes whose place has left the screen.
const HEADINGS = { list: "#inbox-heading", thread: "#thread-heading", details: "#details-heading" };

const desk = query("[data-desk]");
const { me, agents, maxFiles, maxBytes } = data("desk-facts");
const client = new Vitrine();
const bell = new Bell(query("[data-sound]"));
const replies = new Replies(desk);
const thread = new Thread(query("[data-thread]"), client, me.id, {
  seen: (id) => inbox.seen(id),
  told: (conversation) => inbox.hear(conversation),
});
const composer = new Composer(query("[data-thread]"), client, { maxFiles, maxBytes }, replies);
const details = new Details(desk, agents, me, (conversation) => inbox.hear(conversation));
const inbox = new Inbox(query("[data-inbox]"), client, me.id, {
  changed: tell,
  shows: (id) => thread.shows(id),
  news: (count, ring) => {
    bell.count(count);
    if (ring) bell.ring();
  },
});

let opening = 0;
let isAstray = false; // whether the focus was on something that is shown no more

/** @param {Summary} conversation as it is from now on */
function tell(conversation) {
  if (conversation.id === thread.id) query("#thread-heading", desk).textContent = conversation.customerName;
  thread.tell(conversation);
  details.tell(conversation);
}

/** The address says what is shown, so that a phone's way back works: `#<conversation>`, `#<conversation>/details`. */
function route() {
  const [id = "", part = ""] = location.hash.slice(1).split("/");
  const view = !id ? "list" : part === "details" ? "details" : "thread";
  desk.dataset.view = view;
  inbox.mark(id);
  link("[data-details] [data-back]", `#${id}`);
  link("[data-to-details]", `#${id}/details`);
  isAstray ||= !document.activeElement?.checkVisibility();
  settle();
  clearTimeout(opening);
  if (id !== thread.id) opening = setTimeout(() => void open(id), id ? RESTS : 0);
  else thread.look();
}

/** Brings the focus to what is shown now, as soon as that is there, where its place has left the screen. */
function settle() {
  const heading = query(HEADINGS[/** @type {keyof HEADINGS} */ (desk.dataset.view)], desk);
  if (!isAstray || !heading.checkVisibility()) return;
  isAstray = false;
  heading.focus();
}

/** @param {string} id nothing closes what is open */
async function open(id) {
  thread.open(id);
  composer.open(id);
  settle();
  details.open(null);
  drawFacts(query("[data-facts]", desk), { email: "", origin: [], others: [] });
  if (!id) return;
  query("#thread-heading", desk).textContent = inbox.find(id)?.customerName ?? "";
  link("[data-transcript]", `/api/support/conversations/${id}/transcript`);
  link("[data-page]", `../conversation/${id}/change/`);
  try {
    const conversation = await inbox.fetch(id);
    if (id !== thread.id) return;
    details.open(conversation);
    tell(conversation);
    const known = await ask(`${desk.dataset.customers}${id}/`);
    if (id !== thread.id) return;
    replies.know(known.canned);
    drawFacts(query("[data-facts]", desk), known);
  } catch (error) {
    query("[data-fault]", desk).textContent = /** @type {Error} */ (error).message;
  }
}

/** @param {string} selector @param {string} address */
function link(selector, address) {
  /** @type {HTMLAnchorElement} */ (query(selector, desk)).href = address;
}

/** @param {1 | -1} way */
function walk(way) {
  const id = inbox.beside(way);
  if (id) location.replace(`#${id}`); // the way back leads out of the list, not through it
}

/** @param {string} selector */
function reach(selector) {
  if (thread.id && !query(selector, desk).checkVisibility()) location.hash = `${thread.id}/details`;
  setTimeout(() => query(selector, desk).focus()); // when it can be seen
}

/** @type {import("./shortcuts.js").Keys} */
const keys = {
  j: () => walk(1),
  k: () => walk(-1),
  r: () => composer.write(false),
  n: () => composer.write(true),
  "/": () => composer.choose(),
  a: () => details.takeOver(),
  e: () => details.resolve(),
  s: () => details.snooze(),
  p: () => reach("[data-priority]"),
  t: () => reach("[data-tag]"),
  m: () => bell.toggle(),
};
for (const place of [1, 2, 3, 4, 5, 6]) keys[place] = () => inbox.chooseAt(place);
new Shortcuts(desk, keys, () => {
  location.hash = desk.dataset.view === "details" ? thread.id : "";
});

addEventListener("hashchange", route);
announce(client);
route();
client.connect();
