// @ts-check
/** The drops of a show as a viewer's page has them: what is left, what is theirs and for how long, and their place in line. */

import { call } from "../common/api.js";
import { pressing } from "../common/dialogs.js";
import { clone, query } from "../common/dom.js";
import { money } from "../common/format.js";
import { ServerClock, spelled } from "./time.js";

/** @import { Claim, Drop, ServerMessages, Vitrine } from "../../realtime/client.js" */

const SECOND = 1000; // ms
const WARNING = 30; // seconds before a hold ends, in which its clock says so
const SHOWN_AFTER = 60 * SECOND; // a drop that is over stays in view for so long, with what became of one's claim

/** @type {Record<string, string>} why a drop is over */
const OUTCOMES = {
  sold_out: "Sold out",
  over: "Its time is over",
  closed: "Closed",
  undone: "Taken back by the host",
  stock: "Closed: the shop has fewer pieces",
  ended: "The show is over",
};

/** @type {Record<string, string>} how one's own claim ended */
const ENDS = {
  paid: "Paid for. It is yours.",
  expired: "Your time is over, and it went to the next in line.",
  returned: "You gave it back.",
  passed: "The host has passed it on.",
  cancelled: "The shop has fewer pieces than were claimed, so yours could not be kept.",
  lost: "You waited, and no piece came free.",
  late: "Your payment came after your time. The shop will decide, and tell you.",
  refused: "Your payment came after your time, and is paid back.",
  refunded: "Paid back.",
};

/** @param {number} count */
const pieces = (count) => (count === 1 ? "1 piece" : `${count} pieces`);

export class Drops {
  /** @type {Map<string, Drop>} */ #drops = new Map();
  /** @type {Map<string, Claim>} the newest claim to each drop */ #claims = new Map();
  /** @type {Map<string, HTMLElement>} */ #cards = new Map();
  /** @type {Map<string, number | null>} the first in line of each drop */ #firsts = new Map();
  /** @type {Set<string>} the claims whose end has been warned of */ #warned = new Set();
  /** @type {Map<string, number>} when each drop was over, by this page's clock */ #over = new Map();
  #clock = new ServerClock();
  #timer = 0;

  /** @param {Vitrine} client @param {string} sessionId */
  constructor(client, sessionId) {
    this.client = client;
    this.sessionId = sessionId;
    this.root = query("[data-drops]");
    this.said = query("[data-drop-said]", this.root);
    this.trouble = query("[data-drop-trouble]", this.root);
    client.on("drop-announced", ({ drop }) => this.#hear(drop, `Soon: ${drop.title}`));
    client.on("drop-opened", ({ drop }) => this.#hear(drop, `Open: ${drop.title}, ${pieces(drop.left)} left`));
    client.on("drop-left", (left) => this.#count(left));
    client.on("drop-closed", ({ dropId, outcome, left }) => this.#close(dropId, outcome, left));
    client.on("drop-claimed", ({ claim }) => this.#own(claim));
    client.on("drop-waiting", ({ claim }) => this.#own(claim));
    client.on("drop-refused", ({ message }) => (this.trouble.textContent = message));
  }

  /** Reads all anew: what happened while the page was away was told to nobody here. */
  async load() {
    const path = `sessions/${this.sessionId}/drops`;
    const [drops, claims] = await Promise.all([call("GET", path), call("GET", `${path}/claims`)]).catch(() => [[], []]);
    for (const claim of [...claims].reverse()) this.#keep(claim);
    for (const drop of drops) {
      if (drop.status !== "closed" || this.#claims.get(drop.id)?.state === "held") this.#put(drop);
    }
    this.#draw();
  }

  /** @param {Drop} drop @param {string} words */
  #hear(drop, words) {
    const isNew = this.#drops.get(drop.id)?.status !== drop.status;
    this.#put(drop);
    if (isNew) this.#say(words);
    this.#draw();
  }

  /** @param {Drop} drop */
  #put(drop) {
    this.#clock.set(drop.at);
    this.#drops.set(drop.id, drop);
  }

  /** @param {ServerMessages["drop-left"]} left */
  #count({ dropId, status, left, waiting, first }) {
    const drop = this.#drops.get(dropId);
    if (!drop || drop.status === "closed") return;
    if (status === "sold_out" && drop.status !== "sold_out") this.#say(`${drop.title}: sold out for now`);
    if (first !== null || waiting === 0) this.#firsts.set(dropId, first);
    this.#drops.set(dropId, { ...drop, status, left, waiting });
    this.#draw();
  }

  /** @param {string} dropId @param {string} outcome @param {number} left */
  #close(dropId, outcome, left) {
    const drop = this.#drops.get(dropId);
    if (!drop) return;
    this.#drops.set(dropId, { ...drop, status: "closed", outcome, left, waiting: 0 });
    const claim = this.#claims.get(dropId);
    if (claim?.state === "waiting") this.#claims.set(dropId, { ...claim, state: "lost", place: 0 });
    this.#over.set(dropId, Date.now());
    this.#say(`${drop.title}: ${OUTCOMES[outcome] ?? "Closed"}`);
    this.#draw();
  }

  /** @param {Claim} claim */
  #keep(claim) {
    this.#clock.set(claim.at);
    const known = this.#claims.get(claim.dropId);
    const isLive = claim.state === "held" || claim.state === "waiting";
    if (known && known.id !== claim.id && !isLive && (known.state === "held" || known.state === "waiting")) return;
    this.#claims.set(claim.dropId, claim);
  }

  /** @param {Claim} claim */
  #own(claim) {
    const before = this.#claims.get(claim.dropId);
    this.#keep(claim);
    if (before?.id !== claim.id || before.state !== claim.state) this.#say(this.#words(claim));
    this.#draw();
  }

  /** What a claim is, for its card and for those who hear the page. @param {Claim} claim */
  #words(claim) {
    if (claim.state === "held") {
      const fewer = claim.pieces < claim.wanted ? `, of the ${claim.wanted} that you wanted` : "";
      return `Yours for now: ${pieces(claim.pieces)}${fewer}`;
    }
    return claim.state === "waiting" ? `You wait. Your place in the line: ${this.#place(claim)}` : (ENDS[claim.state] ?? "");
  }

  /** @param {Claim} claim */
  #place(claim) {
    const first = this.#firsts.get(claim.dropId);
    return first && claim.line ? Math.min(claim.place, claim.line - first + 1) : claim.place;
  }

  /** @param {string} words */
  #say(words) {
    this.said.textContent = words;
  }

  // --- what the viewer does

  /** @param {string} type @param {object} fields */
  async #ask(type, fields) {
    this.trouble.textContent = "";
    const ack = await this.client.send(type, { sessionId: this.sessionId, ...fields });
    if (!ack.ok) throw new Error(ack.message);
    const { claim } = /** @type {{ claim: Claim }} */ (/** @type {unknown} */ (ack));
    this.#own(claim);
  }

  /** @param {string} dropId */
  #card(dropId) {
    const known = this.#cards.get(dropId);
    if (known) return known;
    const card = clone("drop-card");
    const many = /** @type {HTMLInputElement} */ (query("[data-many]", card));
    const claimId = () => this.#claims.get(dropId)?.id;
    many.id = `pieces-${dropId}`;
    query("label", card).setAttribute("for", many.id);
    pressing(query("[data-claim]", card), this.trouble, () =>
      this.#ask("claim-drop", { dropId, pieces: many.valueAsNumber || 1 }),
    );
    pressing(query("[data-extend]", card), this.trouble, () => this.#ask("extend-claim", { claimId: claimId() }));
    pressing(query("[data-return]", card), this.trouble, () => this.#ask("return-claim", { claimId: claimId() }));
    this.#cards.set(dropId, card);
    return card;
  }

  // --- what they see

  #draw() {
    clearInterval(this.#timer);
    const shown = [...this.#drops.values()].filter((drop) => this.#isShown(drop));
    const cards = shown.map((drop) => this.#drawCard(drop));
    const list = query("ul", this.root);
    if (cards.length !== list.children.length || cards.some((card, place) => list.children[place] !== card)) {
      list.replaceChildren(...cards);
    }
    this.root.hidden = cards.length === 0;
    if (cards.length) this.#timer = setInterval(() => this.#draw(), SECOND);
  }

  /** @param {Drop} drop */
  #isShown(drop) {
    if (drop.status !== "closed" || this.#claims.get(drop.id)?.state === "held") return true;
    return Date.now() - (this.#over.get(drop.id) ?? 0) < SHOWN_AFTER;
  }

  /** @param {Drop} drop */
  #drawCard(drop) {
    const card = this.#card(drop.id);
    const claim = this.#claims.get(drop.id);
    const isHeld = claim?.state === "held";
    const isLive = isHeld || claim?.state === "waiting";
    const mayClaim = (drop.status === "open" || (drop.status === "sold_out" && drop.mode === "claimed")) && !isLive;
    const moment = drop.status === "announced" ? drop.opensAt : drop.status === "closed" ? null : drop.closesAt;
    const seconds = moment ? this.#clock.until(moment) : 0;
    put(card, "[data-name]", drop.form ? `${drop.title}, ${drop.form}` : drop.title);
    put(card, "[data-price]", money(drop.price, drop.currency));
    put(card, "[data-state]", state(drop));
    put(card, "[data-clock]", seconds ? `${drop.status === "announced" ? "opens in" : "closes in"} ${spelled(seconds)}` : "");
    put(card, "[data-mine]", claim ? this.#words(claim) : "");
    const left = isHeld && claim.heldUntil ? this.#clock.until(claim.heldUntil) : 0;
    put(card, "[data-hold]", isHeld ? `Pay within ${spelled(left)}` : "");
    card.classList.toggle("soon", isHeld && left <= WARNING);
    if (isHeld && left <= WARNING && left > 0 && !this.#warned.has(`${claim.id} ${claim.heldUntil}`)) {
      this.#warned.add(`${claim.id} ${claim.heldUntil}`);
      this.#say(`${left} seconds left to pay for ${drop.title}${claim.extensions ? ". You can take more time." : ""}`);
    }
    const pay = /** @type {HTMLAnchorElement} */ (query("[data-pay]", card));
    pay.hidden = !isHeld;
    if (isHeld && claim.checkout) pay.href = claim.checkout;
    query("[data-extend]", card).hidden = !isHeld || !claim.extensions;
    query("[data-return]", card).hidden = !isLive;
    put(card, "[data-return]", isHeld ? "Give it back" : "Leave the line");
    query("[data-claim]", card).hidden = !mayClaim;
    put(card, "[data-claim]", drop.status === "open" ? "Claim it" : "Wait for one");
    query("[data-claim]", card).ariaLabel = `${drop.status === "open" ? "Claim" : "Wait for"} ${drop.title} ${drop.form}`.trim();
    const many = /** @type {HTMLInputElement} */ (query("[data-many]", card));
    many.max = String(drop.perPerson);
    query("[data-pieces]", card).hidden = !mayClaim || drop.perPerson === 1;
    return card;
  }
}

/** Only what differs is written: a screen reader may be reading it. @param {HTMLElement} card @param {string} place @param {string} words */
function put(card, place, words) {
  const element = query(place, card);
  if (element.textContent !== words) element.textContent = words;
}

/** @param {Drop} drop */
function state(drop) {
  if (drop.status === "announced") return `Soon · ${pieces(drop.quantity)}`;
  if (drop.status === "open") return `Open · ${drop.left} left`;
  if (drop.status === "sold_out") return drop.waiting ? `All taken · ${drop.waiting} waiting` : "All taken";
  return OUTCOMES[drop.outcome] ?? "Closed";
}
