// @ts-check
/** What is ready for a show, ticked off while its host looks: nobody is held up by what is missing. */

import { query, queryAll } from "../common/dom.js";

const PACE = 500; // ms between two looks

/** @typedef {Record<string, () => boolean>} Checks by the name of each line: whether it is so now */

/** @param {Checks} checks @param {() => boolean} looks whether the list is on the page now */
export function checkOff(checks, looks) {
  const root = query("[data-checklist]");
  const lines = queryAll("[data-check]", root);
  const draw = () => {
    if (!looks()) return;
    const states = lines.map((line) => checks[line.dataset.check ?? ""]?.() ?? false);
    for (const [n, line] of lines.entries()) {
      const state = states[n] ? "done" : "open";
      if (line.dataset.state === state) continue;
      line.dataset.state = state;
      query("[data-state]", line).textContent = states[n] ? ": ready" : ": not yet";
      query("[data-help]", line).hidden = states[n] ?? false;
    }
    const words = `${states.filter(Boolean).length} of ${states.length} ready`;
    if (query("[data-ready]", root).textContent !== words) query("[data-ready]", root).textContent = words;
  };
  draw();
  setInterval(draw, PACE);
}
