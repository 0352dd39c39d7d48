// @ts-check
/** Talking in a party: the buttons, and a screen for everyone who talks. */

import { clone, query } from "../common/dom.js";
import { toast } from "../common/toast.js";
import { drawFace, lookOf, nameOf } from "./faces.js";

/** @import { Speaker, Voices } from "../../shopping/messages.js" */
/** @import { Together } from "../../shopping/sdk.js" */

/** What getUserMedia's refusals mean, by their names. @type {Record<string, string>} */
const REFUSALS = {
  NotAllowedError: "The browser was not allowed to use the microphone or camera.",
  NotFoundError: "No microphone or camera was found.",
  NotReadableError: "The microphone or camera is used by another program.",
};

/** @param {Together} together */
export function talk(together) {
  const root = query("[data-voice]");
  const button = (/** @type {string} */ name) => query(`[data-${name}]`, root);
  const [speak, mute, camera, hangUp] = ["speak", "mute", "camera", "hang-up"].map(button);
  if (!speak || !mute || !camera || !hangUp) return;
  const { voice } = together;

  /** @param {() => Promise<unknown>} act */
  const attempt = async (act) => {
    await act().catch((error) => toast(REFUSALS[error.name] ?? error.message));
  };

  speak.addEventListener("click", () => attempt(() => voice.join()));
  mute.addEventListener("click", () => voice.mute(!voice.state.muted));
  camera.addEventListener("click", () => attempt(() => voice.camera(!voice.state.camera)));
  hangUp.addEventListener("click", () => voice.leave());

  const screens = new Screens(together);
  together.on("voice", (state) => {
    speak.hidden = state.joined;
    for (const each of [mute, camera, hangUp]) each.hidden = !state.joined;
    mute.ariaPressed = String(state.muted);
    camera.ariaPressed = String(state.camera);
    screens.draw(state);
  });
}

class Screens {
  /** @type {Map<string, HTMLElement>} */ #screens = new Map();
  #together;

  /** @param {Together} together */
  constructor(together) {
    this.#together = together;
    this.list = query("[data-screens]");
  }

  /** @param {Voices} voices */
  draw({ joined, camera, own, speakers }) {
    /** @type {Speaker[]} */
    const mine = own ? [{ userId: "", muted: true, camera, stream: own, state: "connected" }] : [];
    const shown = joined ? [...mine, ...speakers] : [];
    const ids = new Set(shown.map(({ userId }) => userId));
    for (const [id, screen] of this.#screens) if (!ids.has(id)) screen.remove(), this.#screens.delete(id);
    for (const speaker of shown) this.#drawScreen(speaker);
  }

  /** @param {Speaker} speaker */
  #drawScreen({ userId, camera, stream, state }) {
    const screen = this.#screens.get(userId) ?? this.#newScreen(userId);
    const video = /** @type {HTMLVideoElement} */ (query("video", screen));
    if (video.srcObject !== stream) video.srcObject = stream;
    screen.classList.toggle("filmed", camera);
    screen.dataset.state = state;
    const look = lookOf(this.#together, userId || this.#together.clientId);
    screen.classList.remove(...[...screen.classList].filter((name) => name.startsWith("tint-")));
    screen.classList.add(look.tint);
    drawFace(screen, look);
  }

  /** @param {string} userId the others'; one's own screen has none, for the id changes */
  #newScreen(userId) {
    const screen = clone("screen");
    screen.classList.toggle("own", !userId);
    query("[data-name]", screen).textContent = userId ? nameOf(this.#together, userId) : "You";
    /** @type {HTMLVideoElement} */ (query("video", screen)).muted = !userId; // else one would hear oneself
    this.#screens.set(userId, screen);
    this.list.append(screen);
    return screen;
  }
}
