// @ts-check
/** A picture that some other server streams: we play its playlist. */

import Hls from "../vendor/hls/hls.js";

/** @import { Seeing } from "./providers.js" */

const NATIVE = "application/vnd.apple.mpegurl";
const LOOK = 1_000; // ms between two looks at whether the picture moves
const STILL = 5_000; // ms after which a picture that does not move is asked for again, and then twice as long each time
const LONGEST = 60_000; // ms
const WAITING = "Waiting for the picture…";
const STOPPED = "The picture has stopped. Trying again…";

/** @param {Seeing} stage */
export async function see({ access, say, show, video }) {
  const { url, expiresAt } = await access();
  const lasts = Math.max(60_000, Date.parse(expiresAt) - Date.now() - 30_000);
  const renewing = setInterval(() => access().catch((error) => (stop(), say(error.message))), lasts);
  const { again, end } = Hls.isSupported() ? play(url) : playNatively(url);
  let [at, moved, pause] = [0, performance.now(), STILL];
  const looking = setInterval(look, LOOK);
  say(WAITING);
  return () => (stop(), show(null));

  function stop() {
    clearInterval(renewing);
    clearInterval(looking);
    end();
  }

  /** An encoder that died leaves its last picture standing, and a playlist may not have begun yet: both are asked for again. */
  function look() {
    const now = performance.now();
    if (video.currentTime !== at) {
      [at, moved, pause] = [video.currentTime, now, STILL];
      return say("");
    }
    const waits = video.paused && !video.ended && at > 0; // someone has stopped it, or the browser
    if (waits || document.hidden) return void (moved = now);
    if (now - moved < pause) return undefined;
    say(at > 0 ? STOPPED : WAITING);
    [moved, pause] = [now, Math.min(pause * 2, LONGEST) * (1 - Math.random() / 4)];
    return again();
  }

  /** @param {string} address */
  function play(address) {
    // Without a worker, whose script would come from a blob: that pages may run none keeps others' scripts out.
    const hls = new Hls({ enableWorker: false, lowLatencyMode: true, liveSyncDurationCount: 3 });
    let [lost, edge] = [false, 0];
    hls.on(Hls.Events.ERROR, (/** @type {unknown} */ _event, /** @type {any} */ { fatal, type }) => {
      if (fatal && type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else lost ||= fatal;
    });
    hls.on(Hls.Events.LEVEL_LOADED, (/** @type {unknown} */ _event, /** @type {any} */ { details }) => {
      lost ||= details.endSN < edge; // an encoder that was started anew counts from the beginning
      edge = details.endSN;
    });
    hls.loadSource(address);
    hls.attachMedia(video);
    // As long as it has lost nothing it asks for the playlist by itself; loading it anew would show its last seconds again.
    const again = () => void (lost && ([lost, edge] = [false, 0], hls.loadSource(address)));
    return { again, end: () => hls.destroy() };
  }

  /** Browsers without Media Source Extensions play HLS by themselves. @param {string} address */
  function playNatively(address) {
    if (!video.canPlayType(NATIVE)) throw new Error("This browser can't play this show.");
    video.src = address;
    const again = () => void ((video.error || video.ended) && (video.src = address));
    return { again, end: () => video.removeAttribute("src") };
  }
}
