// @ts-check
/** Moments by the server's clock, as what it says of itself lets a page know it. */

const SECOND = 1000; // ms

export class ServerClock {
  #offset = 0; // ms by which the server's clock is ahead of this page's

  /** @param {string} at what the server's clock said just now */
  set(at) {
    this.#offset = Date.parse(at) - Date.now();
  }

  /** How many whole seconds there are until a moment; 0 once it is over. @param {string} moment */
  until(moment) {
    return Math.max(0, Math.ceil((Date.parse(moment) - Date.now() - this.#offset) / SECOND));
  }
}

/** Such as 4:05. @param {number} seconds */
export function spelled(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
