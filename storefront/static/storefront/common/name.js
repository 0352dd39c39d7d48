// @ts-check
/** A guest's name, remembered from the last visit. */

const NAME = "vitrine.name";

/** A browser that keeps nothing (cookies refused) throws. @param {string} [name] */
export function ownName(name) {
  try {
    if (name !== undefined) localStorage.setItem(NAME, name);
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}
