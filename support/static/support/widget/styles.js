// @ts-check
/** How the window looks. It takes nothing from the page but its light or dark scheme and what it sets on purpose. */

export const STYLES = `
  :host {
    all: initial !important; color-scheme: inherit !important;
    --paper: #f4f5f2; --surface: #ffffff; --sunken: #e9ebe6; --ink: #17201c; --quiet: #56615b; --line: #d8dcd5; --edge: #76817a;
    --accent: var(--vitrine-support-accent, #0b5d4b); --on-accent: var(--vitrine-support-on-accent, #ffffff);
    --own: #dcebe4; --danger: #b3261e; --notice: #6a4a00; --notice-soft: #fbf0d3; --alert: #c4271b; --on-alert: #ffffff;
    --bottom: var(--vitrine-support-bottom, 1rem);
  }
  @supports (color: light-dark(red, blue)) {
    :host {
      --paper: light-dark(#f4f5f2, #101513); --surface: light-dark(#ffffff, #19201d); --sunken: light-dark(#e9ebe6, #0b0f0d);
      --ink: light-dark(#17201c, #e9eeea); --quiet: light-dark(#56615b, #a5b0aa); --line: light-dark(#d8dcd5, #2c3531);
      --edge: light-dark(#76817a, #7d8983);
      --accent: var(--vitrine-support-accent, light-dark(#0b5d4b, #7cd1b3));
      --on-accent: var(--vitrine-support-on-accent, light-dark(#ffffff, #06281f));
      --own: light-dark(#dcebe4, #1b3a31); --danger: light-dark(#b3261e, #ff958b);
      --notice: light-dark(#6a4a00, #f2d48a); --notice-soft: light-dark(#fbf0d3, #3a2f14);
      --alert: light-dark(#c4271b, #ff7a6d); --on-alert: light-dark(#ffffff, #2e0602);
    }
  }
  *, ::before, ::after { box-sizing: border-box; }
  aside, dialog { font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); }
  [hidden] { display: none !important; }
  h2, p, ol, ul, fieldset { margin: 0; padding: 0; border: 0; list-style: none; min-width: 0; }
  svg { width: 22px; height: 22px; flex: none; display: block; }
  small { font-size: 13px; color: var(--quiet); }
  a { color: var(--accent); }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 10px; }
  .unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  button, .button {
    display: inline-flex; align-items: center; justify-content: center; gap: 8px; min-height: 44px; padding: 0 16px; border: 1px solid var(--edge);
    border-radius: 10px; background: var(--surface); color: var(--ink); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
  }
  button:hover, .button:hover { background: var(--sunken); }
  .primary, .primary:hover { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
  .small { min-height: 36px; padding: 0 12px; font-size: 15px; }
  .plain { border-color: transparent; background: none; color: var(--accent); }
  .icon { width: 44px; padding: 0; flex: none; }
  .icon:not(.primary) { border-color: transparent; background: none; }
  .icon:not(.primary):hover { background: var(--sunken); }
  .row { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
  input, textarea { width: 100%; min-height: 44px; padding: 10px 12px; border: 1px solid var(--edge); border-radius: 10px; background: var(--surface); color: var(--ink); font: inherit; line-height: 22px; }
  textarea { resize: none; max-height: 140px; overflow-y: auto; }
  ::placeholder { color: var(--quiet); opacity: 1; }
  [aria-invalid] { border-color: var(--danger); }

  .launcher {
    position: fixed; z-index: 2147483000; inset: auto max(16px, env(safe-area-inset-right)) calc(var(--bottom) + env(safe-area-inset-bottom)) auto;
    min-height: 52px; padding: 0 20px 0 16px; border-color: var(--accent); border-radius: 26px; background: var(--accent); color: var(--on-accent);
    box-shadow: 0 2px 12px rgb(0 0 0 / 25%);
  }
  .launcher:hover { background: var(--accent); text-decoration: underline; }
  .launcher:focus-visible { border-radius: 26px; }
  .badge { min-width: 22px; padding: 0 6px; border-radius: 11px; background: var(--alert); color: var(--on-alert); font-size: 13px; line-height: 22px; text-align: center; }

  dialog {
    position: fixed; z-index: 2147483000; inset: auto 16px 16px auto; width: 380px; height: min(640px, calc(100dvh - 32px)); max-width: none; max-height: none;
    margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 16px; background: var(--paper); box-shadow: 0 8px 40px rgb(0 0 0 / 28%); overflow: hidden;
  }
  dialog[open] { display: flex; flex-direction: column; }
  .bar { display: flex; align-items: center; gap: 2px; padding: 6px 6px 6px 16px; background: var(--surface); border-bottom: 1px solid var(--line); }
  .bar:has(.icon:first-child:not([hidden])) { padding-left: 6px; }
  h2 { flex: 1; min-width: 0; font: inherit; font-size: 18px; font-weight: 700; }
  h2:focus { outline: none; }
  .view { flex: 1; min-height: 0; display: flex; flex-direction: column; }
  .notice { padding: 10px 16px; background: var(--notice-soft); color: var(--notice); font-size: 15px; }
  .notice.calm { background: var(--surface); color: var(--quiet); border-bottom: 1px solid var(--line); }
  :is(input, textarea):focus-visible { outline-offset: -1px; }
  .notice:empty, .trouble:empty { display: none; }
  .trouble { padding: 4px 0 8px; color: var(--danger); font-size: 15px; }
  .hello { padding: 24px 16px 8px; color: var(--quiet); }
  .earlier { align-self: center; margin-top: 6px; flex: none; }

  .lines { flex: 1; min-height: 0; padding: 12px 16px; overflow-y: auto; overscroll-behavior: contain; }
  .lines:focus-visible { outline-offset: -3px; }
  li.own, li.theirs { margin-bottom: 12px; display: grid; }
  .own { justify-items: end; padding-left: 40px; }
  .theirs { justify-items: start; padding-right: 40px; }
  .head { font-size: 13px; color: var(--quiet); }
  .said { max-width: 100%; padding: 8px 12px; border-radius: 14px; background: var(--surface); border: 1px solid var(--line); overflow-wrap: anywhere; }
  .said > p { white-space: pre-wrap; }
  .said > * + * { margin-top: 8px; }
  .own .said { background: var(--own); border-color: transparent; }
  .waiting:not(.refused) .said { border: 1px dashed var(--edge); }
  .refused .said { background: var(--notice-soft); color: var(--notice); }
  .mark { font-size: 13px; color: var(--quiet); }
  .refused .mark { color: var(--danger); }
  .file { display: flex; align-items: center; gap: 8px; min-height: 24px; }
  .file img { display: block; max-width: 100%; max-height: 200px; min-width: 48px; min-height: 48px; border-radius: 8px; }
  .typing { min-height: 24px; padding: 0 16px; color: var(--quiet); font-size: 14px; }

  .composer { padding: 8px 12px max(12px, env(safe-area-inset-bottom)); background: var(--surface); border-top: 1px solid var(--line); }
  .writing { display: flex; align-items: flex-end; gap: 6px; }
  .writing textarea { flex: 1; min-width: 0; }
  .address { margin-bottom: 8px; }
  label { font-size: 14px; color: var(--quiet); }
  .files li { display: flex; align-items: center; gap: 4px; font-size: 14px; }
  .files span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

  .rating { padding: 12px 16px; background: var(--surface); border-top: 1px solid var(--line); }
  legend { padding: 0; font-weight: 600; }
  .scores { display: flex; gap: 8px; margin: 8px 0; }
  .scores label { position: relative; flex: 1; display: grid; place-items: center; min-height: 44px; border: 1px solid var(--edge); border-radius: 10px; color: var(--ink); font-size: 16px; font-weight: 600; cursor: pointer; }
  .scores input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
  .scores label:has(:checked) { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
  .scores label:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }

  .past { flex: 1; min-height: 0; padding: 8px; overflow-y: auto; }
  .entry { width: 100%; min-height: 60px; padding: 8px 12px; border-color: transparent; background: none; display: grid; grid-template-columns: minmax(0, 1fr); justify-content: stretch; justify-items: start; gap: 2px; text-align: left; font-weight: 400; }
  .entry span { max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .asking { padding: 20px 16px; display: grid; gap: 8px; align-content: start; }

  @media (max-width: 30rem), (max-height: 26rem) {
    dialog { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
    dialog::backdrop { background: var(--paper); }
  }
  @media print { :host { display: none !important; } }
`;
