// @ts-check
/** Rows that are put into another order by a handle: dragged by mouse or finger, or moved by the arrow keys. */

import { queryAll } from "../common/dom.js";

const STEPS = /** @type {Record<string, 1 | -1>} */ ({ ArrowUp: -1, ArrowDown: 1 });

/**
 * @param {HTMLElement} list whose rows have `data-id`, and in them a `data-grip`
 * @param {(id: string, place: number) => void} moved hears which row is wanted at which place
 */
export function draggable(list, moved) {
  list.addEventListener("pointerdown", (event) => {
    const row = rowOf(event);
    if (!row || event.button !== 0) return;
    event.preventDefault();
    drag(list, row, event, () => moved(row.dataset.id ?? "", placeOf(list, row)));
  });
  list.addEventListener("keydown", (event) => {
    const [row, step] = [rowOf(event), STEPS[event.key]];
    if (!row || !step) return;
    event.preventDefault();
    const place = placeOf(list, row) + step;
    if (place >= 0 && place < list.children.length) moved(row.dataset.id ?? "", place);
  });
}

/** @param {Event} event @returns {HTMLElement | null} the row whose handle is meant */
function rowOf({ target }) {
  const grip = target instanceof Element ? target.closest("[data-grip]") : null;
  return grip ? grip.closest("[data-id]") : null;
}

/** @param {HTMLElement} list @param {HTMLElement} row */
const placeOf = (list, row) => [...list.children].indexOf(row);

/**
 * Until the pointer is let go. The others step aside, since a row that leaves the document would lose the pointer.
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {PointerEvent} begin
 * @param {() => void} done is called where the row lies elsewhere than before
 */
function drag(list, row, { target, pointerId }, done) {
  const grip = /** @type {Element} */ (target);
  const [before, stop] = [placeOf(list, row), new AbortController()];
  grip.setPointerCapture(pointerId);
  row.classList.add("dragged");
  const { signal } = stop;
  grip.addEventListener("pointermove", (event) => aside(list, row, /** @type {PointerEvent} */ (event).clientY), { signal });
  grip.addEventListener("lostpointercapture", () => {
    stop.abort();
    row.classList.remove("dragged");
    if (placeOf(list, row) !== before) done();
  }, { signal });
}

/** @param {HTMLElement} list @param {HTMLElement} row @param {number} y where the pointer is */
function aside(list, row, y) {
  for (const other of queryAll(":scope > [data-id]", list)) {
    const { top, height } = other.getBoundingClientRect();
    const isBelow = Boolean(row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (other === row || (isBelow ? y < top + height / 2 : y > top + height / 2)) continue;
    if (isBelow) row.before(other);
    else row.after(other);
  }
}
