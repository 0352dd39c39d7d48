// @ts-check
/** Part of embed.js: what is on, or comes next. */

// --- the teaser

/** @param {number} ms @returns {string} such as `2 d 3 h` or `4:05` */
const span = (ms) => {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  if (days) return `${days} d ${hours} h`;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

class Teaser {
  /** @type {Teased | null} */ #show = null;
  #looking = 0;
  #card = make("section", "teaser");
  #state = make("span", "state");
  #name = make("bdi", "name");

  /** @param {Element | null} target @param {string} show */
  constructor(target, show) {
    const { host, root } = place(target ?? document.documentElement);
    const text = make("span", "words");
    const go = make("button", "go", words().watch);
    this.wanted = show;
    this.host = host;
    this.#card.hidden = true;
    this.#card.classList.toggle("floating", !target);
    this.#card.ariaLabel = words().shows;
    go.addEventListener("click", () => void (this.#show && this.#watch(this.#show)));
    text.append(this.#state, this.#name);
    this.#card.append(text, go);
    if (!target) this.#card.append(button(words().hide, "M6 6l12 12M18 6L6 18", () => this.hide()));
    root.append(this.#card);
    document.addEventListener("visibilitychange", this.#look);
    on("open", () => this.#draw());
    on("close", () => this.#draw());
    void this.#look();
  }

  /** Until the tab is closed. */
  hide() {
    keep(tab, `${KEPT} teaser`, true);
    clearTimeout(this.#looking);
    document.removeEventListener("visibilitychange", this.#look);
    this.host.remove();
  }

  /** @param {Teased} show */
  #watch({ id, title }) {
    track("select_promotion", { promotion_id: id, promotion_name: title });
    openHere({ show: id });
  }

  #look = async () => {
    clearTimeout(this.#looking);
    if (document.hidden || !this.host.isConnected) return;
    const { live, upcoming, show } = await ask(this.wanted).catch(() => ({ live: [], upcoming: [], show: this.#show }));
    const before = this.#show?.id;
    this.#show = this.wanted ? show : live[0] ?? upcoming[0] ?? null;
    if (this.#show && this.#show.id !== before) track("view_promotion", { promotion_id: this.#show.id, promotion_name: this.#show.title });
    tell("teaser", this.#show);
    this.#draw();
    const wait = Date.parse(this.#show?.startsAt ?? "") - Date.now();
    this.#looking = setTimeout(this.#look, Math.abs(wait) < SOON ? AGAIN / 3 : AGAIN);
  };

  #draw = () => {
    const show = this.#show;
    const isOn = show?.status === "live" || show?.status === "paused";
    this.#card.hidden = !show || show.status === "ended" || (!!player && this.#card.classList.contains("floating"));
    if (!show || this.#card.hidden) return;
    const left = show.startsAt ? Date.parse(show.startsAt) - Date.now() : NaN;
    const text = words();
    const next = Number.isNaN(left) ? text.next : left > 0 ? `${text.next} ${text.in} ${span(left)}` : text.any;
    this.#state.textContent = isOn ? text.live : next;
    this.#state.classList.toggle("on", isOn);
    this.#name.textContent = show.title;
    if (!isOn && left > 0 && this.host.isConnected) setTimeout(this.#draw, Math.min(1000, left));
  };
}

/** @param {Teasers} [options] */
const tease = ({ target, show = "" } = {}) => {
  const parent = found(target);
  return !parent && read(tab, `${KEPT} teaser`) ? null : new Teaser(parent, show);
};
