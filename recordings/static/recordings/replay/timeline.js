// @ts-check
/** The bar below the picture: where one is, how loud it was, what is idle, where pages begin and clicks are. */

import { moment, query, spoken } from "./format.js";

/** @import { Player } from "./player.js" */

const HEIGHT = 56; // px
const LEVEL = 100; // ms that one level stands for

export class Timeline {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.slider = /** @type {HTMLInputElement} */ (query("[data-position]"));
    this.canvas = /** @type {HTMLCanvasElement} */ (query("[data-marks]"));
    this.slider.max = String(player.outline.duration);
    query("[data-duration]").textContent = moment(player.outline.duration);
    this.slider.addEventListener("input", () => player.seek(Number(this.slider.value)));
    player.addEventListener("tick", () => this.#follow());
    new ResizeObserver(() => this.#draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
    new MutationObserver(() => this.#draw()).observe(document.documentElement, { attributeFilter: ["class"] });
    this.#follow();
  }

  #follow() {
    const { position, outline } = this.player;
    const now = moment(position);
    const shown = query("[data-now]");
    query("[data-level]").style.setProperty("--level", String(this.player.voice.level(position)));
    this.slider.value = String(position);
    this.slider.style.setProperty("--done", `${(100 * position) / outline.duration}%`);
    if (shown.textContent === now) return;
    shown.textContent = now;
    this.slider.setAttribute("aria-valuetext", `${spoken(position)} of ${spoken(outline.duration)}`);
  }

  #draw() {
    const { canvas } = this;
    const ratio = devicePixelRatio;
    const width = canvas.clientWidth;
    canvas.width = width * ratio;
    canvas.height = HEIGHT * ratio;
    const pen = canvas.getContext("2d");
    if (!pen) return;
    pen.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
    const x = (/** @type {number} */ at) => (at / this.player.outline.duration) * width;
    this.#drawIdle(pen, x, colour("idle"));
    this.#drawLevels(pen, x, width, colour("voice"));
    pen.fillStyle = colour("click");
    for (const at of this.player.outline.clicks) pen.fillRect(x(at) - 1, HEIGHT - 12, 2, 12);
    pen.fillStyle = colour("page");
    for (const { at } of this.player.outline.pages) {
      pen.fillRect(x(at), 0, 2, HEIGHT);
      pen.fillRect(x(at), 0, 8, 6);
    }
  }

  /** @param {CanvasRenderingContext2D} pen @param {(at: number) => number} x @param {string} colour */
  #drawIdle(pen, x, colour) {
    pen.fillStyle = colour;
    for (const [from, to] of this.player.outline.idle) pen.fillRect(x(from), 0, x(to) - x(from), HEIGHT);
  }

  /** Of all levels in a pixel the highest is drawn. @param {CanvasRenderingContext2D} pen @param {(at: number) => number} x @param {number} width @param {string} colour */
  #drawLevels(pen, x, width, colour) {
    const highest = new Uint8Array(Math.ceil(width) + 1);
    for (const { from, levels } of this.player.voice.parts) {
      levels.forEach((level, index) => {
        const pixel = Math.min(Math.floor(x(from + index * LEVEL)), highest.length - 1);
        highest[pixel] = Math.max(highest[pixel], level);
      });
    }
    pen.fillStyle = colour;
    highest.forEach((level, pixel) => {
      const height = (level / 255) * (HEIGHT - 20);
      if (level) pen.fillRect(pixel, HEIGHT / 2 - height / 2, 1, Math.max(height, 1));
    });
  }
}
