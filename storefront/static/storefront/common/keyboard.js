// @ts-check
/** Keeps the composer above an on-screen keyboard where the browser lays the keyboard over the page (iOS). */

const LEAST = 480; // px of height below which everything but stage and chat makes room

export function followKeyboard() {
  const seen = window.visualViewport;
  if (!seen) return;
  const root = document.documentElement;
  const fit = () => {
    if (seen.scale !== 1) return; // someone is zooming in to read
    root.style.setProperty("--visible", `${Math.round(seen.height)}px`);
    root.toggleAttribute("data-keyboard", seen.height < LEAST && root.clientWidth < seen.height * 1.5);
    if (seen.offsetTop) scrollTo(0, 0);
  };
  seen.addEventListener("resize", fit);
  fit();
}
