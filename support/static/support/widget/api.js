// @ts-check
/** Support over REST: what is too large for the socket, or older than what it tells. */

import { guestHeaders } from "../../realtime/client.js";

/** @import { Attachment } from "../../realtime/client.js" */
/** @import { Past, Said } from "../options.js" */

const PAGE = 50; // messages at a time
const MAX_SHOWN = 30; // files whose content is held, on pages of other origins

export class Refused extends Error {}

export class Api {
  #server;
  /** @type {Map<string, Promise<string>>} */ #held = new Map();

  /** @param {string} server */
  constructor(server) {
    this.#server = server;
  }

  get isOwn() {
    return this.#server === location.origin;
  }

  /** @param {string} path */
  url(path) {
    return new URL(path, this.#server).href;
  }

  /** @returns {Promise<Past[]>} the newest first */
  conversations() {
    return this.#call("GET", "conversations");
  }

  /** @param {string} conversation @param {number} [before] its number @returns {Promise<Said[]>} oldest first */
  async messages(conversation, before) {
    const earlier = before === undefined ? "" : `&before=${before}`;
    const said = await this.#call("GET", `conversations/${conversation}/messages?limit=${PAGE}${earlier}`);
    return said.map((/** @type {any} */ line) => ({ ...line, text: line.message }));
  }

  /** @param {string} conversation @param {number} score @param {string} comment */
  rate(conversation, score, comment) {
    return this.#call("POST", `conversations/${conversation}/rating`, JSON.stringify({ score, comment }));
  }

  /** @param {string} conversation @param {File} file @returns {Promise<Attachment>} */
  upload(conversation, file) {
    const form = new FormData();
    form.append("file", file);
    return this.#call("POST", `conversations/${conversation}/attachments`, form);
  }

  /** The server forgets who this browser was. */
  startOver() {
    return this.#call("POST", "start-over");
  }

  /**
   * Where a file can be shown from: elsewhere than on the server's own pages only the header says who asks.
   * @param {Attachment} file
   * @returns {Promise<string>}
   */
  source({ id, url }) {
    if (this.isOwn) return Promise.resolve(this.url(url));
    const held = this.#held.get(id) ?? this.#read(url);
    this.#held.delete(id);
    this.#held.set(id, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MAX_SHOWN) this.#release(oldest);
    held.catch(() => this.#held.delete(id));
    return held;
  }

  /** Lets go of every file. */
  clear() {
    for (const id of [...this.#held.keys()]) this.#release(id);
  }

  /** @param {string} id */
  #release(id) {
    void this.#held.get(id)?.then((source) => URL.revokeObjectURL(source), () => {});
    this.#held.delete(id);
  }

  /** @param {string} url */
  async #read(url) {
    const answer = await fetch(this.url(url), { credentials: "omit", headers: await guestHeaders(this.#server) });
    if (!answer.ok) throw new Refused(String(answer.status));
    return URL.createObjectURL(await answer.blob());
  }

  /** @param {string} method @param {string} path @param {BodyInit} [body] @returns {Promise<any>} */
  async #call(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", ...(await guestHeaders(this.#server)) };
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    if (this.isOwn) headers["X-CSRFToken"] = cookie("csrftoken");
    const how = /** @type {const} */ ({ method, headers, body, credentials: this.isOwn ? "same-origin" : "omit" });
    const answer = await fetch(this.url(`/api/support/${path}`), how).catch(() => null);
    if (!answer) throw new Refused("");
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(said.message ?? said.error ?? said.detail ?? String(answer.status));
    return said.data ?? said;
  }
}

/** @param {string} name */
function cookie(name) {
  const pair = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}
