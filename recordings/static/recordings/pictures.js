// @ts-check
/** The page's pictures as data, where a shop wants its recordings to show them after they are gone. */

const LARGEST = 200_000; // bytes of one; a larger one stays an address
const MOST = 5_000_000; // bytes of all of a page

export class Pictures {
  #retell;
  /** @type {Map<string, string>} */ #texts = new Map();
  #held = 0;

  /** @param {boolean} areKept @param {(element: Element) => void} retell */
  constructor(areKept, retell) {
    this.areKept = areKept;
    this.#retell = retell;
  }

  /** The picture's data, once it has been read. @param {Element} element @returns {string | undefined} */
  text(element) {
    if (!this.areKept || !(element instanceof HTMLImageElement)) return undefined;
    const address = element.currentSrc || element.src;
    if (!/^https?:/.test(address)) return undefined;
    const text = this.#texts.get(address);
    if (text === undefined) void this.#read(element, address);
    return text || undefined;
  }

  /** @param {HTMLImageElement} element @param {string} address */
  async #read(element, address) {
    this.#texts.set(address, "");
    try {
      const answer = await fetch(address, { cache: "force-cache", credentials: "same-origin" });
      const picture = await answer.blob();
      const fits = picture.size <= LARGEST && this.#held + picture.size <= MOST;
      if (!answer.ok || !fits || !picture.type.startsWith("image/")) return;
      this.#held += picture.size;
      this.#texts.set(address, await asText(picture));
      this.#retell(element);
    } catch {
      // the other origin allows no reading
    }
  }
}

/** @param {Blob} picture @returns {Promise<string>} */
function asText(picture) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(/** @type {string} */ (reader.result));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(picture);
  });
}
