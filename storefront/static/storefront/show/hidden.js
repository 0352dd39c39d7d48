// @ts-check
/** The people whom this reader hides for themselves: their browser remembers it, and nobody else learns of it. */

const HIDDEN = "vitrine.hidden";
const MOST = 500; // people; beyond it the one hidden first is seen again

/** A browser that keeps nothing (cookies refused) throws: then it lasts as long as the page. */
function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(HIDDEN) ?? "[]");
    return Array.isArray(kept) ? kept.map(String) : [];
  } catch {
    return [];
  }
}

const people = new Set(remembered());

/** @param {string | undefined} author */
export const isHidden = (author) => author !== undefined && people.has(author);

export const areAnyHidden = () => people.size > 0;

/** @param {string} author */
export function hide(author) {
  people.add(author);
  for (const first of people) if (people.size > MOST) people.delete(first);
  remember();
}

export function unhideAll() {
  people.clear();
  remember();
}

function remember() {
  try {
    localStorage.setItem(HIDDEN, JSON.stringify([...people]));
  } catch {
    // It lasts as long as the page.
  }
}
