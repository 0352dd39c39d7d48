// @ts-check
/** Staff make a conversation of a line in the chat: its author alone reads the answer, unless that is shown here too. */

import { call } from "../common/api.js";
import { query } from "../common/dom.js";

/** @import { ChatLine } from "../common/messages.js" */

const DESK = "/admin/support/inbox/";

/**
 * The button of a line becomes a link to its conversation.
 * @param {ChatLine} line
 * @param {HTMLElement} element
 * @param {(problem: string) => void} complain
 */
export function offerTakingUp(line, element, complain) {
  const button = /** @type {HTMLButtonElement} */ (query("[data-take-up]", element));
  const link = /** @type {HTMLAnchorElement} */ (query("[data-taken-up]", element));
  const whom = line.userName || "a guest";
  button.hidden = false;
  button.setAttribute("aria-label", `Answer ${whom} in a conversation`);
  link.setAttribute("aria-label", `Open the conversation with ${whom}`);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { conversation } = await call("POST", "support/conversations", { line: line.id });
      link.href = `${DESK}#${conversation.id}`;
      [button.hidden, link.hidden] = [true, false];
      link.focus();
      complain("");
    } catch (error) {
      button.disabled = false;
      complain(/** @type {Error} */ (error).message);
    }
  });
}
