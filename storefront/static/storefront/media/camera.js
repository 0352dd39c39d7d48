// @ts-check
/** The studio's camera: what of the host's own picture and sound is sent, seen before anybody else sees it. */

import { Devices } from "./devices.js";
import { Level } from "./level.js";
import { query, queryAll } from "../common/dom.js";
import { sending } from "./providers.js";
import { ShowRecorder } from "./recorder.js";
import { tally } from "../common/format.js";

/** @import { Access } from "./providers.js" */
/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { Kind } from "./devices.js" */

const KINDS = /** @type {Kind[]} */ (["audio", "video"]);
const RECORDS = "recordsShows"; // where the browser keeps whether shows are recorded
const THINGS = { audio: "microphone", video: "camera" };

export class Camera {
  #devices = new Devices();
  #open = false;
  #live = false;
  /** @type {ShowRecorder | null} */ #recorder = null;

  /**
   * @param {HTMLElement} panel
   * @param {{ provider: string, records: boolean, client: Vitrine, sessionId: string, access: () => Promise<Access> }} carried
   */
  constructor(panel, { provider, records, ...carried }) {
    this.panel = panel;
    this.level = new Level(query("[data-level]", panel));
    const devices = this.#devices;
    this.sending = sending(provider, { ...carried, devices, say: this.#say, seen: this.#seen, replaced: this.#replaced });
    devices.on("track", (kind) => this.#changed(kind));
    devices.on("list", () => void this.#list());
    devices.on("problem", (words) => this.#complain(words));
    query("[data-open]", panel).addEventListener("click", () => void this.#begin());
    query("[data-flip]", panel).addEventListener("click", () => void this.#flip());
    query("[data-again]", panel).addEventListener("click", () => this.#sendAgain());
    for (const button of queryAll("[data-toggle]", panel)) {
      button.addEventListener("click", () => void devices.toggle(/** @type {Kind} */ (button.dataset.toggle)));
    }
    for (const field of queryAll("[data-device]", panel)) {
      const select = /** @type {HTMLSelectElement} */ (query("select", field));
      select.addEventListener("change", () => void devices.choose(/** @type {Kind} */ (field.dataset.device), select.value));
    }
    addEventListener("pagehide", () => this.sending.stop());
    if (records && provider === "p2p" && ShowRecorder.possible) this.#offerRecording(carried.sessionId);
  }

  /** What goes from browser to browser passes no server that could record it, so this page does. @param {string} sessionId */
  #offerRecording(sessionId) {
    const field = query("[data-record]", this.panel);
    const box = /** @type {HTMLInputElement} */ (query("input", field));
    field.hidden = false;
    box.checked = localStorage.getItem(RECORDS) !== "no";
    box.addEventListener("change", () => {
      localStorage.setItem(RECORDS, box.checked ? "yes" : "no");
      this.#record();
    });
    this.#recorder = new ShowRecorder(sessionId, this.#devices, (words) => {
      query("[data-recording]", this.panel).textContent = words;
      query("[data-recording]", this.panel).hidden = false;
    });
  }

  #record() {
    const box = /** @type {HTMLInputElement} */ (query("[data-record] input", this.panel));
    this.#recorder?.follow(this.#live && this.#open && box.checked);
  }

  /** Whether viewers would see something. */
  get sees() {
    return this.#open && this.#devices.outgoing("video") !== null;
  }

  /** Whether the microphone is on, and something was heard from it. */
  get hears() {
    return this.#open && this.#devices.isOn("audio") && this.level.heard;
  }

  /** Opens camera and microphone, as its own button does, and shows the reader what they see. */
  test() {
    this.panel.scrollIntoView({ block: "nearest" });
    if (!this.#open) void this.#begin();
  }

  /** Sends while the show is live and there is something to send. @param {boolean} live */
  follow(live) {
    this.#live = live;
    this.panel.dataset.live = String(live);
    query("[data-again]", this.panel).hidden = true;
    if (live && this.#open) void this.sending.start();
    else this.sending.stop();
    if (!live) this.#seen(0);
    this.#record();
  }

  async #begin() {
    const button = /** @type {HTMLButtonElement} */ (query("[data-open]", this.panel));
    button.disabled = true;
    await this.#devices.open();
    button.disabled = false;
    this.#open = KINDS.some((kind) => this.#devices.outgoing(kind));
    // Not before there is something in it: a page whose video waits for its first picture never counts as loaded.
    if (this.#open) /** @type {HTMLVideoElement} */ (query("[data-preview]", this.panel)).srcObject = this.#devices.preview;
    this.panel.dataset.open = String(this.#open);
    this.follow(this.#live);
  }

  async #flip() {
    const button = /** @type {HTMLButtonElement} */ (query("[data-flip]", this.panel));
    button.disabled = true;
    await this.#devices.flip();
    button.disabled = false;
  }

  /** @param {Kind} kind */
  #changed(kind) {
    if (kind === "audio") this.level.follow(this.#devices.outgoing("audio"));
    else this.panel.dataset.facing = this.#devices.facing;
    this.#record();
    const on = this.#devices.isOn(kind);
    const button = query(`[data-toggle="${kind}"]`, this.panel);
    button.setAttribute("aria-pressed", String(on));
    query("[data-words]", button).textContent = `Switch ${on ? "off" : "on"} the ${THINGS[kind]}`;
    query("[data-off]", this.panel).hidden = this.#devices.preview.getTracks().length > 0;
  }

  async #list() {
    for (const kind of KINDS) {
      const found = await this.#devices.list(kind);
      const field = query(`[data-device="${kind}"]`, this.panel);
      field.hidden = found.length === 0;
      if (kind === "video") query("[data-flip]", this.panel).hidden = found.length < 2;
      query("select", field).replaceChildren(
        ...found.map(({ id, label, used }, n) => new Option(label || `Device ${n + 1}`, id, used, used)),
      );
    }
  }

  /** What the devices lack. @param {string} words */
  #complain(words) {
    query("[data-problem]", this.panel).textContent = words;
    query("[data-problem]", this.panel).hidden = !words;
  }

  /** What the provider says. @param {string} words */
  #say = (words) => {
    query("[data-provider]", this.panel).textContent = words;
    query("[data-provider]", this.panel).hidden = !words;
  };

  #replaced = () => {
    this.#say("The picture comes from another window or device of this show now.");
    this.#seen(0);
    query("[data-again]", this.panel).hidden = false;
  };

  #sendAgain() {
    this.sending.stop();
    this.#say("");
    this.follow(this.#live);
  }

  /** @param {number} viewers */
  #seen = (viewers) => {
    query("[data-seen]", this.panel).hidden = viewers === 0;
    query("[data-seen] [data-count]", this.panel).textContent = tally(viewers);
  };
}
