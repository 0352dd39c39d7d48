// @ts-check
/** What is in the window: the conversation, the older ones, and the question whether to start over. */

import { Composer } from "./composer.js";
import { button, iconButton, made, say } from "./elements.js";
import { Frame } from "./frame.js";
import { Lines } from "./lines.js";
import { Past } from "./past.js";
import { Rating } from "./rating.js";
import { moment } from "./texts.js";

/** @import { Said } from "../options.js" */
/** @import { Api } from "./api.js" */
/** @import { Kept } from "./kept.js" */
/** @import { Talk } from "./talk.js" */
/** @import { Texts } from "./texts.js" */
/** @typedef {{ texts: Texts, language: string, api: Api, kept: Kept }} Parts */
/** @typedef {{ opened: () => void, closed: () => void, startOver: () => Promise<void> }} Hearers */

export class Panel {
  #parts;
  #talk;
  #hearers;
  #notice = made("p", { class: "notice", role: "status" });
  #hello;
  #earlier;
  #typing = made("p", { class: "typing", role: "status" });
  #lines;
  #rating;
  #past;
  #asking;
  #view = made("div", { class: "view" });
  #buttons;

  /** @param {Parts} parts @param {Talk} talk @param {boolean} hasButton @param {Hearers} hearers */
  constructor(parts, talk, hasButton, hearers) {
    const { texts, language } = parts;
    this.#parts = parts;
    this.#talk = talk;
    this.#hearers = hearers;
    this.#hello = made("p", { class: "hello" });
    const failed = () => this.frame.announce(texts.unreachable);
    this.#earlier = button(texts.earlier, () => void talk.earlier().catch(failed), "small plain earlier");
    this.#lines = new Lines(parts, {
      again: (op) => talk.waiting.again(op),
      drop: (op) => talk.waiting.drop(op),
      answer: (id, accept) => void this.#answer(id, accept),
    });
    this.#rating = new Rating(texts, talk);
    this.composer = new Composer(parts, talk, () => this.#lines.toEnd());
    this.#past = new Past(parts);
    this.#asking = this.#question();
    this.#view.append(this.#notice, this.#hello, this.#earlier, this.#lines.element);
    this.#view.append(this.#typing, this.#rating.element, this.composer.element);
    const startOver = iconButton("leave", texts.startOver, () => this.#turn("asking"));
    this.#buttons = [iconButton("past", texts.past, () => this.#turn("past")), startOver];
    const inside = [this.#view, this.#past.element, this.#asking];
    const heard = { opened: (/** @type {boolean} */ asBefore) => this.#opened(asBefore), closed: hearers.closed };
    this.frame = new Frame({ texts, language, hasButton }, this.#buttons, inside, heard);
    this.frame.host.addEventListener("back", () => this.#back());
    talk.on("changed", () => this.#draw());
    talk.on("heard", (line) => this.#heard(line));
    this.#draw();
  }

  /** Whether someone looks at the conversation now. */
  get isRead() {
    return this.frame.isOpen && !this.#view.hidden && document.visibilityState === "visible";
  }

  /** Puts the keyboard where one writes; on a phone that would bring up its keyboard at once. */
  #focus() {
    if (matchMedia("(pointer: coarse)").matches) this.frame.focusTitle();
    else this.composer.focus();
  }

  /** @param {boolean} asBefore */
  #opened(asBefore) {
    this.#turn("talk");
    this.composer.fit();
    this.#lines.toEnd();
    if (!asBefore) this.#focus();
    this.#hearers.opened();
  }

  /** @param {"talk" | "past" | "asking"} what is shown */
  #turn(what) {
    const { texts } = this.#parts;
    this.#view.hidden = what !== "talk";
    this.#past.element.hidden = what !== "past";
    this.#asking.hidden = what !== "asking";
    for (const each of this.#buttons) each.hidden = what !== "talk";
    this.frame.title({ talk: texts.title, past: texts.past, asking: texts.forget }[what], what !== "talk");
    if (what === "past") void this.#past.list(this.#talk.id);
    if (what !== "talk") this.frame.focusTitle();
    this.#talk.look();
  }

  #back() {
    if (!this.#past.element.hidden && this.#past.isInside) return void this.#past.list(this.#talk.id);
    this.#turn("talk");
    this.#focus();
  }

  #draw() {
    const { texts } = this.#parts;
    const { thread, lines, waiting, isStaffed, connection, writer } = this.#talk;
    const isOpen = connection === "open";
    say(this.#notice, this.#words(isOpen));
    this.#notice.classList.toggle("calm", this.#notice.textContent === texts.reader(thread?.assignee ?? ""));
    say(this.#hello, this.#talk.isKnown ? texts.hello : texts.loading);
    this.#hello.hidden = lines.length > 0 || waiting.items.length > 0;
    this.#earlier.hidden = !this.#talk.hasEarlier;
    say(this.#typing, writer ? texts.typing(writer) : "");
    this.#rating.draw(thread?.mayRate ?? false);
    const answered = lines.findLast(({ kind }) => kind !== "customer")?.seq ?? 0; // whoever answers has read
    this.#lines.draw(lines, waiting.items, { staffRead: Math.max(thread?.marks.staffRead ?? 0, answered), isOpen });
    this.composer.draw(isStaffed || !this.#talk.isKnown);
    this.frame.tell(this.#talk.unread);
  }

  /** What has to be known before anything else. @param {boolean} isOpen */
  #words(isOpen) {
    const { texts, language } = this.#parts;
    const { thread, problem, connection, isStaffed, backAt, isKnown } = this.#talk;
    if (problem) return problem;
    if (connection === "closed") return texts.ended;
    if (!isOpen && isKnown) return texts.lost;
    if (!isStaffed) return backAt ? texts.awayUntil(moment(backAt, language)) : texts.away;
    if (thread?.status === "resolved") return texts.resolved;
    return thread?.assignee ? texts.reader(thread.assignee) : "";
  }

  /** @param {Said} line */
  #heard(line) {
    const { texts } = this.#parts;
    const text = line.offer ? texts.offers[line.offer.kind](line.name) : `${line.name}: ${line.text}`;
    this.frame.announce(this.frame.isOpen ? text : texts.unread(this.#talk.unread));
  }

  /** @param {string} id @param {boolean} accept */
  async #answer(id, accept) {
    const ack = await this.#talk.answer(id, accept);
    if (!ack.ok) say(this.#notice, ack.message ?? this.#parts.texts.unreachable);
  }

  #question() {
    const { texts } = this.#parts;
    const trouble = made("p", { class: "trouble", role: "status" });
    const forget = async () => {
      await this.#hearers.startOver().catch((error) => say(trouble, error.message || texts.unreachable));
    };
    const yes = button(texts.forgetYes, () => void forget(), "primary");
    const answers = made("div", { class: "row" }, [yes, button(texts.forgetNo, () => this.#back())]);
    return made("div", { class: "asking", hidden: true }, [made("p", {}, [texts.forgetWords]), trouble, answers]);
  }
}
