// @ts-check
/** Bringing friends: the link, its QR code, and the ways to hand them on. */

import { one } from "./dom.js";

const COPIED = 2_000; // ms that the button says so

/** Returns what tells it the party. @param {string} home the address below which parties are */
export function invitation(home) {
  const dialog = /** @type {HTMLDialogElement} */ (one("[data-invitation]"));
  const link = /** @type {HTMLInputElement} */ (one("[data-link]", dialog));
  const code = /** @type {HTMLImageElement} */ (one("[data-code]", dialog));
  const copy = one("[data-copy]", dialog);
  const share = one("[data-share]", dialog);
  const words = one("[data-words]", copy);

  one("[data-invite]").addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  link.addEventListener("focus", () => link.select());
  copy.addEventListener("click", async () => {
    link.select();
    await navigator.clipboard?.writeText(link.value).catch(() => {}) ?? document.execCommand("copy"); // on plain http
    words.textContent = "Copied";
    setTimeout(() => (words.textContent = "Copy the link"), COPIED);
  });
  share.hidden = !navigator.share;
  share.addEventListener("click", () => void navigator.share({ url: link.value }).catch(() => {}));

  return (/** @type {string} */ sessionId, /** @type {string} */ inviteLink) => {
    link.value = inviteLink;
    code.src = `${home}${sessionId}/invitation.svg`;
  };
}
