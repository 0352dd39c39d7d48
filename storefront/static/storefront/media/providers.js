// @ts-check
/** Who carries a show's picture: one module for each provider, loaded only where the shop uses it. */

/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { Devices } from "./devices.js" */

/**
 * A place at the provider, as the API gives it.
 * @typedef {{ token: string, appId: string, channelName: string, uid: number, url: string, expiresAt: string }} Access
 */

/**
 * What every provider is given. `access` fetches a place, `again` a further one for as long as one may stay; `say` shows
 * why there is no picture, and nothing once there is.
 * @typedef {object} Stage
 * @property {Vitrine} client
 * @property {string} sessionId
 * @property {() => Promise<Access>} access
 * @property {(words: string) => void} say
 */

/** @typedef {Stage & { video: HTMLVideoElement, show: (stream: MediaStream | null) => void }} Seeing */
/** @typedef {Stage & { devices: Devices, seen: (viewers: number) => void, replaced: () => void }} Sending */
/** @typedef {() => void} Stop */

/** @type {Record<string, () => Promise<{ see: (stage: Seeing) => Promise<Stop>, send?: (stage: Sending) => Promise<Stop> }>>} */
const PROVIDERS = {
  p2p: () => import("./p2p.js"),
  livekit: () => import("./livekit.js"),
  hls: () => import("./hls.js"),
  agora: () => import("./agora.js"),
};

const AGAIN = 15_000; // ms until a provider that could not begin is tried again

/** A provider that runs while it is wanted. What it throws is said, and then it is tried again. */
export class Running {
  /** @type {Stop | null} */ #stop = null;
  #wanted = 0; // counts each wish, so that one that was given up begins nothing later
  #timer = 0;

  /** @param {() => Promise<Stop>} begin @param {(words: string) => void} say */
  constructor(begin, say) {
    this.begin = begin;
    this.say = say;
  }

  async start() {
    if (this.#wanted) return;
    await this.#try((this.#wanted = Math.random()));
  }

  stop() {
    this.#wanted = 0;
    clearTimeout(this.#timer);
    this.#stop?.();
    this.#stop = null;
  }

  /** @param {number} wish */
  async #try(wish) {
    try {
      const stop = await this.begin();
      if (this.#wanted === wish) this.#stop = stop;
      else stop();
    } catch (error) {
      if (this.#wanted !== wish) return;
      this.say(/** @type {Error} */ (error).message);
      this.#timer = setTimeout(() => void this.#try(wish), AGAIN);
    }
  }
}

/** @param {string} provider @param {Seeing} stage */
export const seeing = (provider, stage) => new Running(async () => (await PROVIDERS[provider]()).see(stage), stage.say);

/** @param {string} provider @param {Sending} stage */
export const sending = (provider, stage) =>
  new Running(async () => {
    const { send } = await PROVIDERS[provider]();
    return send ? send(stage) : () => {};
  }, stage.say);
