// @ts-check
/**
 * The player of a Vitrine server on a page of any other site. One tag, nothing else:
 *
 *     <script async src="https://live.shop.example/embed.js" data-show="live"></script>
 *
 * All that it is told by `data-` attributes and by `Vitrine.open(...)`, and all that it tells, is in docs/embed.md; the types
 * are in embed.d.ts. The server must name the page's origin in EMBED_ORIGINS.
 */

/** @import { CartHandlers, Item, Listener, Mode, OpenOptions, Order, Teased, Teasers } from "./embed.js" */

const tag = /** @type {HTMLScriptElement | null} */ (document.currentScript);
const SERVER = new URL(tag?.src || "/", location.href).origin;
const settings = { ...tag?.dataset };
const KEPT = `vitrine.player ${SERVER}`; // what this tab keeps of the player from page to page
const GUEST = `vitrine.guest ${SERVER}`; // as guest.js of the server's own scripts has it: one guest for all of them
const LAYER = settings.datalayer || "dataLayer";
const AGAIN = 30_000; // ms between two looks at what is on, while the page is seen
const SOON = 60_000; // ms before a show is to begin, in which the look is taken more often
const ALLOW = "autoplay; fullscreen; picture-in-picture; clipboard-write";

const ENGLISH = {
  live: "Live now",
  next: "Next show",
  any: "Any moment now",
  watch: "Watch",
  close: "Close the player",
  small: "Make the player small",
  large: "Make the player large",
  hide: "Hide this",
  player: "Live show",
  shows: "Live shows",
  in: "in",
};
const GERMAN = {
  live: "Jetzt live",
  next: "Nächste Show",
  any: "Gleich geht es los",
  watch: "Ansehen",
  close: "Player schließen",
  small: "Player verkleinern",
  large: "Player vergrößern",
  hide: "Ausblenden",
  player: "Live-Show",
  shows: "Live-Shows",
  in: "in",
};
const language = () => settings.lang || document.documentElement.lang || navigator.language;
const words = () => (language().toLowerCase().startsWith("de") ? GERMAN : ENGLISH);

const STYLES = `
  :host { all: initial; }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  dialog { display: none; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); margin: 0; padding: 0; border: 0; max-width: none; max-height: none;
    overflow: hidden; background: #0e1412; color: #fff; font: 500 0.9375rem/1.3 system-ui, sans-serif; }
  dialog[open] { display: grid; }
  dialog::backdrop { background: rgb(8 12 10 / 72%); }
  .overlay { position: fixed; inset: 0; width: 100vw; height: 100vh; height: 100dvh; }
  .mini { position: fixed; z-index: 2147483646; inset: auto 1rem 1rem auto; width: 11rem; height: 19rem; border-radius: 0.75rem;
    box-shadow: 0 8px 32px rgb(0 0 0 / 40%); }
  .mini.left { inset: auto auto 1rem 1rem; }
  .inline { grid-template-rows: minmax(0, 1fr); position: relative; inset: auto; width: 100%; height: 100%; }
  .bar { display: flex; align-items: center; gap: 0.25rem; padding: 0 0.25rem 0 0.75rem; min-height: 2.75rem; }
  .inline .bar { display: none; }
  .title { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .mini .title { font-size: 0.75rem; }
  iframe { width: 100%; height: 100%; border: 0; background: #0e1412; }
  button { flex: none; min-width: 2.75rem; min-height: 2.75rem; padding: 0; border: 0; border-radius: 0.5rem; background: none; color: inherit;
    font: inherit; cursor: pointer; }
  button:hover { background: rgb(255 255 255 / 14%); }
  button:focus-visible { outline: 2px solid #9be0c7; outline-offset: -2px; }
  svg { width: 1.25rem; height: 1.25rem; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; vertical-align: middle; }
  .teaser { display: flex; align-items: center; gap: 0.75rem; padding: 0.5rem 0.5rem 0.5rem 1rem; border-radius: 0.75rem; background: #0e1412;
    color: #fff; font: 500 0.9375rem/1.3 system-ui, sans-serif; }
  .teaser.floating { position: fixed; z-index: 2147483645; inset: auto auto 1rem 1rem; width: min(24rem, calc(100vw - 2rem));
    box-shadow: 0 8px 32px rgb(0 0 0 / 40%); }
  .teaser .words { flex: 1; min-width: 0; display: grid; }
  .teaser .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
  .teaser .state { font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
  .teaser .state.on { color: #ffb8b0; }
  .teaser .go { padding: 0 1rem; background: #9be0c7; color: #06281f; font-weight: 600; }
  .teaser .go:hover { background: #b9ecd9; }
  @media (min-width: 60rem) {
    .overlay { inset: 4vh 4vw; width: 92vw; height: 92vh; border-radius: 1rem; }
    .mini { width: 13rem; height: 23rem; }
  }`;
