// @ts-check
/** Messages on their way: each waits visibly until it is stored, and a refused one stays with the reason. */

import { clone, query } from "../common/dom.js";

/** @import { Vitrine } from "../../realtime/client.js" */
/** @typedef {{ conversationId: string, text: string, internal: boolean, attachmentIds: string[] }} Message */

const MOST = 50; // that the client keeps waiting, too; what was refused and let be goes when the page does

export class Unsent {
  /** @type {Map<HTMLElement, string>} */ #rows = new Map(); // with the conversations that they are for

  /** @param {HTMLElement} place @param {Vitrine} client */
  constructor(place, client) {
    this.place = place;
    this.client = client;
  }

  /** @param {string} id */
  open(id) {
    this.place.replaceChildren(...[...this.#rows].filter(([, of]) => of === id).map(([row]) => row));
  }

  /** @param {Message} message */
  async send(message) {
    const row = clone("said-line");
    row.dataset.kind = message.internal ? "note" : "staff";
    query("[data-text]", row).textContent = message.text || "A file";
    query("[data-again]", row).addEventListener("click", () => void this.#try(row, message));
    if (this.#rows.size < MOST) this.#rows.set(row, message.conversationId);
    this.place.append(row);
    row.scrollIntoView({ block: "nearest" });
    await this.#try(row, message);
  }

  /** @param {HTMLElement} row @param {Message} message */
  async #try(row, message) {
    const [problem, again] = [query("[data-problem]", row), query("[data-again]", row)];
    query("[data-name]", row).textContent = "Sending…";
    problem.hidden = again.hidden = true;
    const ack = await this.client.send("support-write", message);
    if (ack.ok) {
      this.#rows.delete(row);
      row.remove();
    } else {
      query("[data-name]", row).textContent = "Not sent";
      problem.textContent = ack.message ?? "";
      problem.hidden = again.hidden = false;
    }
  }
}
