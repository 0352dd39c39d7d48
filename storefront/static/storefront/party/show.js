// @ts-check
/** The show that a party watches together: public, while its chat, cart and votes are the party's own. */

import { Vitrine } from "../../realtime/client.js";
import { data } from "../common/dom.js";
import { follow } from "../show/show.js";
import { Stage } from "../show/stage.js";

export function screenShow() {
  const root = document.querySelector("[data-show]");
  if (!(root instanceof HTMLElement)) return;
  const show = data("show-facts");
  const client = new Vitrine();
  const stage = new Stage(client, show);
  const silence = { show, load: async () => true, replace: () => {} };
  stage.spotlight.addEventListener("click", () => (location.hash = stage.spotlight.dataset.product ?? ""));
  follow(root, client, silence, {
    status: (status) => stage.become(status),
    away: (away) => stage.miss(away),
    showcased: (product) => stage.showcase(product),
  });
  stage.see(root.dataset.status);
  client.connect();
}
