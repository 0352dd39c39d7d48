// @ts-check
/** Whether a server lets this page's origin in. A browser tells scripts only that a socket failed, never why. */

const PATIENCE = 5_000; // ms for each question
/** @type {Set<string>} */ const told = new Set();

/**
 * Whether the server answers, though not to pages of this origin; says so once in the console, with the remedy.
 * @param {string} server
 * @returns {Promise<boolean>}
 */
export async function refusesOrigin(server) {
  if (server === location.origin) return false;
  // Asked before and after: a server that was away in between has refused nobody.
  const refuses = (await isThere(server)) && !(await mayBeRead(server)) && (await isThere(server));
  if (refuses && !told.has(server)) {
    told.add(server);
    console.error(
      `${server} does not let pages of ${location.origin} in, so this page does not try again.` +
        ` Its operator can allow it: CORS_ORIGINS=${location.origin}`,
    );
  }
  return refuses;
}

/** @param {string} server */
const isThere = (server) => asked(server, "no-cors");

/** @param {string} server */
const mayBeRead = (server) => asked(server, "cors");

/** @param {string} server @param {RequestMode} mode */
async function asked(server, mode) {
  const how = { mode, cache: /** @type {const} */ ("no-store"), credentials: /** @type {const} */ ("omit") };
  try {
    await fetch(`${server}/health`, { ...how, signal: AbortSignal.timeout(PATIENCE) });
    return true;
  } catch {
    return false;
  }
}
