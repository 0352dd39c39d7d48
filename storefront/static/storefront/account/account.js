// @ts-check
/** What one can do with one's own account: confirm its address, end every log-in, and erase it. */

import { call } from "../common/api.js";
import { confirmed, pressing } from "../common/dialogs.js";
import { query } from "../common/dom.js";

const verify = document.querySelector("[data-verify]");
if (verify instanceof HTMLElement) {
  const said = query("[data-verify-said]");
  pressing(verify, said, async () => {
    await call("POST", "auth/verification");
    said.textContent = "A mail with a link is on its way to you.";
  });
}

pressing(query("[data-log-out]"), query("[data-log-out-said]"), async () => {
  await call("POST", "auth/logout");
  location.assign("/");
});

const form = /** @type {HTMLFormElement} */ (query("[data-erase]"));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const values = new FormData(form);
  const [field, said] = [query("[name=password]", form), query("[data-erase-said]", form)];
  const password = String(values.get("password"));
  field.toggleAttribute("aria-invalid", false);
  said.textContent = password ? "" : "Please write your password.";
  if (!password) {
    field.setAttribute("aria-invalid", "true");
    return field.focus();
  }
  if (!(await confirmed("Erase your account? This cannot be undone.", "Erase it"))) return;
  try {
    await call("POST", "auth/erase", { password, texts: values.has("texts") });
    location.assign("/");
  } catch (error) {
    said.textContent = /** @type {Error} */ (error).message;
  }
});
