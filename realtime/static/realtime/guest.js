// @ts-check
/**
 * Who a guest is on a page of another origin than the server's, where browsers send no cookie: a token that the server
 * gives, that this page's origin keeps, and that is renewed in time. One guest over reloads, tabs, sockets and REST.
 */

const HEADER = "Vitrine-Guest";
const PATIENCE = 5_000; // ms for the server to answer; then the connection goes on without
/** @typedef {{ token: string, renewAt: number }} Kept */

let cookies = true; // whether those of this page travel: in another site's frame they don't
let storage = true; // whether this page's own storage keeps the token

/** @type {Map<string, Kept>} for pages whose browser lets them keep nothing */
const here = new Map();

/**
 * For a page of the server's own in a frame of another site: it is a guest by token, as that site's pages are. With `guest`
 * it is theirs, or null where they have none yet, and they keep it: a frame's storage may be that of other sites' frames.
 * @param {Kept | null} [guest]
 */
export function withoutCookies(guest) {
  cookies = false;
  if (guest === undefined) return;
  storage = false;
  if (isKept(guest)) here.set(location.origin, guest);
}

/** Whether this page's visitor is known to the server by a cookie. @param {string} server */
export const hasCookie = (server) => cookies && server === location.origin;

/**
 * The guest's token for the server at this origin; empty on the server's own pages, and where no token can be had.
 * @param {string} server
 * @returns {Promise<string>}
 */
export async function guestToken(server) {
  if (hasCookie(server)) return "";
  const kept = read(server);
  if (kept && Date.now() < kept.renewAt) return kept.token;
  try {
    const headers = kept ? { [HEADER]: kept.token } : undefined;
    const how = { method: "POST", credentials: /** @type {const} */ ("omit"), headers, signal: AbortSignal.timeout(PATIENCE) };
    const answer = await fetch(`${server}/api/guest`, how);
    if (!answer.ok) throw new Error(String(answer.status));
    const { token, expiresAt } = await answer.json();
    const other = read(server);
    if (!kept && other) return other.token; // another tab was first: both are the same guest
    write(server, { token, renewAt: (Date.now() + Date.parse(expiresAt)) / 2 });
    return token;
  } catch {
    return kept?.token ?? "";
  }
}

/**
 * The headers by which REST knows the guest.
 * @param {string} server
 * @returns {Promise<Record<string, string>>}
 */
export async function guestHeaders(server) {
  const token = await guestToken(server);
  return token ? { [HEADER]: token } : {};
}

/** On a shared computer: whoever comes next is somebody else. @param {string} server */
export function forgetGuest(server) {
  here.delete(server);
  try {
    localStorage.removeItem(`vitrine.guest ${server}`);
  } catch {
    // storage is forbidden: then nothing is in it
  }
}

/** The guest's token as it is kept. @param {string} server */
export const keptGuest = (server) => read(server);

/** @param {any} kept @returns {kept is Kept} */
const isKept = (kept) => typeof kept?.token === "string" && typeof kept.renewAt === "number";

/** @param {string} server @returns {Kept | undefined} */
function read(server) {
  if (!storage) return here.get(server);
  try {
    const kept = JSON.parse(localStorage.getItem(`vitrine.guest ${server}`) ?? "null");
    if (isKept(kept)) return kept;
  } catch {
    // storage is forbidden, or holds what is not ours
  }
  return here.get(server);
}

/** @param {string} server @param {Kept} kept */
function write(server, kept) {
  here.set(server, kept);
  if (!storage) return;
  try {
    localStorage.setItem(`vitrine.guest ${server}`, JSON.stringify(kept));
  } catch {
    // then it lasts as long as the page
  }
}
