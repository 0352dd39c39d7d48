// @ts-check
/** How long a show has been on, by this page's own clock: the server says how long it had been on when the page was drawn. */

const SECOND = 1000; // ms

export class Timer {
  #begun;
  #timer = 0;
  #element;

  /** @param {HTMLElement} element @param {number | null} seconds that it has been on, or none if it has not begun */
  constructor(element, seconds) {
    this.#element = element;
    this.#begun = seconds === null ? null : performance.now() - seconds * SECOND;
  }

  /** @param {string | undefined} status */
  follow(status) {
    clearInterval(this.#timer);
    if (status !== "live" && status !== "paused") return;
    this.#begun ??= performance.now();
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), SECOND);
  }

  #draw() {
    this.#element.textContent = spoken((performance.now() - (this.#begun ?? 0)) / SECOND);
  }
}

/** Such as 4:05 and 1:04:05. @param {number} seconds */
function spoken(seconds) {
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const two = (/** @type {number | undefined} */ number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
