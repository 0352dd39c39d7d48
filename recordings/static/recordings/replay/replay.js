// @ts-check
/** The page on which staff watch and hear a recording. */

import { call, Refusal } from "./api.js";
import { moment, query, spoken } from "./format.js";
import { beside, listen } from "./keys.js";
import { showMoments, showTranscript } from "./lists.js";
import { Notes } from "./notes.js";
import { Outline } from "./outline.js";
import { Pieces } from "./pieces.js";
import { Player } from "./player.js";
import { Screen } from "./screen.js";
import { Timeline } from "./timeline.js";
import { Voice } from "./voice.js";

/** @typedef {"clicks" | "pages" | "spoken"} Kind */

const root = query("[data-replay]");
const path = root.dataset.path ?? "";
const status = query("[data-status]");
const speedChoice = /** @type {HTMLSelectElement} */ (query("[data-speed]"));
const skipChoice = /** @type {HTMLInputElement} */ (query("[data-skip]"));
const started = startOf(location.search);

/** Where a shared link begins. @param {string} search */
function startOf(search) {
  const seconds = Number(new URLSearchParams(search).get("t") ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

/** The picture that the recording begins with is shown before the outline has come. @param {Pieces} pieces @param {Screen} screen */
async function showFirst(pieces, screen) {
  const events = await pieces.first();
  if (!events.some(({ event, data }) => event === "rrweb" && data?.type === 2)) return;
  const from = Math.min(...events.map(({ timestamp }) => timestamp));
  const to = Math.max(...events.map(({ timestamp }) => timestamp)) + 1;
  const still = { at: from, running: false, speed: 1, old: false, scene: null, scroll: /** @type {[number, number]} */ ([0, 0]) };
  if (await screen.open({ from, to, ...still, events })) root.dataset.seen = "";
}

/** The server reads a long recording in pieces, unless it did so when the recording was finished. */
async function outlined() {
  for (;;) {
    const told = await call("GET", `${path}outline`);
    if (told.complete) return told;
  }
}

/** @param {Player} player */
function control(player) {
  const play = query("[data-play]");
  const notes = new Notes(player, path);
  const jump = (/** @type {Kind} */ kind, /** @type {1 | -1} */ way) => {
    const at = player.outline.jump(kind, player.position, way);
    if (at === undefined) say(way > 0 ? "There is none after this." : "There is none before this.");
    else player.seek(at);
  };
  const setSpeed = (/** @type {number} */ speed) => {
    player.setSpeed(speed);
    speedChoice.value = String(speed);
  };
  const skip = () => {
    player.skips = skipChoice.checked;
  };
  play.addEventListener("click", () => player.toggle());
  speedChoice.addEventListener("change", () => setSpeed(Number(speedChoice.value)));
  skipChoice.addEventListener("change", skip);
  const heard = /** @type {HTMLInputElement} */ (query("[data-heard]"));
  heard.addEventListener("change", () => player.voice.mute(!heard.checked));
  for (const button of root.querySelectorAll("[data-jump]")) {
    const [kind, way] = (button.getAttribute("data-jump") ?? "").split(" ");
    button.addEventListener("click", () => jump(/** @type {Kind} */ (kind), way === "next" ? 1 : -1));
  }
  const faster = (/** @type {1 | -1} */ way) => setSpeed(beside(player.speed, way));
  const toggleSkip = () => {
    skipChoice.checked = !skipChoice.checked;
    skip();
    say(skipChoice.checked ? "Inactivity is skipped." : "Inactivity is played.");
  };
  listen(query("[data-player]"), player, { faster, jump, skip: toggleSkip, note: () => notes.write() });
  player.addEventListener("tick", () => show(player, play));
  player.addEventListener("skip", (event) => say(`${spoken(/** @type {CustomEvent<number>} */ (event).detail)} skipped`));
}

/** @param {Player} player @param {HTMLElement} play */
function show({ playing, trouble, position }, play) {
  root.dataset.state = trouble || (playing ? "playing" : "paused");
  root.dataset.at = String(Math.round(position));
  query("[data-waiting]").hidden = trouble !== "loading";
  query("[data-failed]").hidden = trouble !== "failed";
  if (play.dataset.shown === String(playing)) return;
  play.dataset.shown = String(playing);
  play.ariaLabel = playing ? "Pause" : "Play";
  query("span", play).textContent = playing ? "pause" : "play_arrow";
}

let silence = 0;

/** @param {string} words */
function say(words) {
  clearTimeout(silence);
  status.textContent = words;
  silence = setTimeout(() => (status.textContent = ""), 4000);
}

/** @param {Player} player */
function share(player) {
  const link = /** @type {HTMLInputElement} */ (query("[data-link]"));
  query("[data-share]").addEventListener("click", async () => {
    const address = new URL(location.pathname, location.origin);
    address.searchParams.set("t", (Math.floor(player.position / 100) / 10).toString());
    link.value = String(address);
    link.hidden = false;
    link.select();
    const copied = await navigator.clipboard?.writeText(link.value).then(() => true, () => false);
    say(copied ? `The link to ${moment(player.position)} is copied.` : "Copy the link from its field.");
  });
}

async function begin() {
  const screen = new Screen(query("[data-screen]"));
  const pieces = new Pieces(path);
  const first = started ? Promise.resolve() : showFirst(pieces, screen).catch(() => {});
  const outline = new Outline(await outlined());
  await first;
  const player = new Player(outline, pieces, screen, new Voice(outline.tracks));
  new Timeline(player);
  control(player);
  share(player);
  showMoments(player);
  player.addEventListener("seen", () => (root.dataset.seen = ""), { once: true });
  player.seek(started);
  showTranscript(player, await call("GET", `${path}transcript`));
}

begin().catch((error) => {
  query("[data-failed]").hidden = false;
  query("[data-waiting]").hidden = true;
  if (error instanceof Refusal) query("[data-failed]").textContent = error.message;
  else throw error;
});
