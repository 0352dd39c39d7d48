// @ts-check
/** Which tab records, where a visitor has several of a shop: the one that they look at. Two at once would be a muddle. */

export class Turns {
  #channel;
  #hearers;
  #isOurs = false;

  /** @param {string} name @param {{ gained: () => void, lost: () => void }} hearers */
  constructor(name, hearers) {
    this.#hearers = hearers;
    this.#channel = new BroadcastChannel(name);
  }

  start() {
    this.#channel.onmessage = () => {
      if (!this.#isOurs) return;
      this.#isOurs = false;
      this.#hearers.lost();
    };
    addEventListener("focus", this.#look);
    document.addEventListener("visibilitychange", this.#look);
    if (document.visibilityState === "visible") this.#take();
  }

  stop() {
    this.#channel.onmessage = null;
    this.#isOurs = false;
    removeEventListener("focus", this.#look);
    document.removeEventListener("visibilitychange", this.#look);
  }

  #look = () => {
    if (document.visibilityState === "visible") this.#take();
  };

  #take() {
    if (this.#isOurs) return;
    this.#isOurs = true;
    this.#channel.postMessage("mine");
    this.#hearers.gained();
  }
}
