// @ts-check
/** How those in a party are drawn: a name, its letters and a colour, which no two of them share. */

import { initial, query } from "../common/dom.js";

/** @import { Participant } from "../../shopping/messages.js" */
/** @import { Together } from "../../shopping/sdk.js" */
/** @typedef {{ letters: string, tint: string }} Look */

const TINTS = 6; // as many as tokens.css has
const STEPS = [0, 3, 1, 4, 2, 5]; // from a tint that is taken to the next, so that the two are easy to tell apart

/** @type {WeakMap<Participant[], Map<string, Look>>} */
const known = new WeakMap();

/** @param {Together} together @param {string} userId */
export function nameOf(together, userId) {
  return together.isMe(userId) ? "You" : together.nameOf(userId);
}

/** @param {Together} together @param {string} userId */
export function lookOf(together, userId) {
  const participants = together.session?.participants ?? [];
  const looks = known.get(participants) ?? looksOf(participants);
  known.set(participants, looks);
  const look = looks.get(together.isMe(userId) ? together.clientId : userId);
  return look ?? freeLook(together.nameOf(userId), new Set()); // of someone who has left
}

/**
 * Whoever came first looks as their name asks for; whoever came later yields. All pages know the same order, so everyone looks the
 * same on each of them.
 * @param {Participant[]} participants in the order in which they came
 */
export function looksOf(participants) {
  const taken = new Set();
  return new Map(participants.map(({ userId, userName }) => [userId, freeLook(userName, taken)]));
}

/** By the name first, for ids change with each connection. @param {string} name @param {Set<string>} taken @returns {Look} */
function freeLook(name, taken) {
  const sum = [...name].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  for (let turn = 0; ; turn++) {
    const round = Math.floor(turn / TINTS);
    const letters = round ? `${initial(name)}${round + 1}` : initials(name);
    const tint = `tint-${(sum + (STEPS[turn % TINTS] ?? 0)) % TINTS}`;
    if (taken.has(`${letters} ${tint}`)) continue;
    taken.add(`${letters} ${tint}`);
    return { letters, tint };
  }
}

/** @param {string} name */
const initials = (name) => {
  const words = name.trim().split(/\s+/);
  return words.slice(0, 2).map(initial).join("") || "?";
};

/** @param {HTMLElement} element that has `.initials` in it @param {Look} look */
export function drawFace(element, { letters, tint }) {
  const face = query(".initials", element);
  face.className = `initials ${tint}`;
  face.textContent = letters;
}

/** @param {string[]} names */
export function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
