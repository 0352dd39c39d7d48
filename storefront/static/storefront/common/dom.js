// @ts-check
/** Finding and cloning what the templates laid out; nothing here, or anywhere, writes HTML from text. */

/**
 * The element that a template promises; its absence is a mistake in the template, so it is an error.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function query(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`No ${selector} on this page`);
  return /** @type {T} */ (found);
}

/**
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T[]}
 */
export function queryAll(selector, root = document) {
  return /** @type {T[]} */ ([...root.querySelectorAll(selector)]);
}

/**
 * The first element of a copy of `<template id>`.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (query(`template#${id}`));
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
}

/**
 * Data that the server put on the page as JSON.
 * @param {string} id
 */
export function data(id) {
  return JSON.parse(query(`#${id}`).textContent ?? "null");
}

/**
 * The first letter of a name as people see it, which may be many characters, as the server finds it (see the template filter).
 * @param {string} name
 */
export function initial(name) {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return first ? first.segment.toUpperCase() : "?";
}

/**
 * The six tints are chosen as the server does it (see the template tag), so a product keeps its colour.
 * @param {string} id a UUID
 */
export function tint(id) {
  return `tint-${Number(BigInt(`0x${id.replaceAll("-", "")}`) % 6n)}`;
}

/**
 * A name within a sentence: it may be written in either direction, and the words around it stay where they are.
 * @param {string} text
 */
export function bdi(text) {
  const element = document.createElement("bdi");
  element.textContent = text;
  return element;
}
