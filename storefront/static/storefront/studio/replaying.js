// @ts-check
/** How a show that is over can be watched again: whether at all, and from where to where. */

import { moment } from "../../recordings/replay/format.js";
import { call } from "../common/api.js";
import { confirmed } from "../common/dialogs.js";
import { clone, query } from "../common/dom.js";

const LOOK = 4_000; // ms between two looks whether a video has been prepared
const TIME = /^(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)$/;

/** @typedef {{ part: number, t: number, duration: number, size: number, url: string }} Video */
/** @typedef {{ enabled: boolean, duration: number, from: number, to: number, video: Video[], videoWaits: boolean }} Replay */

/** A time as it is written, in ms; throws where it is none. @param {FormDataEntryValue | null} words */
function ms(words) {
  const found = TIME.exec(String(words).trim());
  if (!found) throw new Error("Write times as minutes and seconds, such as 1:30.");
  return ((Number(found[1] ?? 0) * 60 + Number(found[2])) * 60 + Number(found[3])) * 1000;
}

/** @param {string} sessionId */
export async function offerReplay(sessionId) {
  const root = query("[data-replay]");
  const form = /** @type {HTMLFormElement} */ (query("[data-replay-form]", root));
  const trouble = query("[data-trouble]", root);
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  const path = `sessions/${sessionId}/replay`;

  /** @param {Replay} replay */
  const draw = ({ enabled, duration, from, to }) => {
    field("enabled").checked = enabled;
    field("from").value = moment(from);
    field("to").value = moment(to);
    query("[data-whole]", root).textContent = moment(duration);
  };

  const save = async () => {
    const words = new FormData(form);
    const end = ms(words.get("to"));
    const whole = ms(query("[data-whole]", root).textContent);
    draw(
      await call("PATCH", path, {
        enabled: field("enabled").checked,
        from: ms(words.get("from")),
        to: end < whole ? end : null, // its own end, which has no whole seconds
      }),
    );
    query("[data-saved]", root).textContent = "Saved";
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    query("[data-saved]", root).textContent = "";
    trouble.textContent = "";
    save().catch((error) => (trouble.textContent = error.message));
  });

  /** @param {Video} video */
  const row = ({ part, t, duration, size, url }) => {
    const element = clone("video-row");
    const words = `Video, ${moment(t)} to ${moment(t + duration)}`;
    const download = /** @type {HTMLAnchorElement} */ (query("[data-download]", element));
    query("[data-words]", element).textContent = words;
    query("[data-size]", element).textContent = `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(size / 1e6)} MB`;
    download.href = `${url}?download=true&whole=true`;
    download.ariaLabel = `Download: ${words}`;
    query("[data-remove]", element).ariaLabel = `Delete: ${words}`;
    query("[data-remove]", element).addEventListener("click", async () => {
      if (!(await confirmed("Delete this video? The chat and the products can still be watched again.", "Delete"))) return;
      await call("DELETE", `sessions/${sessionId}/video/${part}`).then(
        () => element.remove(),
        (error) => (trouble.textContent = error.message),
      );
    });
    return element;
  };

  /** @param {Replay} replay */
  const drawVideo = ({ video, videoWaits }) => {
    query("[data-video-waits]", root).hidden = !videoWaits;
    query("[data-videos]", root).replaceChildren(...video.map(row));
    if (videoWaits) setTimeout(() => void call("GET", `${path}?whole=true`).then(drawVideo, () => {}), LOOK);
  };

  await call("GET", `${path}?whole=true`).then(
    (replay) => (draw(replay), drawVideo(replay)),
    (error) => (trouble.textContent = error.message),
  );
}
