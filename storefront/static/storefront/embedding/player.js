// @ts-check
/** Part of embed.js: the player, and what it and its frame say to each other. */

// --- the player

const QUIET = 2_000; // ms after it has loaded in which a frame of ours has spoken
const refused = () => {
  console.error(
    `${SERVER} does not let pages of ${location.origin} show its player, or is away. ` +
      `Its operator can allow it: EMBED_ORIGINS=${location.origin}`,
  );
};

class Player {
  /** @type {Mode} */ #mode;
  #status = "";
  #isGreeted = false;
  #frame = /** @type {HTMLIFrameElement} */ (make("iframe"));
  #dialog = /** @type {HTMLDialogElement} */ (make("dialog"));
  #title = make("span", "title");
  #size;
  #opener;

  /** @param {string} show @param {Mode} mode @param {Element | null} target */
  constructor(show, mode, target) {
    const text = words();
    this.show = show;
    this.#mode = mode;
    this.#opener = document.activeElement;
    const { host, root } = place(target ?? document.documentElement); // where no framework's change of <body> reaches it
    this.host = host;
    if (target) host.style.cssText = "display:block;width:100%;height:100%";
    this.#size = button(text.small, "M5 12h14", () => this.become(this.#mode === "mini" ? "overlay" : "mini"));
    const bar = make("div", "bar");
    bar.append(this.#title, this.#size, button(text.close, "M6 6l12 12M18 6L6 18", () => this.close()));
    this.#dialog.ariaLabel = this.#frame.title = text.player;
    this.#frame.allow = ALLOW;
    this.#frame.src = `${SERVER}/embed/${encodeURIComponent(show)}/`;
    this.#frame.addEventListener("load", () => setTimeout(() => this.#isGreeted || refused(), QUIET));
    this.#dialog.append(bar, this.#frame);
    this.#dialog.addEventListener("cancel", (event) => (event.preventDefault(), this.become("mini")));
    root.append(this.#dialog);
    addEventListener("message", this.#hear);
    this.become(mode);
  }

  get mode() {
    return this.#mode;
  }

  get status() {
    return this.#status;
  }

  /** The frame stays where it is in the document, so it goes on without a break. @param {Mode} mode */
  become(mode) {
    const text = words();
    if (this.#dialog.open) this.#dialog.close();
    this.#mode = mode;
    this.#dialog.className = `${mode}${(settings.corner ?? (settings.support === undefined ? "right" : "left")) === "left" ? " left" : ""}`;
    if (mode === "overlay") this.#dialog.showModal();
    else this.#dialog.setAttribute("open", "");
    this.#dialog.setAttribute("role", mode === "overlay" ? "dialog" : "region");
    const label = mode === "mini" ? text.large : text.small;
    this.#size.ariaLabel = this.#size.title = label;
    this.#size.querySelector("path")?.setAttribute("d", mode === "mini" ? "M5 19L19 5M10 5h9v9" : "M5 12h14");
    if (mode !== "inline") keep(tab, KEPT, { show: this.show, mode: "mini" }); // on the next page it is small
    this.#post("mode", { mode });
    tell("mode", mode);
  }

  close() {
    removeEventListener("message", this.#hear);
    this.host.remove();
    keep(tab, KEPT, null);
    if (player === this) player = null;
    inline.delete(this);
    if (this.#opener instanceof HTMLElement && this.#mode === "overlay") this.#opener.focus();
    tell("close", { show: this.show });
  }

  /** Tells the frame which handlers there are now. */
  refresh() {
    this.#post("cart", { cart: abilities() });
  }

  /** @param {string} type @param {object} [fields] */
  #post(type, fields = {}) {
    if (!this.#isGreeted) return; // it is not ours yet
    this.#frame.contentWindow?.postMessage({ ...fields, vitrine: type }, SERVER);
  }

  /** Only what our own frame says, and only while it shows our server. @param {MessageEvent} event */
  #hear = ({ source, origin, data }) => {
    if (origin !== SERVER || source !== this.#frame.contentWindow || typeof data?.vitrine !== "string") return;
    const { vitrine: type, ...said } = data;
    const hearer = HEARERS[/** @type {keyof typeof HEARERS} */ (type)];
    if (Object.hasOwn(HEARERS, type)) hearer(this, said);
  };

  /** @param {any} said */
  greet(said) {
    this.#isGreeted = true;
    const [party, support] = [settings.party !== undefined, settings.support !== undefined];
    this.#post("hello", { guest: read(home, GUEST), mode: this.#mode, cart: abilities(), party, support });
    this.#title.textContent = String(said.title ?? "");
    this.#title.dir = "auto";
  }

  /** @param {any} said */
  follow({ status, title }) {
    if (this.#title.textContent !== title) this.#title.textContent = title;
    if (this.#status === status) return;
    this.#status = status;
    tell("status", { show: this.show, status, title });
  }

  /** @param {any} said */
  async answer({ id, what, item }) {
    this.#post("answer", { id, ...(await handOver(what, item)) });
  }
}

/** What the frame may say. @type {Record<string, (player: Player, said: any) => void>} */
const HEARERS = {
  ready: (player, said) => player.greet(said),
  guest: (_, { guest }) => keep(home, GUEST, guest),
  show: (player, said) => player.follow(said),
  event: (_, { name, ecommerce }) => track(String(name), ecommerce),
  ask: (player, said) => void player.answer(said),
  expand: (player) => player.mode === "mini" && player.become("overlay"),
  close: (player) => player.mode === "overlay" && player.become("mini"),
  support: (_, { about }) => void supporting().then((support) => support.open(about)),
  follow: (player, { url }) => visit(player, String(url)),
};

/** A page of this site is gone to, with the player small beside it; another's opens beside this one. @param {Player} player @param {string} url */
const visit = (player, url) => {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (!address || !/^https?:$/.test(address.protocol)) return;
  if (address.origin !== location.origin) return void open(address.href, "_blank", "noopener");
  if (player.mode === "overlay") player.become("mini");
  if (shop.onNavigate) shop.onNavigate(address.href);
  else location.assign(address.href);
};

/** @type {Player | null} */ let player = null; // that lies over the page, or stays in its corner
/** @type {Set<Player>} */ const inline = new Set();
const players = () => [...inline, ...(player ? [player] : [])];

/** @param {string} [show] @returns {Promise<{ live: Teased[], upcoming: Teased[], show: Teased | null }>} */
const ask = async (show = "") => {
  const answer = await fetch(`${SERVER}/embed/shows?show=${encodeURIComponent(show)}`, { credentials: "omit" });
  if (!answer.ok) throw new Error(`${SERVER} answered ${answer.status}`);
  return answer.json();
};

/** The show that is meant: by its id, or what is on or comes next. @param {string} wanted */
const choose = async (wanted) => {
  if (wanted && wanted !== "live" && wanted !== "next") return wanted;
  const { live, upcoming } = await ask();
  return (wanted === "next" ? upcoming[0] : live[0] ?? upcoming[0])?.id ?? "";
};

/** A show that an attribute or a button asks for: what goes wrong is said in the console. @param {OpenOptions} [options] */
const openHere = (options) => void openPlayer(options).catch((error) => console.error(`The player cannot be opened: ${error.message}`));

/** @param {OpenOptions} [options] */
const openPlayer = async ({ show = settings.show ?? "live", mode, target } = {}) => {
  const parent = found(target);
  const wanted = mode ?? (parent ? "inline" : "overlay");
  if (wanted === "inline" && !parent) throw new Error("An inline player needs a target: an element, or its selector");
  const id = await choose(show);
  if (!id) return null;
  if (player && player.show === id && !parent) {
    player.become(wanted);
    return player;
  }
  if (!parent) player?.close();
  const opened = new Player(id, wanted, wanted === "inline" ? parent : null);
  if (parent) inline.add(opened);
  else player = opened;
  tell("open", { show: id, mode: wanted });
  return opened;
};
