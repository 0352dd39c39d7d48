// @ts-check
/** Making the window's elements; nothing here writes HTML from text. */

const SVG = "http://www.w3.org/2000/svg";
const ROUND = { "stroke-linecap": "round", "stroke-linejoin": "round" };
const STROKE = { fill: "none", stroke: "currentColor", "stroke-width": "1.75", ...ROUND };

// Drawn for this widget, on 24 by 24.
const PATHS = {
  talk: "M4 5.5h16v11H11l-4.5 3.5v-3.5H4z",
  close: "M6 6l12 12M18 6L6 18",
  back: "M19.5 12h-14M11.5 6l-6 6 6 6",
  send: "M4.5 12h14M12.5 6l6 6-6 6",
  attach: "M18.5 11.5l-6.8 6.8a4 4 0 0 1-5.7-5.7l7.5-7.5a2.7 2.7 0 0 1 3.8 3.8l-7.1 7.1a1.3 1.3 0 0 1-1.9-1.9l6.2-6.2",
  past: "M4 12a8 8 0 1 0 2.6-5.9M4 4.5v4h4M12 8v4.5l3 2",
  leave: "M14 4.5H6v15h8M10.5 12h9M16 8.5l3.5 3.5-3.5 3.5",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
};

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<Record<string, string | boolean>>} [attributes] true is written as an empty one, false not at all
 * @param {(Node | string)[]} [inside]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function made(tag, attributes = {}, inside = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true || typeof value === "string") element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...inside);
  return element;
}

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  for (const [key, value] of Object.entries({ d: PATHS[name], ...STROKE })) path.setAttribute(key, value);
  svg.append(path);
  return svg;
}

/** @param {string} text @param {() => void} press @param {string} [kind] a class */
export function button(text, press, kind = "") {
  const element = made("button", { type: "button", class: kind }, [text]);
  element.addEventListener("click", press);
  return element;
}

/** @param {keyof typeof PATHS} name @param {string} label @param {() => void} press */
export function iconButton(name, label, press) {
  const element = made("button", { type: "button", class: "icon", "aria-label": label, title: label }, [icon(name)]);
  element.addEventListener("click", press);
  return element;
}

/** Words that only a screen reader says. @param {string} text */
export const unseen = (text) => made("span", { class: "unseen" }, [text]);

/** Leaves the same words alone: what is read out is read out once. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
