// @ts-check
/** The page on which staff take calls to the shop, while its switch is on. */

import { Vitrine } from "../../realtime/client.js";
import { announce } from "../common/connection.js";
import { bdi, clone, query, queryAll } from "../common/dom.js";
import { clock, day } from "../common/format.js";
import { Ringer } from "./ringer.js";
import { seatOf } from "../../signaling/seat.js";

/** @import { ServerMessages } from "../../realtime/client.js" */
/** @typedef {ServerMessages["shop-call-ringing"]} Ring */

const ON = "vitrine.takes-calls"; // kept for this tab: whoever comes back from a call takes the next one
const MISSED = 20;

const client = new Vitrine();
const ringer = new Ringer();
const toggle = query("[data-switch]");
const state = query("[data-state]");
const dialog = /** @type {HTMLDialogElement} */ (query("[data-ringing]"));
const title = document.title;
/** @type {(() => void) | null} */ let forget = null;
/** @type {Ring | null} */ let ringing = null;

// --- the switch

function drawSwitch(words = "") {
  toggle.setAttribute("aria-checked", String(forget !== null));
  state.textContent = words || (forget ? "You are available." : "You are not available.");
}

function turnOn() {
  forget = client.enter("take-calls", {}, {
    entered: (ack) => ack.ok || ack.retryAfter || turnOff(ack.message),
    resumed: () => drawSwitch(),
  }, { everyTime: true });
  sessionStorage.setItem(ON, "1");
  drawSwitch();
}

/** @param {string} [why] */
function turnOff(why) {
  forget?.();
  forget = null;
  sessionStorage.removeItem(ON);
  void client.send("stop-taking-calls", {}, { keep: false });
  drawSwitch(why);
}

// --- a call that rings

/** @param {Ring} ring */
function rung(ring) {
  if (ringing?.callId === ring.callId) return;
  ringing = ring;
  const name = `${ring.name} is calling`;
  query("[data-title]", dialog).replaceChildren(bdi(ring.name), " is calling");
  query("[data-guest]", dialog).hidden = !ring.guest;
  query("[data-about]", dialog).textContent = ring.about ? `About: ${ring.about}` : "";
  query("[data-error]", dialog).textContent = "";
  document.title = `☎ ${name} – Vitrine`;
  if (!dialog.open) dialog.showModal();
  query("[data-accept]", dialog).focus();
  ringer.start();
  navigator.vibrate?.([400, 200, 400]);
}

function silence() {
  ringing = null;
  ringer.stop();
  document.title = title;
  dialog.close();
}

/** @param {Ring} ring */
function miss({ name, about }) {
  const row = clone("missed-call");
  query("[data-name]", row).textContent = name;
  query("[data-time]", row).textContent = clock(new Date().toISOString());
  query("[data-about]", row).textContent = about;
  query("[data-missed]").prepend(row);
  query("[data-none]").hidden = true;
  for (const old of queryAll("[data-missed] > li").slice(MISSED)) old.remove();
}

async function accept() {
  if (!ringing) return;
  const ack = await client.send("accept-shop-call", { callId: ringing.callId }, { keep: false });
  if (!ack.ok) {
    query("[data-error]", dialog).textContent = ack.message ?? "";
    return;
  }
  ringer.stop();
  const [matchId, userId] = [String(ack.matchId), String(ack.userId)];
  seatOf(matchId, Number(userId)).keep({ userId, accepts: true });
  location.assign(`/call/${encodeURIComponent(matchId)}/`);
}

function decline() {
  if (ringing) void client.send("decline-shop-call", { callId: ringing.callId }, { keep: false });
  silence();
}

toggle.addEventListener("click", () => (forget ? turnOff() : turnOn()));
query("[data-accept]", dialog).addEventListener("click", () => void accept());
query("[data-decline]", dialog).addEventListener("click", decline);
dialog.addEventListener("cancel", (event) => event.preventDefault()); // a call is declined by its button, not by Escape
client.on("shop-call-ringing", rung);
client.on("shop-call-over", ({ callId, reason }) => {
  if (ringing?.callId !== callId) return;
  if (reason === "missed" || reason === "cancelled") miss(ringing);
  silence();
});
for (const place of queryAll("[data-missed] time")) {
  const { dateTime } = /** @type {HTMLTimeElement} */ (place);
  place.textContent = `${day(dateTime)}, ${clock(dateTime)}`;
}
announce(client);
client.watch(({ state: now }) => forget && drawSwitch(now === "open" ? "" : "You cannot be reached: there is no connection."));
if (sessionStorage.getItem(ON)) turnOn();
drawSwitch();
toggle.removeAttribute("disabled"); // until now nobody would have heard it
client.connect();
