// @ts-check
/** Pointing by touch: a tap points once; a finger that rests first points wherever it then goes, and the page does not scroll. */

const RESTS = 350; // ms
const CLICKS = 400; // ms after a touch within which its click comes
const SLIPS = 10; // px that a resting finger may move

/** @param {HTMLElement} place @param {(event: PointerEvent, rested: boolean) => void} point */
export function fingers(place, point) {
  let [finger, timer] = [-1, 0];
  let [x, y, began] = [0, 0, 0];
  let pointing = false;

  const open = () => place.removeEventListener("click", swallow, { capture: true });
  const end = () => {
    clearTimeout(timer);
    pointing = false;
    finger = -1;
  };

  place.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" || !event.isPrimary) return end();
    end();
    open(); // The click of this touch is its own.
    [finger, x, y, began] = [event.pointerId, event.clientX, event.clientY, event.timeStamp];
    point(event, false);
    timer = setTimeout(() => {
      pointing = true;
      point(event, true);
      navigator.vibrate?.(10);
    }, RESTS);
    return undefined;
  });
  place.addEventListener("pointermove", (event) => {
    if (event.pointerId !== finger) return;
    if (pointing) point(event, true);
    else if (Math.hypot(event.clientX - x, event.clientY - y) > SLIPS) end(); // it scrolls
  });
  place.addEventListener("pointercancel", (event) => void (event.pointerId === finger && end()));
  place.addEventListener("pointerup", (event) => {
    if (event.pointerId !== finger) return;
    // On a busy page the timer may run before a quick touch's end is heard of; the events' own times are true.
    if (pointing && event.timeStamp - began >= RESTS) place.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(open, CLICKS); // not every touch ends in a click
    end();
  });
  place.addEventListener("touchmove", (event) => void (pointing && event.preventDefault()), { passive: false });
  for (const menu of ["contextmenu", "dragstart"]) { // what long touches on links and pictures bring up
    place.addEventListener(menu, (event) => void (finger !== -1 && event.preventDefault()));
  }
}

/** Whoever pointed at a thing does not want to open it. @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}
