// @ts-check
/** The page of a call: a lobby with one's own picture, the call itself, and how it ended. */

import { Vitrine } from "../../realtime/client.js";
import { announce } from "../common/connection.js";
import { clock } from "../common/format.js";
import { Devices } from "../media/devices.js";
import { data, initial, query, queryAll } from "../common/dom.js";
import { iceConfiguration } from "../media/ice.js";
import { ownName } from "../common/name.js";
import { Match } from "../../signaling/match.js";
import { Ringer } from "./ringer.js";
import { seatOf } from "../../signaling/seat.js";

/** @import { Kind } from "../media/devices.js" */
/** @import { Stage } from "../../signaling/match.js" */
/** @import { Peer, State } from "../../realtime/peer.js" */
/** @import { Quality } from "../../realtime/quality.js" */
/** @import { About } from "../../signaling/talk.js" */

const KINDS = /** @type {Kind[]} */ (["audio", "video"]);
const QUALITY = { good: "Good connection", fair: "Fair connection", poor: "Weak connection" };
const PRESENCE = {
  entering: "Entering…",
  full: "Two others are in this call. You come in as soon as one of them leaves.",
  refused: "This call is not open to you.",
  alone: "Nobody else is here yet.",
  together: "The other side is here.",
};
/** @type {Record<string, string>} */
const ENDINGS = {
  user_hangup: "You hung up",
  ended: "The call has ended",
  declined: "You declined the call",
  rejected: "They declined the call",
  missed: "Missed call",
  invite_timeout: "Nobody answered",
  user_busy: "They are in another call",
  user_media_failed: "Their camera and microphone failed",
  ice_failed: "The connection was lost",
  left: "The other side has left",
  replaced: "You have opened this call elsewhere",
};

const { match: matchId, seat: reserved } = data("call-facts");
const reader = data("reader-facts");
const root = query("[data-call]");
const far = /** @type {HTMLVideoElement} */ (query("[data-far]"));
const client = new Vitrine();
const devices = new Devices();
const ringer = new Ringer();
const seat = seatOf(matchId, reader.id);
const brought = new URLSearchParams(location.hash.slice(1)).get("seat"); // from a shop's page, which knows the guest
if (reserved) seat.take(reserved);
else if (brought) seat.take({ userId: brought, talking: true });
if (brought) history.replaceState(null, "", location.pathname);
const match = new Match(client, { matchId, seat: seat.read(), keep: seat.keep, configure: iceConfiguration });
let begun = 0; // ms: when the call in hand was first connected
let ticking = 0;
let used = KINDS; // the devices that were on when the last call ended
let shared = false; // whether the other side shows its screen

// --- what is shown

/** Which of the page's parts belong to a stage. @param {Stage} stage */
function viewOf(stage) {
  if (match.waiting && stage !== "full") return "waiting";
  return stage === "calling" || stage === "ringing" || stage === "talking" || stage === "over" ? stage : "lobby";
}

/** @param {Stage} stage */
function show(stage) {
  const before = root.dataset.view;
  const view = (root.dataset.view = viewOf(stage));
  if (stage in PRESENCE) query("[data-presence]").textContent = PRESENCE[/** @type {keyof typeof PRESENCE} */ (stage)];
  query("[data-alone]").hidden = stage !== "alone";
  /** @type {HTMLButtonElement} */ (query("[data-begin]")).disabled = ["entering", "full", "refused"].includes(stage);
  query("[data-words]", query("[data-begin]")).textContent = stage === "alone" ? "Wait for the other side" : "Call";
  query("[data-words]", query("[data-hang-up]")).textContent = view === "talking" ? "Hang up" : "Cancel";
  const rings = `${match.caller || "Someone"} is calling`;
  query("[data-rings]").textContent = rings;
  const missed = view === "over" && match.ending === "missed";
  document.title = `${view === "ringing" ? `☎ ${rings}` : missed ? "Missed call" : "Call"} – Vitrine`;
  query("[data-ringing-words]").textContent = match.busy ? "They are in another call, and see that you call." : "It rings at the other side.";
  if (view === before) return;
  if (before === "over") void devices.open(used);
  if (view === "over") over();
  ring(view === "ringing");
}

function over() {
  clearInterval(ticking);
  const missed = match.ending === "missed";
  query("[data-ending]").textContent = ENDINGS[match.ending] ?? "The call has ended";
  query("[data-lasted]").textContent = begun ? `It lasted ${lasted()}.` : missed ? `${match.caller || "Someone"} called at ${clock(new Date().toISOString())}.` : "";
  query("[data-words]", query("[data-again]")).textContent = missed ? "Call back" : "Call again";
  query("[data-ending]").focus();
  begun = 0;
  notice("");
  used = KINDS.filter((kind) => devices.isOn(kind));
  devices.close(); // nobody is seen or heard when the call is over
}

/** @param {boolean} on */
function ring(on) {
  if (on) ringer.start();
  else ringer.stop();
  navigator.vibrate?.(on ? [400, 200, 400] : 0);
  if (on) query("[data-accept]").focus();
}

/** @param {Peer} peer */
function meet(peer) {
  far.srcObject = peer.remote;
  root.dataset.peer = peer.state;
  notice(begun ? "Reconnecting…" : "Connecting…");
  peer.on("state", (state) => match.peer === peer && follow(state));
  peer.on("quality", (quality) => match.peer === peer && rate(quality));
  peer.on("fault", (error) => console.warn("The connection reports:", error));
}

/** @param {State} state */
function follow(state) {
  root.dataset.peer = state;
  query("[data-quality]").hidden = state !== "connected";
  if (state === "reconnecting") notice("Reconnecting…");
  if (state !== "connected") return;
  notice("");
  if (begun) return;
  begun = Date.now();
  ticking = setInterval(() => (query("[data-clock]").textContent = lasted()), 1000);
}

/** @param {Quality} quality */
function rate({ level, rtt, loss }) {
  const place = query("[data-quality]");
  place.dataset.level = level;
  place.hidden = false;
  place.title = `${Math.round(rtt * 1000)} ms there and back, ${Math.round(loss * 100)} % lost`;
  const words = query("[data-words]", place);
  if (words.textContent !== QUALITY[level]) words.textContent = QUALITY[level]; // read out only when it changes
}

/** @param {About} about */
function learn({ name, microphone, camera, screen }) {
  shared = screen === true;
  shape();
  query("[data-name]").textContent = String(name || "The other side");
  query("[data-initial]").textContent = initial(String(name || "?"));
  query("[data-far-off]").hidden = camera !== false;
  query("[data-far-muted]").hidden = microphone !== false;
}

/** A screen is shown whole; on a wide window so is a picture from an upright phone. */
function shape() {
  const { videoWidth, videoHeight } = far;
  far.dataset.shape = shared ? "screen" : videoHeight > videoWidth ? "tall" : "wide";
}

/** @param {string} words */
function notice(words) {
  query("[data-notice]").textContent = words;
}

function lasted() {
  const seconds = Math.floor((Date.now() - begun) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// --- one's own side

/** @param {Kind} kind */
function sent(kind) {
  void match.send(kind, devices.outgoing(kind));
  const button = query(`[data-toggle="${kind}"]`);
  const on = devices.isOn(kind);
  const thing = kind === "audio" ? "microphone" : "camera";
  button.setAttribute("aria-pressed", String(on));
  query("[data-words]", button).textContent = `${on ? "Switch off" : "Switch on"} the ${thing}`;
  query("[data-near-off]").hidden = devices.preview.getTracks().length > 0;
  const share = query("[data-share]");
  share.setAttribute("aria-pressed", String(devices.sharing));
  query("[data-words]", share).textContent = devices.sharing ? "Stop sharing the screen" : "Share the screen";
  query("[data-near-frame]").classList.toggle("mirrored", !devices.sharing); // as in a mirror, which a screen is not
  match.tell({ microphone: devices.isOn("audio"), camera: Boolean(devices.outgoing("video")), screen: devices.sharing });
}

async function list() {
  for (const kind of KINDS) {
    const found = await devices.list(kind);
    for (const field of queryAll(`[data-device="${kind}"]`)) {
      const select = query("select", field);
      field.hidden = found.length === 0;
      select.replaceChildren(...found.map(({ id, label, used }, n) => new Option(label || `Device ${n + 1}`, id, used, used)));
    }
  }
}

/** @param {string} words */
function complain(words) {
  query("[data-problem]").textContent = words;
  query("[data-problem]").hidden = !words;
}

// --- pressing

/** @type {Record<string, () => unknown>} */
const PRESSED = {
  "[data-begin]": () => match.call(),
  "[data-again]": () => match.call(),
  "[data-accept]": () => match.accept(),
  "[data-decline]": () => match.decline(),
  "[data-hang-up]": () => match.hangUp(),
  "[data-share]": () => devices.share(),
  "[data-settings]": () => /** @type {HTMLDialogElement} */ (query("[data-devices]")).showModal(),
  "[data-close]": () => /** @type {HTMLDialogElement} */ (query("[data-devices]")).close(),
};
for (const [selector, act] of Object.entries(PRESSED)) query(selector).addEventListener("click", () => void act());
for (const button of queryAll("[data-toggle]")) {
  button.addEventListener("click", () => void devices.toggle(/** @type {Kind} */ (button.dataset.toggle)));
}
for (const field of queryAll("[data-device]")) {
  const select = /** @type {HTMLSelectElement} */ (query("select", field));
  select.addEventListener("change", () => void devices.choose(/** @type {Kind} */ (field.dataset.device), select.value));
}
for (const invite of queryAll("[data-invite]")) {
  query("[data-copy]", invite).addEventListener("click", async () => {
    const link = /** @type {HTMLInputElement} */ (query("[data-link]", invite));
    link.select();
    await navigator.clipboard?.writeText(link.value);
    query("[data-words]", invite).textContent = "Copied";
  });
}

const nameField = document.querySelector("[data-own-name]");
if (nameField instanceof HTMLInputElement) {
  nameField.value = ownName();
  nameField.addEventListener("change", () => match.tell({ name: ownName(nameField.value.trim()) }));
}

/** @type {HTMLVideoElement} */ (query("[data-near]")).srcObject = devices.preview;
match.tell({ name: reader.name || ownName() });
match.on("stage", show);
match.on("peer", meet);
match.on("about", learn);
far.addEventListener("resize", shape);
devices.on("track", sent);
devices.on("list", () => void list());
devices.on("problem", complain);
query("[data-share]").hidden = !devices.canShare;
announce(client);
void devices.open();
match.enter();
client.connect();
