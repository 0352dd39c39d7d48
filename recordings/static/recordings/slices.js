// @ts-check
/** When work is done that can wait: after a pause, and then when the page has nothing else to do. */

const PATIENCE = 100; // ms for which a busy page is let alone

export class Slices {
  #work;
  #timer = 0;
  #idle = 0;

  /** @param {() => void} work */
  constructor(work) {
    this.#work = work;
  }

  /** Works once, after so many milliseconds, unless that is arranged already. @param {number} wait */
  soon(wait) {
    if (!this.#timer && !this.#idle) this.#timer = setTimeout(this.#wait, wait);
  }

  cancel() {
    clearTimeout(this.#timer);
    if (this.#idle) cancelIdleCallback(this.#idle);
    this.#timer = this.#idle = 0;
  }

  #wait = () => {
    this.#timer = 0;
    if (!globalThis.requestIdleCallback) return this.#work();
    this.#idle = requestIdleCallback(
      () => {
        this.#idle = 0;
        this.#work();
      },
      { timeout: PATIENCE },
    );
  };
}
