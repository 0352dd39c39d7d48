// @ts-check
/** Pictures to keep or share: one chart with its words, or a whole show on one card. */

/** @import { Chart } from "./chart.js" */

const CHART = { width: 1120, height: 460 };
const CARD = { width: 1200, height: 630 };
const EDGE = 40; // px around what is drawn

/** @param {Chart} chart @param {string} title */
export async function chartImage(chart, title) {
  const { canvas, ctx } = page(chart, CHART.width + 2 * EDGE, CHART.height + 150);
  heading(ctx, chart, title, EDGE + 20, 28);
  legend(ctx, chart, EDGE + 60);
  ctx.drawImage(await chart.picture(CHART.width, CHART.height), EDGE, EDGE + 70, CHART.width, CHART.height);
  return canvas;
}

/** @param {Chart} chart @param {string} title @param {[string, string][]} figures each a name and a value */
export async function shareImage(chart, title, figures) {
  const { canvas, ctx } = page(chart, CARD.width, CARD.height);
  heading(ctx, chart, title, EDGE + 40, 44);
  const step = (CARD.width - 2 * EDGE) / figures.length;
  for (const [place, [name, value]] of figures.entries()) {
    ctx.fillStyle = chart.colour("quiet");
    ctx.font = "22px sans-serif";
    ctx.fillText(name, EDGE + place * step, EDGE + 100, step - 16);
    ctx.fillStyle = chart.colour("ink");
    ctx.font = "600 40px sans-serif";
    ctx.fillText(value, EDGE + place * step, EDGE + 148, step - 16);
  }
  legend(ctx, chart, EDGE + 190);
  const [width, height] = [CARD.width - 2 * EDGE, CARD.height - 2 * EDGE - 200];
  ctx.drawImage(await chart.picture(width, height), EDGE, EDGE + 205, width, height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {string} name of the file */
export async function download(canvas, name) {
  const blob = await new Promise((made) => canvas.toBlob(made, "image/png"));
  if (!blob) throw new Error("The picture could not be made.");
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `${name}.png` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param {Chart} chart @param {number} width @param {number} height */
function page(chart, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.fillStyle = chart.colour("surface");
  ctx.fillRect(0, 0, width, height);
  return { canvas, ctx };
}

/** @param {CanvasRenderingContext2D} ctx @param {Chart} chart @param {string} title @param {number} y @param {number} size */
function heading(ctx, chart, title, y, size) {
  ctx.fillStyle = chart.colour("ink");
  ctx.font = `600 ${size}px serif`;
  ctx.fillText(title, EDGE, y, ctx.canvas.width - 2 * EDGE);
}

/** @param {CanvasRenderingContext2D} ctx @param {Chart} chart @param {number} y */
function legend(ctx, chart, y) {
  let x = EDGE;
  ctx.font = "18px sans-serif";
  for (const { label, colour } of chart.shape.lines) {
    ctx.fillStyle = chart.colour(`chart-${colour}`);
    ctx.fillRect(x, y - 13, 14, 14);
    ctx.fillStyle = chart.colour("ink");
    ctx.fillText(label, x + 22, y);
    x += 46 + ctx.measureText(label).width;
  }
}
