// @ts-check
/** How the open conversation stands, and what staff change about it. */

import { call } from "../common/api.js";
import { clone, query } from "../common/dom.js";
import { Snooze } from "./snooze.js";
import { full } from "./times.js";

/** @import { Summary } from "../../realtime/client.js" */
/** @typedef {{ id: number, name: string }} Person */
/** @typedef {HTMLSelectElement} Select */

const DUES = /** @type {const} */ ([["First reply due", "replyDueAt"], ["Resolution due", "resolutionDueAt"]]);

export class Details {
  /** @type {Summary | null} */ #about = null;
  /** @type {Promise<unknown>} */ #last = Promise.resolve(); // the change on its way: each is made upon the one before

  /**
   * @param {HTMLElement} root the whole desk
   * @param {Person[]} agents
   * @param {Person} me
   * @param {(conversation: Summary) => void} changed hears what the server answers
   */
  constructor(root, agents, me, changed) {
    this.root = query("[data-details]", root);
    this.me = me;
    this.changed = changed;
    this.trouble = query("[data-trouble]", this.root);
    this.status = /** @type {Select} */ (query("[data-status]", this.root));
    this.assignee = /** @type {Select} */ (query("[data-assignee]", this.root));
    this.priority = /** @type {Select} */ (query("[data-priority]", this.root));
    this.team = /** @type {HTMLInputElement} */ (query("[data-team]", this.root));
    this.tag = /** @type {HTMLInputElement} */ (query("[data-tag]", this.root));
    this.resolving = query("[data-resolve]", root);
    this.standing = query("[data-standing]", root);
    this.snoozing = new Snooze((until) => this.#change("status", () => ({ status: "snoozed", until }), true));
    this.assignee.append(new Option("Nobody", ""), ...agents.map(({ id, name }) => new Option(name, String(id))));
    this.#hear();
  }

  #hear() {
    this.resolving.addEventListener("click", () => this.resolve());
    this.status.addEventListener("change", () => this.#setStatus(this.status.value));
    this.assignee.addEventListener("change", () => this.#assign(Number(this.assignee.value) || null));
    this.priority.addEventListener("change", () => {
      const priority = this.priority.value;
      void this.#change("status", () => ({ priority }));
    });
    this.team.addEventListener("change", () => {
      const team = this.team.value.trim();
      void this.#change("assign", ({ assigneeId }) => ({ assigneeId, team }));
    });
    this.tag.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      const tag = this.tag.value.trim();
      this.tag.value = "";
      if (tag) void this.#change("status", ({ tags }) => ({ tags: [...tags, tag] }));
    });
  }

  /** @param {Summary | null} conversation */
  open(conversation) {
    this.root.hidden = conversation === null;
    this.trouble.textContent = "";
    this.tag.value = "";
    this.#about = null;
    if (conversation) this.tell(conversation, true);
  }

  /** @param {Summary} conversation @param {boolean} [opens] */
  tell(conversation, opens = false) {
    if (!opens && conversation.id !== this.#about?.id) return;
    this.#about = conversation;
    this.#draw(conversation);
  }

  /** Resolves it, or opens it again. */
  resolve() {
    if (this.#about) this.#setStatus(this.#about.status === "resolved" ? "open" : "resolved");
  }

  takeOver() {
    if (this.#about) void this.#assign(this.me.id);
  }

  snooze() {
    if (this.#about) this.snoozing.open();
  }

  // --- changing

  /** @param {string} status */
  #setStatus(status) {
    if (this.#about) this.status.value = this.#about.status; // it says what is so, until the server agrees
    if (status === "snoozed") this.snooze();
    else void this.#change("status", () => ({ status }));
  }

  /** @param {number | null} assigneeId */
  #assign(assigneeId) {
    return this.#change("assign", ({ team }) => ({ assigneeId, team }));
  }

  /**
   * @param {"assign" | "status"} verb
   * @param {(about: Summary) => object} fieldsOf says what is to change, from how it stands by then
   * @param {boolean} [throws] where the asker shows what is wrong
   * @returns {Promise<unknown>}
   */
  #change(verb, fieldsOf, throws = false) {
    const asked = this.#about;
    if (!asked) return Promise.resolve();
    const change = this.#last.then(async () => {
      const about = this.#about?.id === asked.id ? this.#about : asked; // another one may have been opened since
      this.trouble.textContent = "";
      const answer = await call("POST", `support/conversations/${asked.id}/${verb}`, fieldsOf(about));
      this.changed({ ...about, ...answer });
    });
    this.#last = change.catch((error) => this.#refused(error, throws));
    return throws ? change : this.#last;
  }

  /** @param {Error} error @param {boolean} isShown whether the asker shows what is wrong */
  #refused(error, isShown) {
    if (this.#about) this.#draw(this.#about);
    if (!isShown) this.trouble.textContent = error.message;
  }

  // --- drawing

  /** @param {Summary} conversation */
  #draw(conversation) {
    const { status, assigneeId, assignee, priority, team, tags, snoozedUntil } = conversation;
    const isResolved = status === "resolved";
    this.status.value = status;
    this.priority.value = priority;
    this.#drawAssignee(assigneeId, assignee);
    if (document.activeElement !== this.team) this.team.value = team;
    this.resolving.textContent = isResolved ? "Open again" : "Resolve";
    const stands = { open: "Open", pending: "Left to the customer", snoozed: "Snoozed", resolved: "Resolved" }[status];
    const until = snoozedUntil ? ` until ${full(snoozedUntil)}` : "";
    this.standing.textContent = `${stands}${until} · ${assignee ?? "nobody’s"}`;
    query("[data-due]", this.root).replaceChildren(
      ...DUES.flatMap(([words, key]) => (conversation[key] && !isResolved ? term(words, full(conversation[key])) : [])),
    );
    query("[data-tags]", this.root).replaceChildren(...tags.map((tag) => this.#tag(tag)));
  }

  /**
   * Somebody may take care of it who is not of the staff any more.
   * @param {number | null} id
   * @param {string | null} name
   */
  #drawAssignee(id, name) {
    const value = String(id ?? "");
    const isListed = [...this.assignee.options].some((option) => option.value === value);
    if (!isListed) this.assignee.append(new Option(name ?? "", value));
    this.assignee.value = value;
  }

  /** @param {string} tag */
  #tag(tag) {
    const element = clone("tag");
    const remove = query("[data-remove]", element);
    query("[data-words]", element).textContent = tag;
    remove.ariaLabel = `Remove the tag ${tag}`;
    remove.addEventListener("click", () => {
      this.tag.focus(); // the button goes
      void this.#change("status", ({ tags }) => ({ tags: tags.filter((other) => other !== tag) }));
    });
    return element;
  }
}

/** @param {string} words @param {string} meaning */
function term(words, meaning) {
  const [name, value] = [document.createElement("dt"), document.createElement("dd")];
  name.textContent = words;
  value.textContent = meaning;
  const pair = document.createElement("div");
  pair.append(name, value);
  return [pair];
}
