// @ts-check
/**
 * The page of a show in a frame of another site. No cookie travels there: its reader is the guest whom the page around it
 * knows by a token, or a new one. Once that is settled, the page goes on as it does on its own.
 */

import { guestHeaders, guestToken, keptGuest, withoutCookies } from "../../realtime/guest.js";
import { data, query, queryAll } from "../common/dom.js";
import { carried } from "./goods.js";
import { Host } from "./host.js";

const server = location.origin;
const root = query("[data-show]");
const show = data("show-facts");
const title = () => query("[data-title]").textContent ?? "";

withoutCookies();
const host = await Host.greeted(data("embedder-facts"), { title: title() });
withoutCookies(host ? (host.greeting.guest ?? null) : undefined);
await guestToken(server);
host?.tell("guest", { guest: keptGuest(server) });
await knowReader();

if (host) {
  become(host.greeting.mode);
  host.on("mode", ({ mode }) => become(mode));
  new MutationObserver(report).observe(root, { attributes: true, attributeFilter: ["data-status"] });
  report();
}
carried(host, show.id);
document.addEventListener("click", pressed, true);
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && !document.querySelector("dialog[open]")) host?.tell("close");
});
if (host && !host.greeting.party) query("[data-party]").hidden = true;
if (host?.greeting.support) for (const button of queryAll("[data-support]")) button.hidden = false;
await (document.querySelector("[data-player]") ? import("../replay/replay.js") : import("../watch/watch.js"));
query("#main").inert = false; // what is pressed before would be lost

/** What the server knows of this guest, which it did not when it drew the page. */
async function knowReader() {
  try {
    const answer = await fetch("reader", { headers: await guestHeaders(server), credentials: "omit" });
    const { author, muted, until } = await answer.json();
    const put = (/** @type {string} */ id, /** @type {object} */ facts) => (query(`#${id}`).textContent = JSON.stringify({ ...data(id), ...facts }));
    put("reader-facts", { author });
    put("chat-rules", { muted, until });
  } catch {
    // then the page goes on as for somebody new: the socket says what holds
  }
}

/** @param {string} mode */
function become(mode) {
  document.documentElement.dataset.mode = mode;
  if (mode === "mini") for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}

function report() {
  host?.tell("show", { status: root.dataset.status, title: title() });
}

/** Before the page's own scripts: what leads away from a show opens beside it. @param {MouseEvent} event */
function pressed(event) {
  const on = event.target instanceof Element ? event.target : null;
  if (document.documentElement.dataset.mode === "mini") {
    event.stopPropagation();
    event.preventDefault();
    host?.tell("expand");
  } else if (on?.closest("[data-party]")) {
    event.stopPropagation();
    open(`/watch/${show.id}/#party`, "_blank", "noopener"); // a party is on our own page, where its members meet
  } else if (host && on?.closest("[data-support]")) {
    event.stopPropagation();
    const { productId } = /** @type {HTMLElement} */ (on.closest("[data-support]")).dataset;
    host.tell("support", { about: { showId: show.id, ...(productId ? { productId } : {}) } });
  }
}
