// @ts-check
/** For what others see move: the newest of each kind is sent, no faster than they can see it. */

/**
 * @param {number} pause ms between two
 * @param {(kind: string, fields: object) => void} send
 */
export function paced(pause, send) {
  /** @type {Map<string, object>} */
  const latest = new Map();
  let waiting = 0;

  const flush = () => {
    waiting = latest.size && setTimeout(flush, pause);
    for (const [kind, fields] of latest) send(kind, fields);
    latest.clear();
  };

  return (/** @type {string} */ kind, /** @type {object} */ fields) => {
    latest.set(kind, fields);
    if (!waiting) flush();
  };
}
