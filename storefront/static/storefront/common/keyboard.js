// @ts-check
/** Keeps the composer above an on-screen keyboard, also where the browser lays the keyboard over the page (iOS). */

const OPEN = 0.8; // of the height that was seen without it: while someone writes and less is left, all else makes room

export function followKeyboard() {
  const seen = window.visualViewport;
  if (!seen) return;
  const root = document.documentElement;
  let width = 0;
  let tallest = 0;

  const fit = () => {
    if (seen.scale !== 1) return; // someone is zooming in to read
    if (Math.round(seen.width) !== width) [width, tallest] = [Math.round(seen.width), 0]; // the phone was turned
    tallest = Math.max(tallest, Math.round(seen.height));
    root.style.setProperty("--visible", `${Math.round(seen.height)}px`);
    root.style.setProperty("--tallest", `${tallest}px`);
    root.toggleAttribute("data-keyboard", writing() && seen.height < tallest * OPEN);
    if (seen.offsetTop && !document.querySelector("dialog:modal")) scrollTo(0, 0);
  };
  for (const change of ["resize", "scroll"]) seen.addEventListener(change, fit);
  for (const change of ["focusin", "focusout"]) document.addEventListener(change, () => requestAnimationFrame(fit));
  fit();
}

/** Whether what is focused brings up a keyboard. */
function writing() {
  const field = document.activeElement;
  return field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && !field.readOnly && field.type !== "checkbox");
}
