// @ts-check
/** What the customer thinks of a conversation that is settled. */

import { made, say, unseen } from "./elements.js";

/** @import { Talk } from "./talk.js" */
/** @import { Texts } from "./texts.js" */

const MAX_COMMENT = 1000; // characters

export class Rating {
  #texts;
  #talk;
  #comment = made("textarea", { rows: "2", maxlength: String(MAX_COMMENT), id: "comment", autocomplete: "off" });
  #trouble = made("p", { class: "trouble", role: "status" });
  #thanks;

  /** @param {Texts} texts @param {Talk} talk */
  constructor(texts, talk) {
    this.#texts = texts;
    this.#talk = talk;
    const scores = texts.scores.map((words, place) => this.#score(words, place + 1));
    const legend = made("legend", {}, [texts.rate]);
    const field = made("fieldset", {}, [legend, made("div", { class: "scores" }, scores)]);
    const label = made("label", { for: "comment" }, [texts.comment]);
    const send = made("button", { class: "small primary" }, [texts.giveRating]);
    this.#thanks = made("p", { class: "notice", role: "status" });
    const row = made("div", { class: "row" }, [send]);
    this.form = made("form", { class: "rating" }, [field, label, this.#comment, this.#trouble, row]);
    this.form.addEventListener("submit", (event) => (event.preventDefault(), void this.#send()));
    this.element = made("div", {}, [this.form, this.#thanks]);
    this.draw(false);
  }

  /** @param {boolean} mayRate */
  draw(mayRate) {
    this.form.hidden = !mayRate;
    if (mayRate) say(this.#thanks, "");
    this.#thanks.hidden = !this.#thanks.textContent;
  }

  /** @param {string} words @param {number} score */
  #score(words, score) {
    const input = made("input", { type: "radio", name: "score", value: String(score), required: true });
    const number = made("span", { "aria-hidden": "true" }, [String(score)]);
    return made("label", { title: words }, [input, number, unseen(`${score}: ${words}`)]);
  }

  async #send() {
    const score = Number(new FormData(this.form).get("score"));
    try {
      await this.#talk.rate(score, this.#comment.value.trim());
      this.#comment.value = "";
      this.form.reset();
      this.#thanks.hidden = false;
      say(this.#thanks, this.#texts.rated);
    } catch (error) {
      say(this.#trouble, /** @type {Error} */ (error).message || this.#texts.unreachable);
    }
  }
}
