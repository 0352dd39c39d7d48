// @ts-check
/** Live events of a show, as a guest hears them: who is logged in here is not known to this connection. */

import { Vitrine } from "../realtime/client.js";
import { withoutCookies } from "../realtime/guest.js";

const MOST = 200; // events on the page; older ones go

/** @param {string} selector @param {ParentNode} [root] @returns {any} */
const query = (selector, root = document) => root.querySelector(selector);

/** @type {Vitrine | null} */ let client = null;
const form = query("[data-inspector]");
const list = query("[data-events]");
const state = query("[data-state]");

/** @param {any} message */
function print(message) {
  const only = form.elements.only.value.trim();
  if (only && !String(message.type).includes(only)) return;
  const row = document.importNode(query("template#event").content, true).firstElementChild;
  const { type, ...fields } = message;
  query("[data-type]", row).textContent = type;
  query("[data-at]", row).textContent = new Date().toLocaleTimeString() + (fields.seq === undefined ? "" : ` · seq ${fields.seq}`);
  query("[data-body]", row).textContent = JSON.stringify(fields, null, 2);
  list.prepend(row);
  while (list.children.length > MOST) list.lastElementChild.remove();
}

/** @param {string} sessionId */
function connect(sessionId) {
  client?.close();
  const opened = (client = new Vitrine());
  for (const type of [...JSON.parse(query("#event-types").textContent), "ack"]) opened.on(type, print);
  opened.watch(({ state: now }) => {
    if (client === opened) state.textContent = now === "open" ? "Connected as a guest." : `The connection is ${now}.`;
  });
  opened.enter("join-session", { sessionId });
  opened.connect();
}

if (form) {
  withoutCookies();
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    list.replaceChildren();
    connect(form.elements.show.value);
  });
  query("[data-clear]").addEventListener("click", () => list.replaceChildren());
}
