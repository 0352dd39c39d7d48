// @ts-check
/** One drawing of figures, in the page's own colours; its table stands beside it for those who read rather than look. */

import uPlot from "../vendor/uplot/uplot.js";
import { query } from "../common/dom.js";

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {1 | 2 | 3 | 4} colour of those that report.css has
 * @property {"steps" | "bars"} [as] what it is drawn as, else a line
 * @property {number[]} [dash]
 */
/** @typedef {{ from: number, to: number, name: string }} Band what was in view meanwhile, by the chart's x */
/** @typedef {{ xs: number[], columns: (number | null)[][], bands?: Band[] }} Figures a column for each line */
/**
 * @typedef {object} Shape
 * @property {Line[]} lines
 * @property {(x: number) => string} tick what is written below the chart
 * @property {"time" | "minutes" | "steps"} across what x is: a time in seconds, minutes from 0 on, or the place of a step
 */

const HEIGHT = 220; // px
const FONT = 12; // px
const EDGE = 30; // px at the right, for half of the last time
const NARROW = 460; // px: words below bars stand aslant
const ROOM = 1.12; // of the highest value, up to the upper edge

/** @param {number} count */
export const whole = (count) => new Intl.NumberFormat().format(count);

export class Chart {
  /** @type {any} */
  #plot = null;
  /** @type {Figures} */
  #figures = { xs: [], columns: [] };

  /** @param {HTMLElement} figure with a `data-plot` and a `data-read` @param {Shape} shape */
  constructor(figure, shape) {
    this.figure = figure;
    this.shape = shape;
    this.place = query("[data-plot]", figure);
    this.read = query("[data-read]", figure);
    this.list = document.createElement("ul");
    this.list.className = "legend small";
    this.place.before(this.list);
    this.reshape(shape.lines);
    new ResizeObserver(() => this.#resize()).observe(this.place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  /** Other lines from now on; they are drawn with the next figures. @param {Line[]} lines */
  reshape(lines) {
    this.shape.lines = lines;
    this.list.replaceChildren(...(lines.length > 1 ? lines.map(entry) : []));
    this.list.hidden = lines.length < 2;
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** @param {Figures} figures */
  draw(figures) {
    const same = this.#plot !== null && !figures.bands && figures.xs.length > 0;
    this.#figures = figures;
    if (same) this.#plot.setData([figures.xs, ...figures.columns]);
    else this.redraw();
  }

  /** Anew, in the colours that hold now. */
  redraw() {
    this.#plot?.destroy();
    this.#plot = null;
    if (this.#figures.xs.length === 0) return;
    this.#plot = this.#made(this.place.clientWidth || 300, HEIGHT);
    this.place.append(this.#plot.root);
  }

  /** The same drawn apart from the page. @param {number} width @param {number} height @returns {Promise<HTMLCanvasElement>} */
  async picture(width, height) {
    const apart = this.#made(width, height);
    await new Promise((drawn) => setTimeout(drawn)); // it draws once this script lets go
    return apart.ctx.canvas;
  }

  /** @param {string} name of one of the page's colours */
  colour(name) {
    return getComputedStyle(this.figure).getPropertyValue(`--${name}`).trim();
  }

  #resize() {
    const width = this.place.clientWidth;
    if (this.#plot && width && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }

  /** @param {number} width @param {number} height */
  #made(width, height) {
    const { xs, columns } = this.#figures;
    const { across, tick, lines } = this.shape;
    const [quiet, edge] = [this.colour("quiet"), this.colour("line")];
    const axis = { stroke: quiet, font: `${FONT}px sans-serif`, grid: { stroke: edge, width: 1 }, ticks: { stroke: edge } };
    const aslant = width < NARROW ? { rotate: -35, size: 56 } : { size: 30 };
    const each = across === "steps" ? { ...aslant, splits: () => xs, grid: { show: false } } : { size: 30, space: 76 };
    const options = {
      width,
      height,
      padding: [null, across === "steps" ? null : EDGE, null, null],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false },
      scales: { x: { time: across === "time", range: RANGES[across] }, y: { range: highest } },
      axes: [
        { ...axis, ...each, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(tick) },
        { ...axis, incrs: INCREMENTS, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(whole) },
      ],
      series: [{}, ...lines.map((line) => this.#series(line))],
      hooks: { drawClear: [(/** @type {any} */ plot) => this.#showBands(plot)], setCursor: [(/** @type {any} */ plot) => this.#say(plot)] },
    };
    return new uPlot(options, [xs, ...columns]);
  }

  /** @param {Line} line */
  #series({ label, colour, as, dash }) {
    const stroke = this.colour(`chart-${colour}`);
    const fill = as && this.colour(`chart-${colour}-soft`);
    const paths = as === "bars" ? uPlot.paths.bars({ size: [0.6, 90] }) : as && uPlot.paths.stepped({ align: 1 });
    return { label, stroke, fill, dash, width: 2, paths, points: { show: this.#figures.xs.length === 1 && as !== "bars" } };
  }

  /** What was in view, behind the lines: every other one shaded, each with its name as far as there is room. @param {any} plot */
  #showBands(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.font = `${FONT * devicePixelRatio}px sans-serif`;
    ctx.textBaseline = "top";
    for (const [place, { from, to, name }] of (this.#figures.bands ?? []).entries()) {
      const left = Math.max(plot.valToPos(from, "x", true), bbox.left);
      const right = Math.min(plot.valToPos(to, "x", true), bbox.left + bbox.width);
      ctx.fillStyle = this.colour(place % 2 ? "band-odd" : "band-even");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.fillStyle = this.colour("quiet");
      const words = shortened(ctx, name, right - left - 8);
      if (words) ctx.fillText(words, left + 4, bbox.top + 4);
    }
    ctx.restore();
  }

  /** The figures under the pointer. @param {any} plot */
  #say(plot) {
    const at = plot.cursor.idx;
    const { xs, columns, bands = [] } = this.#figures;
    const seen = at === null || at === undefined || plot.cursor.left < 0 ? null : xs[at];
    const parts = seen === null ? [] : this.shape.lines.map(({ label }, place) => `${label} ${whole(columns[place]?.[at] ?? 0)}`);
    const band = seen === null ? undefined : bands.find(({ from, to }) => from <= seen && seen < to);
    this.read.textContent = seen === null ? "" : [this.shape.tick(seen), ...parts, ...(band ? [band.name] : [])].join(" · ");
  }
}

const INCREMENTS = [1, 2, 5].flatMap((digit) => Array.from({ length: 9 }, (_, zeros) => digit * 10 ** zeros)).sort((a, b) => a - b);

/** @param {any} _ @param {number} from @param {number} to @returns {[number, number]} */
const minutes = (_, from, to) => [from, Math.max(to, from + 1)];

/** @param {any} _ @param {number} from @param {number} to @returns {[number, number]} */
const times = (_, from, to) => (from === to ? [from - 60, to + 60] : [from, to]);

/** Half a step beside the first and the last bar. @param {any} _ @param {number} from @param {number} to @returns {[number, number]} */
const rooms = (_, from, to) => [from - 0.5, to + 0.5];

const RANGES = { time: times, minutes, steps: rooms };

/** @param {any} _ @param {any} __ @param {number | null} to @returns {[number, number]} */
const highest = (_, __, to) => [0, Math.max(1, (to ?? 0) * ROOM)];

/** @param {Line} line */
function entry({ label, colour, dash }) {
  const item = document.createElement("li");
  const words = document.createElement("bdi");
  words.textContent = label;
  const mark = document.createElement("span");
  mark.className = `swatch colour-${colour}${dash ? " dashed" : ""}`;
  item.append(mark, words);
  return item;
}

/** As much of a name as fits. @param {CanvasRenderingContext2D} ctx @param {string} name @param {number} width */
function shortened(ctx, name, width) {
  if (ctx.measureText(name).width <= width) return name;
  const letters = [...name];
  while (letters.length > 2 && ctx.measureText(`${letters.join("")}…`).width > width) letters.pop();
  return letters.length > 2 ? `${letters.join("")}…` : "";
}
