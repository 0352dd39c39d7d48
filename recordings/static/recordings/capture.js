// @ts-check
/**
 * Records a visit, once they have agreed: the page, the pointer, and the voice of somebody who thinks aloud. One tag:
 *
 *     <script type="module" src="https://shop.example/static/recordings/capture.js" data-microphone></script>
 *
 * or, for a page that decides itself:
 *
 *     import { Capture } from "https://shop.example/static/recordings/capture.js";
 *     new Capture({ microphone: true, participant: "p-17" }).start();
 *
 * Before the visitor has agreed nothing leaves the page, and nothing is recorded. See docs/recordings-capture.md.
 */

import { Vitrine } from "../realtime/client.js";
import { Emitter } from "../realtime/emitter.js";
import { Batches } from "./batches.js";
import { Choice } from "./choice.js";
import { Held } from "./held.js";
import { HeldHere } from "./held_here.js";
import { Left } from "./left.js";
import { safeAddress } from "./masking.js";
import { Microphone } from "./microphone.js";
import { Prompt } from "./prompt.js";
import { Recorder } from "./recorder.js";
import { Sender } from "./sender.js";
import { chosenTexts } from "./texts.js";
import { Turns } from "./turns.js";

/** @import { Ack } from "../realtime/client.js" */
/** @import { Answer } from "./choice.js" */
/** @import { Events, Options, State } from "./options.js" */

const RESTART = 30_000; // ms between snapshots that are taken because something was lost

/** @extends {Emitter<Events>} */
export class Capture extends Emitter {
  /** @type {State} */ #state = "idle";
  /** @type {Required<Options>} */ #options;
  #choice;
  /** @type {Held | HeldHere} */ #held;
  #left;
  #isLeaving = false;
  #client;
  /** @type {Sender | undefined} */ #sender;
  #turns;
  #isRenewed = false;
  #restartedAt = 0;
  #batches = new Batches((events) => this.#hold(events));
  #prompt = new Prompt({
    agree: () => this.agree(),
    decline: () => void this.decline(),
    stop: () => void this.stop(),
    withdraw: () => void this.decline(),
  });
  /** @type {Recorder | undefined} */ #recorder;
  #microphone = new Microphone({
    held: () => this.#held,
    begun: (mime) => this.#recorder?.mark("audio", { mime }),
    chunk: () => this.#sender?.kick(),
  });

  /** @param {Options} [options] */
  constructor({ server = "", participant = "", ...options } = {}) {
    super();
    const home = new URL(server || import.meta.url, location.href).origin;
    const usual = { microphone: false, images: false, privacy: "", prompt: true, version: "" };
    this.#options = { ...usual, ...options, server: home, participant };
    this.#choice = new Choice(home, participant);
    this.#client = new Vitrine({ url: new URL("/ws/recordings/", home).href });
    const name = `vitrine.recording ${home}`;
    this.#held = new Held(name, this.#dropped);
    this.#left = new Left(name);
    const hearers = { gained: () => void this.#record(), lost: () => this.#pause() };
    this.#turns = new Turns(name, hearers);
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /** Who this is in the recordings. */
  get participant() {
    return this.#choice.participant;
  }

  /** Goes on with a recording that was agreed to, or asks; a visitor who has declined is left alone. @returns {void} */
  start() {
    if (this.#state !== "idle") return;
    const { answer } = this.#choice;
    if (answer === "given") return void this.#go();
    if (this.#choice.isOwed) void this.#settle();
    if (answer) return this.#become(answer);
    this.ask();
  }

  /** Asks, also somebody who has declined or stopped before. @returns {void} */
  ask() {
    if (this.#isRunning) return;
    this.#become("asking");
    if (this.#options.prompt) this.#prompt.ask(this.#look);
  }

  /** What the prompt's first button does. @param {string} [version] of the text that was agreed to @returns {void} */
  agree(version = this.#version) {
    if (this.#isRunning) return;
    this.#choice.answered("given", version);
    this.#choice.owe(false);
    void this.#go();
  }

  /** Records nothing, and has deleted what was recorded before, here and on the server. */
  async decline() {
    const wasGiven = this.#choice.answer === "given";
    this.#sender?.stop();
    this.#sender = undefined;
    await this.#answer("declined", wasGiven ? this.#choice.consent.version : this.#version);
    this.#choice.owe(wasGiven || this.#choice.isOwed);
    this.#left.take();
    await this.#held.clear().catch(() => {});
    if (this.#choice.isOwed) await this.#settle();
  }

  /** Ends the recording, which stays as far as it is. */
  async stop() {
    if (!this.#isRunning) return;
    const sender = this.#sender;
    this.#sender = undefined;
    await this.#answer("stopped", this.#choice.consent.version);
    const isSent = this.#client.status.state === "open" && (await sender?.drain());
    if (isSent) await this.#client.send("recording:end", {}, { keep: false });
    sender?.stop();
    this.#client.close();
  }

  // --- recording

  get #isRunning() {
    return this.#state === "recording" || this.#state === "paused";
  }

  async #go() {
    this.#become("paused");
    const keeps = this.#held instanceof HeldHere || (await this.#held.works());
    if (!keeps) this.#held = new HeldHere(this.#dropped);
    if (!this.#isRunning) return;
    addEventListener("pagehide", this.#leave);
    document.addEventListener("visibilitychange", this.#seen);
    this.#turns.start();
    if (this.#options.prompt) this.#prompt.tellRunning(this.#look);
  }

  /** This tab has its turn. */
  async #record() {
    if (!this.#isRunning) return;
    this.#client.connect();
    this.#sender ??= new Sender(
      { client: this.#client, held: this.#held, choice: this.#choice },
      {
        refused: (ack) => this.#refused(ack),
        spoiled: ({ message }) => this.#lost(`The server refused a part of the recording: ${message}`),
        sent: () => this.emit("stored", undefined),
      },
    );
    const how = { images: this.#options.images, own: new Set([this.#prompt.host]) };
    const recorder = new Recorder((event) => this.#batches.add(event), how);
    this.#recorder = recorder;
    for (const item of this.#left.take()) await this.#held.add("events", item).catch(() => this.#dropped(1));
    await recorder.start();
    if (this.#recorder !== recorder) return;
    this.#become("recording"); // only now: what somebody did before is not recorded
    if (this.#options.microphone && document.visibilityState === "visible") await this.#microphone.start();
  }

  /** Another tab has it. */
  #pause() {
    this.#become("paused");
    this.#sender?.stop();
    this.#sender = undefined;
    void this.#halt(true);
  }

  /** @param {boolean} keeps whether what was not told yet is kept */
  async #halt(keeps) {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    if (keeps) recorder?.flush();
    recorder?.stop();
    const isSilent = this.#microphone.stop(keeps);
    if (!keeps) return this.#batches.clear();
    const isHeld = this.#batches.flush();
    await Promise.all([isSilent, isHeld]);
  }

  #flush = () => {
    this.#recorder?.flush();
    this.#batches.flush();
  };

  #leave = () => {
    this.#isLeaving = true;
    this.#flush();
    this.#isLeaving = false;
  };

  /** The microphone is closed while nobody looks at the page: they may be talking to somebody else. */
  #seen = () => {
    if (this.#state !== "recording") return;
    if (document.visibilityState === "hidden") {
      this.#flush();
      void this.#microphone.stop(true);
    } else if (this.#options.microphone) {
      void this.#microphone.start();
    }
  };

  /** @param {string} body a batch of events */
  async #hold(body) {
    const item = { body, size: body.length, url: safeAddress(location.href) };
    if (this.#isLeaving && this.#left.leave(item)) return;
    try {
      await this.#held.add("events", item);
      this.#sender?.kick();
    } catch {
      this.#lost("The browser has no room for the recording");
    }
  }

  // --- ends and losses

  /** @param {Answer} answer @param {string} version */
  async #answer(answer, version) {
    this.#choice.answered(answer, version);
    removeEventListener("pagehide", this.#leave);
    document.removeEventListener("visibilitychange", this.#seen);
    this.#turns.stop();
    this.#prompt.hide();
    this.#become(/** @type {State} */ (answer));
    await this.#halt(answer === "stopped");
  }

  /** Has the server delete what it has of somebody who agreed first and declined later. */
  async #settle() {
    this.#client.connect();
    const ack = await this.#client.send("recording:consent", { ...this.#choice.consent, declined: true });
    if (ack.ok) this.#choice.owe(false);
    this.#client.close();
  }

  /** @param {Ack} ack */
  #refused(ack) {
    if (ack.code === "forbidden" && !this.#options.participant && !this.#isRenewed) {
      this.#isRenewed = true;
      this.#choice.renew(); // somebody else holds the id: this browser has lost what proved that it was theirs
      return this.#sender?.again();
    }
    this.#turns.stop();
    void this.#halt(true);
    this.#sender?.stop();
    this.#sender = undefined;
    this.#client.close();
    this.#prompt.hide();
    this.#tell(`The server takes no recording: ${ack.message ?? ack.code}`);
    this.#become("refused");
  }

  #dropped = (/** @type {number} */ count) => this.#lost(`${count} parts of a recording did not fit and were dropped`);

  /** Something is missing in what was told: what follows must not depend on it. @param {string} notice */
  #lost(notice) {
    this.#tell(notice);
    this.#recorder?.mark("lost", { notice });
    if (Date.now() - this.#restartedAt < RESTART) return;
    this.#restartedAt = Date.now();
    this.#recorder?.restart();
  }

  /** @param {string} notice */
  #tell(notice) {
    console.warn(notice);
    this.emit("notice", notice);
  }

  /** @param {State} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.emit("state", state);
  }

  get #version() {
    return this.#options.version || this.#look.version;
  }

  get #look() {
    const { microphone: hasVoice, privacy } = this.#options;
    return { ...chosenTexts(hasVoice), hasVoice, privacy };
  }
}

/** The tag's own attributes, where this script is a page's tag and not imported. */
function startFromTag() {
  const tag = Array.from(document.scripts).find(({ src }) => src === import.meta.url);
  if (!tag) return;
  const { server, participant, privacy, microphone, images } = tag.dataset;
  const [hasVoice, hasImages] = [microphone, images].map((value) => value !== undefined && value !== "false");
  const capture = new Capture({ server, participant, privacy, microphone: hasVoice, images: hasImages });
  capture.start();
  return capture;
}

const page = /** @type {any} */ (globalThis);
page.Vitrine = { ...page.Vitrine, Capture, capture: startFromTag() };
