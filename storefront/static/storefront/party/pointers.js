// @ts-check
/** Everyone's pointer with a name: it points at the same thing on every screen, however that screen is laid out. */

import { clone, query } from "../common/dom.js";
import { lookOf, nameOf } from "./faces.js";
import { fingers } from "./fingers.js";

/** @import { Together } from "../../shopping/sdk.js" */
/** @typedef {{ element: HTMLElement, on: string | null, at: [number, number], x: number, y: number, moved: number }} Seen */

const STILL = 5_000; // ms after which a pointer is hidden
const EASE = 0.35; // of the way that is left, each frame

/** @param {Together} together */
export function pointers(together) {
  const floor = query("[data-floor]");
  const layer = query("[data-pointers]");
  /** @type {Map<string, Seen>} */
  const seen = new Map();
  let drawing = 0;

  /** @param {PointerEvent} event @param {boolean} [seen] whether oneself is shown it: a finger hides what it points at */
  const point = (event, seen = false) => {
    const place = placed(event, floor);
    void together.sync("CURSOR_MOVE", place);
    if (seen) follow({ ...place, sourceId: together.clientId });
  };

  /** @param {{ sourceId: string, x: number, y: number, width: number, height: number, on?: unknown, at?: unknown }} pointed */
  const follow = ({ sourceId, x, y, width, height, on, at }) => {
    const known = seen.get(sourceId) ?? { element: newPointer(together, sourceId, layer), x: NaN, y: NaN };
    const share = Array.isArray(at) ? at : [x / width, y / height];
    known.element.className = `pointer ${lookOf(together, sourceId).tint}`;
    seen.set(sourceId, { ...known, on: typeof on === "string" ? on : null, at: [Number(share[0]), Number(share[1])], moved: Date.now() });
    drawing ||= requestAnimationFrame(draw);
  };

  const draw = () => {
    drawing = 0;
    for (const pointer of seen.values()) drawing ||= step(pointer, floor) ? requestAnimationFrame(draw) : 0;
  };

  floor.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
  fingers(floor, point);
  together.on("CURSOR_MOVE", follow);
  together.on("PARTICIPANT_LEFT", ({ userId }) => {
    seen.get(userId)?.element.remove();
    seen.delete(userId);
  });
}

/** Where the pointer is: the documented coordinates, and as a share of the thing it is on. @param {PointerEvent} event @param {HTMLElement} floor */
function placed({ clientX, clientY, pageX, pageY }, floor) {
  const [under] = document.elementsFromPoint(clientX, clientY); // of a finger, the event's target is where it came down
  const thing = under?.closest("[data-offer]");
  const frame = (thing ?? floor).getBoundingClientRect();
  return {
    x: clientX,
    y: clientY,
    pageX,
    pageY,
    width: innerWidth,
    height: innerHeight,
    on: thing?.getAttribute("data-offer") ?? null,
    at: [(clientX - frame.left) / frame.width, (clientY - frame.top) / frame.height],
  };
}

/** @param {Together} together @param {string} userId @param {HTMLElement} layer */
function newPointer(together, userId, layer) {
  const element = clone("pointer");
  query("[data-name]", element).textContent = nameOf(together, userId);
  layer.append(element);
  return element;
}

/** Moves a pointer nearer to its place; answers whether there is more to do. @param {Seen} pointer @param {HTMLElement} floor */
function step(pointer, floor) {
  const idle = Date.now() - pointer.moved;
  const things = pointer.on ? [...floor.querySelectorAll(`[data-offer="${CSS.escape(pointer.on)}"]`)] : [floor];
  const thing = things.find((each) => each.checkVisibility({ visibilityProperty: true })); // on a phone another panel may cover it
  pointer.element.classList.toggle("still", idle > STILL || !thing);
  if (!thing || idle > STILL) return idle <= STILL;
  const frame = thing.getBoundingClientRect();
  const [x, y] = [frame.left + pointer.at[0] * frame.width, frame.top + pointer.at[1] * frame.height];
  const far = Number.isNaN(pointer.x);
  pointer.x = far ? x : pointer.x + (x - pointer.x) * EASE;
  pointer.y = far ? y : pointer.y + (y - pointer.y) * EASE;
  pointer.element.style.transform = `translate(${pointer.x.toFixed(1)}px, ${pointer.y.toFixed(1)}px)`;
  return true;
}
