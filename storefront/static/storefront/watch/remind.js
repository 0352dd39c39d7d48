// @ts-check
/** "Remind me" before a show begins: a mail to the reader's account or, for guests, to an address that they leave. */

import { call } from "../common/api.js";
import { pressing } from "../common/dialogs.js";
import { query } from "../common/dom.js";

/** @param {string} sessionId */
export function reminding(sessionId) {
  const root = document.querySelector("[data-remind]");
  if (!root) return;
  const path = `sessions/${sessionId}/reminder`;
  const [button, said] = [query("[data-remind-me]", root), query("[data-remind-said]", root)];
  const form = /** @type {HTMLFormElement | null} */ (root.querySelector("[data-remind-form]"));

  /** @param {boolean} waits */
  const draw = (waits) => {
    button.ariaPressed = String(waits);
    query("[data-words]", button).textContent = waits ? "We will remind you" : "Remind me";
  };

  pressing(button, said, async () => {
    if (form) {
      form.hidden = !form.hidden;
      if (!form.hidden) query("input", form).focus();
      return;
    }
    const waits = button.ariaPressed === "true";
    await call(waits ? "DELETE" : "POST", path);
    draw(!waits);
    said.textContent = waits ? "You will get no mail." : "You will get one mail shortly before it begins.";
  });

  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (query("input", form));
    const wrong = !field.checkValidity();
    field.toggleAttribute("aria-invalid", false);
    if (wrong) {
      field.setAttribute("aria-invalid", "true");
      said.textContent = "Please write your e-mail address, such as ann@example.com.";
      return field.focus();
    }
    try {
      await call("POST", path, { email: field.value });
      form.hidden = true;
      draw(true);
      button.focus();
      said.textContent = "You will get one mail shortly before it begins, with a link by which you want no more.";
    } catch (error) {
      said.textContent = /** @type {Error} */ (error).message;
    }
  });
}
