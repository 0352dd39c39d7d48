// @ts-check
/** Who is in the party: faces, the host and what only the host may do, and those who talk. */

import { clone, query } from "../common/dom.js";
import { toastError } from "../common/toast.js";
import { drawFace, lookOf } from "./faces.js";

/** @import { Participant, Session, Voices } from "../../shopping/messages.js" */
/** @import { Together } from "../../shopping/sdk.js" */

export class People {
  /** @type {Map<string, HTMLElement>} */ #rows = new Map();
  #together;

  /** @param {Together} together */
  constructor(together) {
    this.#together = together;
    this.root = query("[data-people]");
    this.roll = query("[data-roll]", this.root);
    this.faces = query("[data-faces]");
    this.dialog = /** @type {HTMLDialogElement} */ (query("[data-about-one]"));
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close(""));
    together.on("state", (session) => this.#draw(session));
    together.on("voice", (voices) => this.#drawTalking(voices));
  }

  /** @param {Session} session */
  #draw({ participants, host }) {
    const ids = new Set(participants.map(({ userId }) => userId));
    for (const [id, row] of this.#rows) if (!ids.has(id)) row.remove(), this.#rows.delete(id);
    const order = [...participants].sort((one, other) => this.#rank(one, host) - this.#rank(other, host));
    for (const participant of order) this.roll.append(this.#drawRow(participant, host));
    this.faces.replaceChildren(...order.map((participant) => this.#face(participant, host)));
    query("[data-count]", this.root).textContent = String(participants.length);
    this.#drawTalking(this.#together.voice.state);
  }

  /** The host first, then oneself. @param {Participant} participant @param {string} host */
  #rank({ userId }, host) {
    return userId === host ? 0 : this.#together.isMe(userId) ? 1 : 2;
  }

  /** @param {Participant} participant @param {string} host */
  #face({ userId, userName }, host) {
    const face = clone("face");
    face.dataset.user = userId;
    face.classList.toggle("host", userId === host);
    face.title = userName;
    drawFace(face, lookOf(this.#together, userId));
    query("[data-name]", face).textContent = userName;
    return face;
  }

  /** @param {Participant} participant @param {string} host */
  #drawRow(participant, host) {
    const { userId } = participant;
    const row = this.#rows.get(userId) ?? this.#newRow(participant);
    const me = userId === this.#together.clientId;
    drawFace(row, lookOf(this.#together, userId));
    query("[data-host]", row).hidden = userId !== host;
    query("[data-place]", row).textContent = me ? "You" : "";
    query("[data-menu]", row).hidden = me || !this.#together.isHost;
    return row;
  }

  /** @param {Participant} participant */
  #newRow({ userId, userName }) {
    const row = clone("participant");
    const menu = query("[data-menu]", row);
    query("[data-name]", row).textContent = userName;
    menu.ariaLabel = `What to do about ${userName}`;
    menu.addEventListener("click", () => this.#ask(userId, userName));
    this.#rows.set(userId, row);
    return row;
  }

  /** What only the host may do. @param {string} userId @param {string} userName */
  #ask(userId, userName) {
    query("[data-name]", this.dialog).textContent = userName;
    this.dialog.returnValue = "";
    this.dialog.showModal();
    const decided = () => {
      if (this.dialog.returnValue === "transfer") this.#together.transfer(userId).catch(toastError);
      if (this.dialog.returnValue === "dismiss") this.#together.dismiss(userId).catch(toastError);
    };
    this.dialog.addEventListener("close", decided, { once: true });
  }

  /** @param {Voices} voices */
  #drawTalking({ joined, muted, speakers }) {
    const talking = new Map(speakers.map((speaker) => [speaker.userId, !speaker.muted]));
    if (joined) talking.set(this.#together.clientId, !muted);
    for (const [id, row] of this.#rows) query("[data-speaking]", row).hidden = !talking.has(id);
    for (const element of [...this.#rows, ...[...this.faces.children].map(pair)]) {
      element[1].classList.toggle("talking", talking.get(element[0]) === true);
    }
  }
}

/** @param {Element} face @returns {[string, HTMLElement]} */
const pair = (face) => [/** @type {HTMLElement} */ (face).dataset.user ?? "", /** @type {HTMLElement} */ (face)];
