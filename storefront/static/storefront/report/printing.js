// @ts-check
/** On paper everything is dark on white, and as wide as the paper. */

/** @import { Chart } from "./chart.js" */

/** @param {HTMLElement} root @param {Chart[]} charts */
export function prepareToPrint(root, charts) {
  /** @param {boolean} printing */
  const dress = (printing) => {
    root.classList.toggle("printing", printing);
    for (const chart of charts) chart.redraw();
  };
  addEventListener("beforeprint", () => dress(true));
  addEventListener("afterprint", () => dress(false));
}
