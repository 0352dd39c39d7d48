// @ts-check
/** The questions of a show's viewers: a list in which everybody votes, and the one that is being answered. */

import { call } from "../common/api.js";
import { pressing } from "../common/dialogs.js";
import { clone, query } from "../common/dom.js";
import { bold, button } from "./rows.js";

/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { Question } from "../common/messages.js" */
/** @import { Chat } from "./chat.js" */

/** @type {Record<string, string>} */ const WORDS = { picked: "Being answered", answered: "Answered" };

export class Questions {
  /** @type {Set<number>} those for which this page has voted */ #voted = new Set();
  /** @type {Question[]} */ #shown = [];

  /** @param {Chat} chat @param {Vitrine} client */
  constructor(chat, client) {
    this.chat = chat;
    this.path = `sessions/${chat.show.id}/questions`;
    this.sheet = /** @type {HTMLDialogElement} */ (query("[data-questions-sheet]"));
    this.opener = query("[data-open-questions]");
    this.opener.addEventListener("click", () => this.sheet.showModal());
    client.on("questions-updated", ({ questions }) => this.draw(questions));
  }

  async load() {
    const questions = await call("GET", this.path).catch(() => null);
    if (questions) this.draw(questions);
  }

  /** Draws them again, for a reader who may do more or less with them now. */
  redraw() {
    this.draw(this.#shown);
  }

  /** @param {Question[]} questions */
  draw(questions) {
    this.#shown = questions;
    const picked = questions.find(({ status }) => status === "picked");
    bold(query("[data-picked]"), picked ?? null);
    query("[data-count]", this.opener).textContent = String(questions.filter(({ status }) => status === "open").length);
    this.opener.hidden = questions.length === 0;
    query("[data-no-questions]", this.sheet).hidden = questions.length > 0;
    query("[data-questions]", this.sheet).replaceChildren(...questions.map((question) => this.#row(question)));
  }

  /** @param {Question} question */
  #row(question) {
    const { questionId: id, status, votes } = question;
    const row = clone("queue-row");
    const buttons = query("[data-buttons]", row);
    const words = `${votes} ${votes === 1 ? "vote" : "votes"}`;
    query("[data-name]", row).textContent = question.userName;
    query("[data-text]", row).textContent = question.message;
    query("[data-note]", row).textContent = WORDS[status] ?? words;
    if (status === "open") buttons.append(this.#vote(id));
    if (!this.chat.reader.moderates) return row;
    if (status !== "picked") buttons.append(this.#settle("Answer now", id, "picked"));
    if (status === "picked") buttons.append(this.#settle("Answered", id, "answered"));
    buttons.append(this.#settle("Dismiss", id, "dismissed"));
    return row;
  }

  /** @param {number} id */
  #vote(id) {
    const vote = button("Vote");
    vote.ariaPressed = String(this.#voted.has(id));
    pressing(vote, query("[data-error]", this.sheet), async () => {
      const voted = this.#voted.has(id);
      await call(voted ? "DELETE" : "POST", `${this.path}/${id}/vote`);
      if (voted) this.#voted.delete(id);
      else this.#voted.add(id);
      vote.ariaPressed = String(!voted);
    });
    return vote;
  }

  /** @param {string} words @param {number} id @param {string} status */
  #settle(words, id, status) {
    const settle = button(words);
    pressing(settle, query("[data-error]", this.sheet), () => call("PATCH", `${this.path}/${id}`, { status }));
    return settle;
  }
}
