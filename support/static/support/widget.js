// @ts-check
/**
 * A window in which a customer writes to support. One tag on a page of any origin that the server lets in:
 *
 *     <script type="module" src="https://shop.example/static/support/widget.js"></script>
 *
 * or, for a page that opens it by itself:
 *
 *     import { Support } from "https://shop.example/static/support/widget.js";
 *     const support = new Support({ button: false });
 *     support.start();
 *     support.open({ productId });
 *
 * Until they open it, or have a conversation, nothing is sent. See docs/support.md.
 */

import { Emitter } from "../realtime/emitter.js";
import { Api } from "./widget/api.js";
import { Kept } from "./widget/kept.js";
import { Panel } from "./widget/panel.js";
import { Talk } from "./widget/talk.js";
import { chosenTexts } from "./widget/texts.js";

/** @import { About, Events, Options } from "./options.js" */

/** @extends {Emitter<Events>} */
export class Support extends Emitter {
  #server;
  /** @type {Options} */ #options;
  #about;
  #api;
  #kept;
  #channel;
  /** @type {Talk | undefined} */ #talk;
  /** @type {Panel | undefined} */ #panel;
  #unread = 0;

  /** @param {Options} [options] */
  constructor({ server = "", ...options } = {}) {
    super();
    this.#server = new URL(server || import.meta.url, location.href).origin;
    this.#options = options;
    const { showId, productId, partyId, callId, name } = options;
    this.#about = { showId, productId, partyId, callId, name };
    this.#api = new Api(this.#server);
    this.#kept = new Kept(this.#server, options.reader ?? "");
    this.#channel = new BroadcastChannel(`vitrine.support ${this.#server}`);
  }

  /** Puts the button on the page, and goes on where the page before left off. @returns {void} */
  start() {
    if (this.#panel) return;
    this.#build();
    this.#channel.addEventListener("message", () => this.#anew());
    document.addEventListener("click", this.#pressed);
    document.addEventListener("visibilitychange", () => this.#talk?.look());
    document.addEventListener("vitrine-support-begun", () => this.#talk?.refresh());
    for (const opener of document.querySelectorAll("[data-support]")) opener.removeAttribute("hidden");
  }

  get isOpen() {
    return this.#panel?.frame.isOpen ?? false;
  }

  /** How many replies have not been read. */
  get unread() {
    return this.#unread;
  }

  /**
   * @param {About} [about] what the customer looks at, for those who answer
   * @param {{ draft?: string, opener?: HTMLElement }} [how] `opener` has the keyboard again when the window closes
   */
  open(about = {}, { draft, opener } = {}) {
    const panel = this.#panel;
    if (!panel) return;
    panel.composer.begin({ ...this.#about, ...about }, draft);
    const focused = document.activeElement;
    panel.frame.open(opener ?? (focused instanceof HTMLElement && focused !== document.body ? focused : null));
  }

  close() {
    this.#panel?.frame.close();
  }

  /** On a shared computer: browser and server forget who was here. Rejects where the server could not be told. */
  async startOver() {
    const told = this.#api.startOver();
    await (this.#api.isOwn ? told : told.catch(() => {})); // elsewhere only this page knew who they were
    this.#channel.postMessage("forgotten");
    this.#anew();
  }

  // --- its parts

  #build() {
    const { texts, language } = chosenTexts();
    const parts = { api: this.#api, kept: this.#kept, texts, language };
    const talk = new Talk(this.#server, { ...parts, isRead: () => this.#panel?.isRead ?? false });
    const panel = new Panel(parts, talk, this.#options.button ?? true, {
      opened: () => this.#turned(true),
      closed: () => this.#turned(false),
      startOver: () => this.startOver(),
    });
    [this.#talk, this.#panel] = [talk, panel];
    panel.composer.begin(this.#about);
    talk.on("changed", () => this.#count(talk.unread));
    const { conversation, waiting } = this.#kept.all;
    if (conversation || waiting.length || this.#options.begun) talk.connect();
    if (this.#kept.seen.open) panel.frame.open(null, true);
  }

  /** @param {boolean} isOpen */
  #turned(isOpen) {
    this.#kept.see({ open: isOpen });
    if (isOpen) this.#talk?.connect();
    this.#talk?.look();
    this.emit("open", isOpen);
  }

  /** @param {number} unread */
  #count(unread) {
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.emit("unread", unread);
  }

  /** Somebody else begins here; on the server's own pages there is more on the page that was the last person's. */
  #anew() {
    this.#talk?.close();
    this.#panel?.frame.remove();
    this.#api.clear();
    this.#kept.forget();
    if (this.#api.isOwn) return location.reload();
    this.#count(0);
    this.#build();
    if (!document.hidden) this.#panel?.frame.focusButton();
  }

  /** The page's own buttons, also those that come later; one in a dialog closes it, which shuts all else out. */
  #pressed = (/** @type {Event} */ event) => {
    const opener = event.target instanceof Element ? event.target.closest("[data-support]") : null;
    if (!(opener instanceof HTMLElement)) return;
    const { showId, productId, partyId, subject } = opener.dataset;
    const dialog = opener.closest("dialog");
    dialog?.close();
    const draft = subject && chosenTexts().texts.about(subject);
    this.open(given({ showId, productId, partyId }), { draft, opener: dialog ? undefined : opener });
  };
}

/** @param {About} about @returns {About} without what is not known */
const given = (about) => Object.fromEntries(Object.entries(about).filter(([, value]) => value));

/** The tag's own attributes, where this script is a page's tag and not imported. */
function startFromTag() {
  const tag = Array.from(document.scripts).find(({ src }) => src === import.meta.url);
  if (!tag) return;
  const { server, name, reader, button, begun, showId, productId, partyId, callId } = tag.dataset;
  const about = given({ showId, productId, partyId, callId: Number(callId) || undefined, name });
  const how = { button: button !== "none", begun: begun !== undefined };
  const support = new Support({ ...about, ...how, server, reader });
  support.start();
  return support;
}

const page = /** @type {any} */ (globalThis);
page.Vitrine = { ...page.Vitrine, Support, support: startFromTag() };
