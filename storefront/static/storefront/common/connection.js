// @ts-check
/** Says when the connection drops, when it tries again, and that it is back; silent while all is well. */

import { query } from "./dom.js";

/** @import { Vitrine } from "../../realtime/client.js" */
/** @import { Status } from "../../realtime/client.js" */

const RETURNED = 2_500; // ms the good news stays

/** @param {Pick<Vitrine, "watch" | "retry">} client */
export function announce(client) {
  const banner = query("[data-connection]");
  const button = query("button", banner);
  let lost = false;
  let timer = 0;

  /** @param {string} words @param {string} [count] what changes each second, and is therefore not read out */
  const say = (words, count = "") => {
    const text = query("[data-words]", banner);
    if (text.textContent !== words) text.textContent = words;
    query("[data-count]", banner).textContent = count;
    query("[data-chip]", banner).hidden = !words;
  };

  /** @param {number} seconds */
  const countDown = (seconds) => {
    say("Connection lost", seconds > 0 ? `again in ${seconds} s` : "trying…");
    if (seconds > 0) timer = setTimeout(() => countDown(seconds - 1), 1000);
  };

  /** @param {Status} status */
  const show = (status) => {
    clearTimeout(timer);
    banner.dataset.state = status.state;
    button.hidden = status.state !== "waiting";
    lost ||= status.state === "waiting" || status.state === "closed";
    if (!lost) return say("");
    if (status.state === "waiting") return countDown(Math.ceil(status.seconds));
    if (status.state === "connecting") return say("Connection lost", "trying…");
    if (status.state === "closed") return say("The connection was closed. Reload the page to return.");
    lost = false;
    say("Connected again");
    timer = setTimeout(() => say(""), RETURNED);
    return undefined;
  };

  button.addEventListener("click", () => client.retry());
  client.watch(show);
}
