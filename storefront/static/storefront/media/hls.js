// @ts-check
/** A picture that some other server streams: we play its playlist. */

import Hls from "../vendor/hls/hls.js";

/** @import { Seeing } from "./providers.js" */

const NATIVE = "application/vnd.apple.mpegurl";
const BACK = 5_000; // ms until a playlist that failed is tried again: it may not have begun yet

/** @param {Seeing} stage */
export async function see({ access, say, show, video }) {
  const { url, expiresAt } = await access();
  let timer = 0;
  const lasts = Math.max(60_000, Date.parse(expiresAt) - Date.now() - 30_000);
  const renewing = setInterval(() => access().catch((error) => (stop(), say(error.message))), lasts);
  const shown = () => say("");
  const stop = Hls.isSupported() ? play(url) : playNatively(url);
  say("Waiting for the picture…");
  video.addEventListener("playing", shown);
  return () => (clearInterval(renewing), video.removeEventListener("playing", shown), stop(), show(null));

  /** @param {string} address */
  function play(address) {
    // Without a worker, whose script would come from a blob: that pages may run none keeps others' scripts out.
    const hls = new Hls({ enableWorker: false, lowLatencyMode: true, liveSyncDurationCount: 3 });
    hls.on(Hls.Events.ERROR, (/** @type {unknown} */ _event, /** @type {any} */ { fatal, type }) => {
      if (!fatal) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR) return hls.recoverMediaError();
      say("Waiting for the picture…");
      clearTimeout(timer);
      timer = setTimeout(() => hls.loadSource(address), BACK);
      return undefined;
    });
    hls.loadSource(address);
    hls.attachMedia(video);
    return () => (clearTimeout(timer), hls.destroy());
  }

  /** Browsers without Media Source Extensions play HLS by themselves. @param {string} address */
  function playNatively(address) {
    if (!video.canPlayType(NATIVE)) throw new Error("This browser can't play this show.");
    video.src = address;
    return () => video.removeAttribute("src");
  }
}
