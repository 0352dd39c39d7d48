// @ts-check
/** The messages as they stand in the window: each has an element of its own, which is changed and not drawn anew. */

import { button, icon, made } from "./elements.js";
import { clock, size } from "./texts.js";

/** @import { Attachment } from "../../realtime/client.js" */
/** @import { Item, Said } from "../options.js" */
/** @import { Api } from "./api.js" */
/** @import { Texts } from "./texts.js" */
/** @typedef {{ texts: Texts, language: string, api: Api }} Parts */
/** @typedef {(op: string) => void} OfItem */
/** @typedef {{ again: OfItem, drop: OfItem, answer: (offerId: string, accept: boolean) => void }} Presses */

const NEAR = 60; // px from the end within which someone counts as reading the newest

export class Lines {
  #parts;
  #presses;
  #list = made("ol");
  #waiting = made("ol");
  /** @type {Map<string, { element: HTMLElement, drawn: string }>} by id or op */ #drawn = new Map();

  /** @param {Parts} parts @param {Presses} presses */
  constructor(parts, presses) {
    this.#parts = parts;
    this.#presses = presses;
    const label = { role: "log", "aria-live": "off", "aria-label": parts.texts.messages, tabindex: "0" };
    this.element = made("div", { class: "lines", ...label }, [this.#list, this.#waiting]);
  }

  /** @param {Said[]} lines @param {Item[]} waiting @param {{ staffRead: number | null, isOpen: boolean }} state */
  draw(lines, waiting, { staffRead, isOpen }) {
    const { texts } = this.#parts;
    const box = this.element;
    const wasAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    const newest = lines.findLast(({ kind }) => kind === "customer");
    const drawn = lines.map((line) => {
      const isMarked = line === newest && staffRead !== null;
      const mark = isMarked ? (line.seq <= staffRead ? texts.read : texts.delivered) : "";
      return this.#element(line.id, [line, mark], () => this.#line(line, mark));
    });
    this.#fill(this.#list, drawn);
    const items = waiting.map((item) => this.#element(item.op, [item, isOpen], () => this.#item(item, isOpen)));
    this.#fill(this.#waiting, items);
    this.#waiting.hidden = !waiting.length;
    const kept = new Set([...lines.map(({ id }) => id), ...waiting.map(({ op }) => op)]);
    for (const key of this.#drawn.keys()) if (!kept.has(key)) this.#drawn.delete(key);
    if (wasAtEnd) this.toEnd();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** @param {string} key @param {unknown} state what it is drawn from @param {() => HTMLElement} draw */
  #element(key, state, draw) {
    const drawn = JSON.stringify(state);
    const before = this.#drawn.get(key);
    if (before?.drawn === drawn) return before.element;
    const element = draw();
    const had = before?.element.matches(":focus-within");
    before?.element.replaceWith(element);
    if (had) this.element.focus();
    this.#drawn.set(key, { element, drawn });
    return element;
  }

  /** @param {HTMLElement} list @param {HTMLElement[]} elements */
  #fill(list, elements) {
    for (const child of [...list.children]) if (!elements.includes(/** @type {HTMLElement} */ (child))) child.remove();
    elements.forEach((element, place) => {
      if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
    });
  }

  /** @param {Said} line @param {string} mark */
  #line(line, mark) {
    const { texts, language } = this.#parts;
    const isOwn = line.kind === "customer";
    const time = made("time", { datetime: line.createdAt }, [clock(line.createdAt, language)]);
    const head = made("p", { class: "head" }, [made("strong", {}, [isOwn ? texts.you : line.name]), " ", time]);
    const text = line.offer ? texts.offers[line.offer.kind](line.name) : line.text;
    const said = made("div", { class: "said" }, text ? [made("p", {}, [text])] : []);
    said.append(...line.attachments.map((file) => this.#file(file)));
    if (line.offer) said.append(...this.#offer(line.offer));
    const marks = mark ? [made("p", { class: "mark" }, [mark])] : [];
    return made("li", { class: isOwn ? "own" : "theirs" }, [head, said, ...marks]);
  }

  /** @param {Item} item @param {boolean} isOpen */
  #item({ op, text, attachments, problem }, isOpen) {
    const { texts } = this.#parts;
    const said = made("div", { class: "said" }, text ? [made("p", {}, [text])] : []);
    said.append(...attachments.map(({ name }) => made("p", { class: "file" }, [icon("file"), name])));
    const onItsWay = isOpen ? texts.sending : texts.offline;
    const refused = problem ? `${texts.refused} ${problem}` : texts.noAnswer;
    const state = made("p", { class: "mark" }, [problem === undefined ? onItsWay : refused]);
    const line = made("li", { class: "own waiting" }, [said, state]);
    if (problem === undefined) return line;
    line.classList.add("refused");
    const again = button(texts.again, () => this.#presses.again(op), "small");
    const drop = button(texts.discard, () => this.#presses.drop(op), "small plain");
    line.append(made("div", { class: "row" }, [again, drop]));
    return line;
  }

  /** @param {Attachment} file */
  #file(file) {
    const { api, language } = this.#parts;
    const link = made("a", { class: "file", href: api.url(file.url), target: "_blank", rel: "noopener" });
    if (file.contentType.startsWith("image/")) {
      const image = made("img", { alt: file.name, loading: "lazy" });
      image.addEventListener("load", () => this.#settle());
      void api.source(file).then((source) => (image.src = source), () => image.replaceWith(file.name));
      link.append(image);
    } else {
      link.append(icon("file"), made("span", {}, [file.name, " ", made("small", {}, [size(file.size, language)])]));
    }
    if (!api.isOwn) link.addEventListener("click", (event) => (event.preventDefault(), void this.#fetch(file)));
    return link;
  }

  /** An image may come when everything around it is drawn. */
  #settle() {
    const box = this.element;
    const last = box.querySelector("ol:not([hidden]) li:last-child:has(img)");
    if (last && box.scrollHeight - box.scrollTop - box.clientHeight < last.clientHeight + NEAR) this.toEnd();
  }

  /** A file for which a link of the browser's own would not say who asks. @param {Attachment} file */
  async #fetch(file) {
    const source = await this.#parts.api.source(file).catch(() => "");
    if (source) made("a", { href: source, download: file.name }).click();
  }

  /** @param {NonNullable<Said["offer"]>} offer */
  #offer({ id, kind, state, url, endedAt }) {
    const { texts, api } = this.#parts;
    if (state === "offered") {
      const accept = button(texts.accept, () => this.#presses.answer(id, true), "small primary");
      const decline = button(texts.decline, () => this.#presses.answer(id, false), "small");
      return [made("div", { class: "row" }, [accept, decline])];
    }
    const words = made("p", {}, [endedAt ? texts.over : texts.states[state]]);
    if (!url || endedAt) return [words];
    const where = api.isOwn ? {} : { target: "_blank", rel: "noopener" };
    return [words, made("a", { class: "button small primary", href: api.url(url), ...where }, [texts.goTo[kind]])];
  }
}
