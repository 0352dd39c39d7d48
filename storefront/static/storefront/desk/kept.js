// @ts-check
/** What this browser remembers of the desk. One that keeps nothing (cookies refused) throws. */

/** @param {string} name @param {() => Storage} [where] */
export function kept(name, where = () => localStorage) {
  try {
    return where().getItem(name) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} name @param {string} value nothing forgets it @param {() => Storage} [where] */
export function keep(name, value, where = () => localStorage) {
  try {
    if (value) where().setItem(name, value);
    else where().removeItem(name);
  } catch {
    // It is kept as long as the page.
  }
}
