// @ts-check
/** The button and the window around what is in it: they come and go, keep the keyboard's place, and fill a phone. */

import { icon, iconButton, made, say } from "./elements.js";
import { STYLES } from "./styles.js";

/** @import { Texts } from "./texts.js" */
/** @typedef {{ opened: (asBefore: boolean) => void, closed: () => void }} Hearers */

const PHONE = "(max-width: 30rem), (max-height: 26rem)"; // as in styles.js: there the window fills the screen

export class Frame {
  /** The element that all of this is in. */
  host = document.createElement("vitrine-support");
  #root = this.host.attachShadow({ mode: "open" });
  #texts;
  #hearers;
  #unread = 0;
  #opener = /** @type {HTMLElement | null} */ (null);
  #stays = new MutationObserver(() => !this.host.isConnected && this.#stay());
  #badge = made("span", { class: "badge", hidden: true, "aria-hidden": "true" });
  #launcher;
  #heading = made("h2", { id: "title", tabindex: "-1" });
  #back;
  #dialog;
  #saidInside = made("div", { class: "unseen", role: "status" });
  #saidOutside = made("div", { class: "unseen", role: "status" });

  /**
   * @param {{ texts: Texts, language: string, hasButton: boolean }} look
   * @param {HTMLElement[]} buttons beside the title
   * @param {HTMLElement[]} inside
   * @param {Hearers} hearers
   */
  constructor({ texts, language, hasButton }, buttons, inside, hearers) {
    this.#texts = texts;
    this.#hearers = hearers;
    const sheet = new CSSStyleSheet(); // unlike a <style> element no policy of the page forbids it
    sheet.replaceSync(STYLES);
    this.#root.adoptedStyleSheets = [sheet];
    const words = [icon("talk"), texts.button, this.#badge];
    this.#launcher = made("button", { type: "button", class: "launcher", "aria-haspopup": "dialog" }, words);
    this.#launcher.addEventListener("click", () => this.open(this.#launcher));
    this.#back = iconButton("back", texts.back, () => this.host.dispatchEvent(new Event("back")));
    const close = iconButton("close", texts.close, () => this.close());
    const bar = made("div", { class: "bar" }, [this.#back, this.#heading, ...buttons, close]);
    this.#dialog = made("dialog", { "aria-labelledby": "title" }, [bar, ...inside, this.#saidInside]);
    this.#dialog.addEventListener("close", () => this.#closed());
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    this.host.lang = language;
    this.host.toggleAttribute("data-button", hasButton);
    this.#root.append(made("aside", { "aria-label": texts.title }, [this.#launcher, this.#saidOutside]), this.#dialog);
    matchMedia(PHONE).addEventListener("change", () => this.isOpen && this.#refill());
    this.title(texts.title, false);
    this.tell(0);
    this.#stay();
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** @param {string} text @param {boolean} hasBack whether there is a way back to the conversation */
  title(text, hasBack) {
    say(this.#heading, text);
    this.#back.hidden = !hasBack;
  }

  focusButton() {
    this.#launcher.focus();
  }

  focusTitle() {
    this.#heading.focus();
  }

  /**
   * @param {HTMLElement | null} opener where the keyboard goes back to
   * @param {boolean} [asBefore] it was open on the page before
   */
  open(opener, asBefore = false) {
    if (this.isOpen) return;
    this.#opener = opener;
    const before = document.activeElement;
    this.#show();
    if (asBefore && !this.#dialog.matches(":modal")) this.#giveBack(before);
    this.#hearers.opened(asBefore);
  }

  close() {
    this.#dialog.close();
  }

  /** How many replies nobody has read: on the button, and on the page's own buttons. @param {number} count */
  tell(count) {
    this.#unread = count;
    const shown = count > 99 ? "99+" : String(count);
    say(this.#badge, shown);
    this.#badge.hidden = !count;
    const { button, unread } = this.#texts;
    this.#launcher.setAttribute("aria-label", count ? `${button}, ${unread(count)}` : button);
    for (const place of document.querySelectorAll("[data-support-unread]")) {
      say(place, shown);
      place.toggleAttribute("hidden", !count);
    }
    this.#drawLauncher();
  }

  /** Says it to those who do not see it: what is outside is silent while the window fills a phone. @param {string} text */
  announce(text) {
    const place = this.isOpen ? this.#saidInside : this.#saidOutside;
    place.replaceChildren(made("p", {}, [text])); // a new element, so that the same words are said again
  }

  remove() {
    this.#stays.disconnect();
    this.host.remove();
  }

  #show() {
    if (matchMedia(PHONE).matches) this.#dialog.showModal();
    else this.#dialog.show();
    this.#drawLauncher();
  }

  /** Nobody is torn away from where they type or read by a window that opens itself. @param {Element | null} before */
  #giveBack(before) {
    if (before instanceof HTMLElement && before !== document.body) before.focus();
    else if (this.#root.activeElement instanceof HTMLElement) this.#root.activeElement.blur();
  }

  /** The window has become one that fills the screen, or is none any longer. */
  #refill() {
    const focused = this.#root.activeElement;
    this.#dialog.close(); // told later, when it is open again
    this.#show();
    if (focused instanceof HTMLElement) focused.focus();
  }

  #closed() {
    if (this.isOpen) return;
    this.#drawLauncher();
    (this.#opener?.isConnected && this.#opener.checkVisibility() ? this.#opener : this.#launcher).focus();
    this.#hearers.closed();
  }

  #drawLauncher() {
    const places = [...document.querySelectorAll("[data-support-unread]")];
    const isToldElsewhere = places.some((place) => place.checkVisibility());
    const isNeeded = this.host.hasAttribute("data-button") || (this.#unread > 0 && !isToldElsewhere);
    this.#launcher.hidden = this.isOpen || !isNeeded;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    event.stopPropagation(); // the page's own keys are not meant
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    if (this.#back.hidden) this.close();
    else this.#back.click();
  }

  /** Pages that draw themselves anew must not take it with them. */
  #stay() {
    const body = document.body ?? document.documentElement;
    const isOpen = this.isOpen;
    if (this.host.parentNode !== body) body.append(this.host);
    if (isOpen && !this.#dialog.matches(":modal") && matchMedia(PHONE).matches) this.#refill();
    this.#stays.disconnect();
    for (const parent of [document.documentElement, body]) this.#stays.observe(parent, { childList: true });
  }
}
