// @ts-check
/** The HLS playlist of a show that is over, which is played by the show's time. */

import Hls from "../vendor/hls/hls.js";

/**
 * @typedef {object} Hearers
 * @property {(beganAt: number | null, duration: number) => void} placed when it began, as a time since 1970 where the
 * playlist says it (EXT-X-PROGRAM-DATE-TIME), and how long it is; both in ms
 * @property {() => void} failed it is not there any more, or cannot be played
 */

/** @param {string} url @param {HTMLVideoElement} video @param {Hearers} hearers @returns {() => void} lets go of it */
export function play(url, video, { placed, failed }) {
  if (!Hls.isSupported()) return playNatively(url, video, placed);
  const hls = new Hls({ enableWorker: false, startPosition: 0 }); // without a worker, as in media/hls.js
  let recovered = false;
  hls.on(Hls.Events.LEVEL_LOADED, (/** @type {unknown} */ _event, /** @type {any} */ { details }) => {
    const [first] = details.fragments;
    const began = first?.programDateTime ? first.programDateTime - first.start * 1000 : null;
    placed(began, details.totalduration * 1000);
  });
  hls.on(Hls.Events.ERROR, (/** @type {unknown} */ _event, /** @type {any} */ { fatal, type }) => {
    if (!fatal) return;
    if (type !== Hls.ErrorTypes.MEDIA_ERROR || recovered) return failed();
    recovered = true;
    hls.recoverMediaError();
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return () => hls.destroy();
}

/** Browsers without Media Source Extensions play HLS by themselves. @param {string} url @param {HTMLVideoElement} video @param {Hearers["placed"]} placed */
function playNatively(url, video, placed) {
  const known = () => {
    const began = /** @type {any} */ (video).getStartDate?.().getTime();
    placed(Number.isFinite(began) ? began : null, video.duration * 1000);
  };
  video.addEventListener("loadedmetadata", known, { once: true });
  video.src = url;
  return () => video.removeEventListener("loadedmetadata", known);
}
