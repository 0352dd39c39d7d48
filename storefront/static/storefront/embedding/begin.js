// @ts-check
/** Part of embed.js: the server's other scripts, what the page may call, and what its attributes ask for. */

// --- the server's other scripts, which come only where they are wanted

/** @type {Promise<any> | undefined} */ let asked;

/** The window of support, on this page and as the same guest. */
const supporting = () =>
  (asked ??= import(`${SERVER}/static/support/widget.js`).then(({ Support }) => {
    const support = new Support({ server: SERVER, button: settings.support !== "none" });
    support.start();
    Object.assign(/** @type {any} */ (globalThis).Vitrine, { support });
    return support;
  }));

/** A recording of the visit, once the visitor has agreed. @param {{ microphone?: boolean }} [options] */
const record = async (options = {}) => {
  const { Capture } = await import(`${SERVER}/static/recordings/capture.js`);
  const capture = new Capture({ ...options, server: SERVER });
  capture.start();
  return capture;
};

/** Says on the page that thanks for an order what was bought: to the data layer, and to the show. @param {Order} order */
const purchase = async (order) => {
  const digits = new Intl.NumberFormat("en", { style: "currency", currency: order.currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const main = (/** @type {number | undefined} */ minor) => (minor === undefined ? undefined : minor / 10 ** digits);
  const items = (order.items ?? []).map(({ productId, itemId, name, quantity, price }) => {
    return { item_id: itemId ?? productId, item_name: name, quantity: quantity ?? 1, price: main(price) };
  });
  track("purchase", { transaction_id: order.orderId, currency: order.currency, value: main(order.value), items });
  const { reportPurchase } = await import(`${SERVER}/static/shopping/purchases.js`);
  return reportPurchase(order, { server: SERVER });
};

const page = /** @type {any} */ (globalThis);
page.Vitrine = {
  ...page.Vitrine,
  server: SERVER,
  open: openPlayer,
  close: () => player?.close(),
  /** @param {CartHandlers} handlers */
  cart: (handlers) => {
    shop = { ...shop, ...handlers };
    for (const each of players()) each.refresh();
  },
  on,
  tease,
  record,
  purchase,
  openSupport: async (/** @type {object} */ about) => (await supporting()).open(about),
  player: () => player,
};

/** @param {Element} element with `data-vitrine-player` */
const fill = (element) => {
  const { vitrinePlayer: show } = /** @type {HTMLElement} */ (element).dataset;
  openHere({ show: show || "live", target: element });
};

/** What the page's attributes ask for, once all of it is there. */
const begin = () => {
  document.querySelectorAll("[data-vitrine-player]").forEach(fill);
  document.querySelectorAll("[data-vitrine-teaser]").forEach((target) => {
    tease({ target, show: /** @type {HTMLElement} */ (target).dataset.vitrineTeaser });
  });
  document.addEventListener("click", ({ target }) => {
    const opener = target instanceof Element && target.closest("[data-vitrine-open]");
    if (opener instanceof HTMLElement) openHere({ show: opener.dataset.vitrineOpen || "live" });
  });
  const kept = read(tab, KEPT);
  if (settings.teaser !== undefined) tease({ target: settings.teaser || undefined, show: settings.show });
  if (settings.support !== undefined) void supporting();
  if (settings.capture !== undefined) void record({ microphone: settings.capture === "microphone" });
  if (kept?.show) openHere({ show: String(kept.show), mode: "mini" });
  else if (settings.mode) openHere({ mode: /** @type {Mode} */ (settings.mode), target: settings.target });
  dispatchEvent(new Event("vitrine-ready"));
};
if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin, { once: true });
else begin();
