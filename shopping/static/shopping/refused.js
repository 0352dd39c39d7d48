// @ts-check
/** That the server did not do something, as an error. */

/** @import { Ack } from "./messages.js" */

export class Refused extends Error {
  /** @param {Ack} ack */
  constructor({ code = "refused", message = "It was not accepted", retryAfter }) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}
