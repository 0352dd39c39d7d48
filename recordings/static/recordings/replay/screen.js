// @ts-check
/** The frame in which the recorded page is seen, from outside: orders go in as messages, and a few words come back. */

/** @import { Recorded } from "./pieces.js" */

const PATIENCE = 10_000; // ms in which a part must be on the screen

export class Screen {
  /** @type {((ready: boolean) => void) | null} */ #waiting = null;
  #turn = 0;

  /** @param {HTMLIFrameElement} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {Promise<void>} */
    this.here = new Promise((here) => {
      addEventListener("message", ({ source, origin, data }) => {
        if (source !== frame.contentWindow || origin !== location.origin) return;
        if (data.said === "here") here();
        if (data.said === "size") frame.style.setProperty("--shape", `${data.width} / ${data.height}`);
        const isAwaited = data.turn === this.#turn && ["ready", "failed"].includes(data.said);
        if (isAwaited) this.#waiting?.(data.said === "ready");
      });
    });
    frame.src = frame.dataset.src ?? ""; // only now, so that its first word is heard
  }

  /**
   * Shows a part; resolves when it is on the screen, with false where it can't be shown.
   * @param {{ from: number, to: number, at: number, running: boolean, speed: number, old: boolean, scene: Recorded | null, scroll: [number, number], events: Recorded[] }} part
   * @returns {Promise<boolean>}
   */
  async open(part) {
    await this.here;
    this.#waiting?.(false);
    const turn = ++this.#turn;
    const ready = new Promise((settle) => {
      this.#waiting = settle;
      setTimeout(settle, PATIENCE, false);
    });
    this.#tell({ order: "open", turn, ...part });
    return /** @type {Promise<boolean>} */ (ready);
  }

  /** @param {Recorded[]} events */
  add(events) {
    this.#tell({ order: "add", events });
  }

  /** @param {number} at @param {boolean} running */
  move(at, running) {
    this.#tell({ order: "move", at, running });
  }

  /** Has what is shown stand still, while what is to be shown next is on its way. */
  stop() {
    this.#tell({ order: "stop" });
  }

  /** @param {number} speed */
  speed(speed) {
    this.#tell({ order: "speed", speed });
  }

  /** Has the picture follow the page's clock where it has drifted. @param {number} at */
  check(at) {
    this.#tell({ order: "check", at });
  }

  /** @param {object} order */
  #tell(order) {
    this.frame.contentWindow?.postMessage(order, location.origin);
  }
}
