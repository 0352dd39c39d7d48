// @ts-check
/** The public REST API as the pages use it: JSON both ways, the page's session, and refusals as one kind of error. */

import { guestHeaders, hasCookie } from "../../realtime/guest.js";

export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {number} [retryAfter] seconds
   * @param {Record<string, string[]>} [details] what is wrong with each field
   */
  constructor(status, message, retryAfter, details = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.details = details;
  }
}

/**
 * @param {string} method
 * @param {string} path below /api/
 * @param {object} [body]
 * @returns {Promise<any>} the answer's `data`, or the whole answer where it has none
 */
export async function call(method, path, body) {
  return ask(`/api/${path}`, method, body && JSON.stringify(body), { "Content-Type": "application/json" });
}

/**
 * @param {string} path below /api/
 * @param {File} file
 * @returns {Promise<any>} the answer's `data`
 */
export async function upload(path, file) {
  const form = new FormData();
  form.set("file", file);
  return ask(`/api/${path}`, "POST", form);
}

/**
 * @param {string} address
 * @param {string} [method]
 * @param {string | FormData | Blob} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 */
export async function ask(address, method = "GET", body, headers = {}) {
  const answer = await fetch(address, {
    method,
    headers: { ...headers, ...(await proof()), Accept: "application/json" },
    credentials: hasCookie(location.origin) ? "same-origin" : "omit",
    body,
  }).catch(() => {
    throw new Refusal(0, "The server can't be reached. Check your connection and try again.");
  });
  const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (answer.ok) return said.data ?? said;
  const message = said.message ?? said.error ?? said.detail ?? `The server answered ${answer.status}.`;
  const retryAfter = said.retryAfter ?? (Number(answer.headers.get("Retry-After")) || undefined);
  throw new Refusal(answer.status, message, retryAfter, said.details);
}

/** @returns {Promise<Record<string, string>>} */
async function proof() {
  return hasCookie(location.origin) ? { "X-CSRFToken": cookie("csrftoken") } : guestHeaders(location.origin);
}

/** @param {string} name */
function cookie(name) {
  const pair = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}
