// @ts-check
/** One message of a conversation: what was said, its files, and what became of an offer. */

import { clone, query } from "../common/dom.js";
import { clock } from "../common/format.js";
import { full } from "./times.js";

/** @import { Attachment, Line, Marks } from "../../realtime/client.js" */
/** @typedef {Line & { seq: number }} Said a message with its number in the conversation's log */

const KINDS = /** @type {Record<string, string>} */ ({ note: "Note", offer: "Offer" });
const OFFERS = { call: "A call", party: "Shopping together" };
const STATES = {
  offered: "was offered.",
  accepted: "was accepted.",
  declined: "was declined.",
  expired: "was not answered in time.",
};
const GOES = { call: "Go to the call", party: "Go to the party" };

/**
 * @param {HTMLElement | undefined} drawn the element that it has already
 * @param {Said} line
 * @param {Marks | null} marks
 * @param {((line: Said) => Promise<unknown>) | null} showAnswer says a reply in the show, where there is one
 */
export function drawLine(drawn, line, marks, showAnswer) {
  const element = drawn ?? clone("said-line");
  const at = /** @type {HTMLTimeElement} */ (query("[data-at]", element));
  element.dataset.kind = line.kind;
  query("[data-name]", element).textContent = line.name;
  query("[data-kind]", element).textContent = KINDS[line.kind] ?? "";
  query("[data-kind]", element).hidden = !(line.kind in KINDS);
  query("[data-text]", element).textContent = line.text;
  query("[data-text]", element).hidden = line.text === "";
  at.dateTime = line.createdAt;
  at.title = full(line.createdAt);
  at.textContent = clock(line.createdAt);
  query("[data-mark]", element).textContent = marks ? markOf(line, marks) : "";
  drawOffer(element, line);
  drawFiles(query("[data-attached]", element), line.attachments);
  drawAnswer(element, line, showAnswer);
  return element;
}

/** How far a reply has come. @param {Said} line @param {Marks} marks */
function markOf({ kind, seq }, { customerDelivered, customerRead }) {
  if (kind !== "staff" && kind !== "offer") return "";
  if (seq <= customerRead) return "Read";
  return seq <= customerDelivered ? "Delivered" : "Sent";
}

/** @param {HTMLElement} element @param {Line} line */
function drawOffer(element, { offer }) {
  query("[data-offered]", element).hidden = !offer;
  if (!offer) return;
  const go = /** @type {HTMLAnchorElement} */ (query("[data-go]", element));
  query("[data-state]", element).textContent = `${OFFERS[offer.kind]} ${STATES[offer.state]}`;
  go.hidden = offer.url === null || offer.state !== "accepted";
  go.href = offer.url ?? "";
  go.textContent = GOES[offer.kind];
}

/** @param {HTMLElement} place @param {Attachment[]} attachments */
function drawFiles(place, attachments) {
  place.hidden = attachments.length === 0;
  if (place.children.length === attachments.length) return; // A message's files are the same for ever.
  place.replaceChildren(
    ...attachments.map(({ name, contentType, size, url }) => {
      const element = clone("attached-file");
      const picture = /** @type {HTMLImageElement} */ (query("[data-picture]", element));
      const isPicture = contentType.startsWith("image/");
      /** @type {HTMLAnchorElement} */ (query("[data-link]", element)).href = url;
      picture.hidden = !isPicture;
      if (isPicture) picture.src = url;
      query("[data-words]", element).textContent = `${name} (${weight(size)})`;
      return element;
    }),
  );
}

/** @param {number} bytes */
export function weight(bytes) {
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** @param {HTMLElement} element @param {Said} line @param {((line: Said) => Promise<unknown>) | null} showAnswer */
function drawAnswer(element, line, showAnswer) {
  const button = query("[data-show-answer]", element);
  const isShown = Boolean(line.shownAs);
  button.hidden = line.kind !== "staff" || (!showAnswer && !isShown);
  button.ariaDisabled = isShown ? "true" : null;
  button.textContent = isShown ? "Said in the show" : "Say it in the show";
  button.onclick = async () => {
    const problem = query("[data-problem]", element);
    if (button.ariaDisabled === "true" || !showAnswer) return;
    button.ariaDisabled = "true";
    try {
      await showAnswer(line);
      problem.hidden = true;
    } catch (error) {
      button.ariaDisabled = null;
      problem.hidden = false;
      problem.textContent = /** @type {Error} */ (error).message;
    }
  };
}
