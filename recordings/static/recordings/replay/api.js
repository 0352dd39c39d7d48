// @ts-check
/** The REST API as this page uses it: JSON both ways, the page's session, and refusals as one kind of error. */

export class Refusal extends Error {}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 */
export async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json", "X-CSRFToken": token(), Accept: "application/json" },
    body: body && JSON.stringify(body),
  }).catch(() => {
    throw new Refusal("The server can't be reached. Check your connection and try again.");
  });
  const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (answer.ok) return said.data ?? said;
  throw new Refusal(said.message ?? said.error ?? said.detail ?? `The server answered ${answer.status}.`);
}

function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.getAttribute("value") ?? "";
}
