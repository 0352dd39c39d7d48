// @ts-check
/** What a visitor sees of the recording: the question before it, and a sign with the way out while it runs. */

/** @import { Texts } from "./texts.js" */
/** @typedef {{ texts: Texts, language: string, hasVoice: boolean, privacy: string }} Look */
/** @typedef {{ agree: () => void, decline: () => void, stop: () => void, withdraw: () => void }} Answers */

const STYLES = `
  :host { all: initial; }
  * { box-sizing: border-box; font: 16px/1.5 system-ui, sans-serif; }
  dialog, .sign {
    position: fixed; z-index: 2147483647; inset: auto auto 16px 16px; margin: 0; color: #1a1a1a; background: #fff;
    border: 1px solid #767676; border-radius: 12px; box-shadow: 0 4px 24px rgb(0 0 0 / 25%);
  }
  dialog { padding: 20px; max-width: min(460px, calc(100vw - 32px)); max-height: calc(100vh - 32px); overflow: auto; }
  h2 { margin: 0 0 8px; font-size: 19px; font-weight: 700; }
  h2:focus { outline: none; }
  p { margin: 0 0 12px; }
  a { color: #0b57d0; }
  .answers { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
  button {
    min-height: 44px; padding: 8px 16px; color: #1a1a1a; background: #fff; border: 1px solid #1a1a1a; border-radius: 8px;
    cursor: pointer;
  }
  :focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px; }
  .sign { display: flex; align-items: center; gap: 8px; padding: 4px 4px 4px 12px; }
  .dot { width: 10px; height: 10px; border-radius: 50%; background: #c5221f; }
  .sign button { border-color: transparent; text-decoration: underline; }
  @media print { :host { display: none; } }
`;

export class Prompt {
  /** The element that all of this is in; it is no part of the recording. */
  host = document.createElement("vitrine-recording");
  #root = this.host.attachShadow({ mode: "open" });
  #answers;
  #stays = new MutationObserver(() => !this.host.isConnected && this.#stay());

  /** @param {Answers} answers */
  constructor(answers) {
    this.#answers = answers;
    const sheet = new CSSStyleSheet(); // unlike a <style> element no policy of the page forbids it
    sheet.replaceSync(STYLES);
    this.#root.adoptedStyleSheets = [sheet];
  }

  /** @param {Look} look */
  ask({ texts, language, hasVoice, privacy }) {
    const said = [texts.page, hasVoice ? texts.voice : "", texts.rights];
    const paragraphs = said.filter(Boolean).map((text) => made("p", text));
    if (privacy) paragraphs.push(linked(texts.privacy, privacy));
    const buttons = [button(texts.agree, this.#answers.agree), button(texts.decline, this.#answers.decline)];
    this.#show(dialog(texts.title, paragraphs, buttons), language);
  }

  /** @param {Look} look */
  tellRunning({ texts, language }) {
    const sign = made("div", "");
    sign.className = "sign";
    sign.dataset.private = ""; // presses in it are not recorded
    sign.setAttribute("role", "group");
    sign.setAttribute("aria-label", texts.running);
    const dot = made("span", "");
    dot.className = "dot";
    const words = made("span", texts.running);
    words.setAttribute("role", "status");
    const way = button(texts.options, () => open.showModal());
    const { stop, withdraw } = this.#answers;
    const goOn = button(texts.goOn, () => open.close());
    const open = dialog(texts.stopTitle, [], [button(texts.stop, stop), button(texts.withdraw, withdraw), goOn]);
    sign.append(dot, words, way);
    this.#show(sign, language);
    this.#root.append(open);
  }

  hide() {
    this.#stays.disconnect();
    this.host.remove();
    this.#root.replaceChildren();
  }

  /** Pages that draw themselves anew must not take the way out with them. */
  #stay() {
    const body = document.body ?? document.documentElement;
    if (this.host.parentNode !== body) body.append(this.host);
    this.#stays.disconnect();
    for (const parent of [document.documentElement, body]) this.#stays.observe(parent, { childList: true });
  }

  /** @param {HTMLElement} element @param {string} language */
  #show(element, language) {
    this.#root.replaceChildren(element);
    this.host.lang = language;
    this.#stay();
    if (!(element instanceof HTMLDialogElement)) return;
    const before = document.activeElement;
    element.show();
    // Whoever has begun to type or to read elsewhere is not torn away.
    if (before instanceof HTMLElement && before !== document.body) before.focus();
  }
}

/** @param {string} title @param {HTMLElement[]} paragraphs @param {HTMLElement[]} buttons */
function dialog(title, paragraphs, buttons) {
  const element = document.createElement("dialog");
  element.dataset.private = "";
  const heading = made("h2", title);
  heading.id = "title";
  heading.tabIndex = -1;
  heading.autofocus = true;
  element.setAttribute("aria-labelledby", "title");
  const text = made("div", "");
  text.id = "text";
  text.append(...paragraphs);
  if (paragraphs.length) element.setAttribute("aria-describedby", "text");
  const answers = made("div", "");
  answers.className = "answers";
  answers.append(...buttons);
  element.append(heading, text, answers);
  return element;
}

/** @param {string} text @param {() => void} press */
function button(text, press) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  element.addEventListener("click", press);
  return element;
}

/** @param {string} text @param {string} address */
function linked(text, address) {
  const link = document.createElement("a");
  link.textContent = text;
  link.href = address;
  const paragraph = made("p", "");
  paragraph.append(link);
  return paragraph;
}

/** @param {string} tag @param {string} text */
function made(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
