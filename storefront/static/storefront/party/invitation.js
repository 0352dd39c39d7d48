// @ts-check
/** Bringing friends: the link, its QR code, and the ways to hand them on. */

import { query } from "../common/dom.js";

const COPIED = 2_000; // ms that the button says so

/** Returns what tells it the party. @param {string} home the address below which parties are */
export function invitation(home) {
  const dialog = /** @type {HTMLDialogElement} */ (query("[data-invitation]"));
  const link = /** @type {HTMLInputElement} */ (query("[data-link]", dialog));
  const code = /** @type {HTMLImageElement} */ (query("[data-code]", dialog));
  const copy = query("[data-copy]", dialog);
  const share = query("[data-share]", dialog);
  const words = query("[data-words]", copy);

  query("[data-invite]").addEventListener("click", () => dialog.showModal());
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
