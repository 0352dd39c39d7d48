// @ts-check
/** What can be done about one line: by every reader, and by those who keep order. */

import { call } from "../common/api.js";
import { query, queryAll } from "../common/dom.js";
import { hide } from "./hidden.js";

/** @import { ChatLine } from "../common/messages.js" */
/** @import { Chat } from "./chat.js" */

export class LineMenu {
  /** @type {ChatLine | null} */ #line = null;

  /** @param {Chat} chat */
  constructor(chat) {
    this.chat = chat;
    this.path = `sessions/${chat.show.id}`;
    this.dialog = /** @type {HTMLDialogElement} */ (query("[data-line-menu]"));
    this.error = query("[data-error]", this.dialog);
    for (const button of queryAll("[data-do]", this.dialog)) {
      button.addEventListener("click", () => void this.#do(button.dataset.do ?? "", Number(button.dataset.minutes) || null));
    }
  }

  /** @param {ChatLine} line */
  open(line) {
    const { reader } = this.chat;
    const own = this.chat.isOwn(line);
    this.#line = line;
    this.error.textContent = "";
    query("[data-name]", this.dialog).textContent = line.userName || "Guest";
    query("[data-text]", this.dialog).textContent = line.message;
    query("[data-keeper]", this.dialog).hidden = !reader.moderates;
    this.#offer("ask", own);
    this.#offer("report", !own);
    this.#offer("hide", !own && line.author !== undefined);
    this.dialog.showModal();
  }

  /** @param {string} act @param {boolean} offered */
  #offer(act, offered) {
    query(`[data-do="${act}"]`, this.dialog).hidden = !offered;
  }

  /** @param {string} act @param {number | null} minutes */
  async #do(act, minutes) {
    const line = this.#line;
    if (!line) return;
    this.error.textContent = "";
    try {
      await this.#verbs[act]?.(line, minutes);
      this.dialog.close();
    } catch (error) {
      this.error.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** @type {Record<string, (line: ChatLine, minutes: number | null) => Promise<unknown>>} */
  #verbs = {
    ask: ({ id }) => call("POST", `${this.path}/questions`, { messageId: id }),
    report: async ({ id }) => {
      await call("POST", `${this.path}/moderation/reports`, { messageId: id });
      this.chat.say("Thank you. Those who keep order here will look at it.");
    },
    hide: async ({ author = "" }) => {
      hide(author);
      this.chat.forgetHidden();
    },
    delete: async ({ id }) => {
      await call("DELETE", `${this.path}/chat/${id}`);
      this.chat.forget(id);
    },
    "delete-all": ({ id }) => call("POST", `${this.path}/moderation/removals`, { messageId: id }),
    pin: ({ id }) => call("PUT", `${this.path}/moderation/pin`, { messageId: id }),
    pick: async ({ id }) => {
      const { questionId } = await call("POST", `${this.path}/questions`, { messageId: id });
      await call("PATCH", `${this.path}/questions/${questionId}`, { status: "picked" });
    },
    mute: ({ id }, minutes) => call("POST", `${this.path}/moderation/mutes`, { messageId: id, minutes }),
    ban: ({ id }, minutes) => call("POST", `${this.path}/moderation/bans`, { messageId: id, minutes }),
    shadow: ({ id }) => call("POST", `${this.path}/moderation/bans`, { messageId: id, shadow: true }),
  };
}
