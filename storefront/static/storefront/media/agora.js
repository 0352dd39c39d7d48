// @ts-check
/** A picture that Agora carries; its web SDK is loaded from the address that the shop's settings name. */

/** @import { Seeing, Sending, Stage } from "./providers.js" */

/** @param {string} url @returns {Promise<any>} */
async function sdk(url) {
  if (!url) throw new Error("This shop’s pages are not set up for its video yet.");
  const { AgoraRTC } = /** @type {any} */ (globalThis);
  if (AgoraRTC) return AgoraRTC;
  await new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.onload = loaded;
    script.onerror = () => failed(new Error("The video player could not be loaded. Check your connection."));
    script.src = url;
    document.head.append(script);
  });
  return /** @type {any} */ (globalThis).AgoraRTC;
}

/**
 * In the channel until stopped; the place is renewed for as long as one may stay.
 * @param {Stage} stage
 * @param {"host" | "audience"} role
 * @param {(client: any) => void} prepare
 */
async function join(stage, role, prepare) {
  const { url, appId, channelName, token, uid } = await stage.access();
  const AgoraRTC = await sdk(url);
  const client = AgoraRTC.createClient({ mode: "live", codec: "vp8" });
  await client.setClientRole(role);
  const renew = () => stage.access().then(({ token }) => client.renewToken(token)).catch((error) => stage.say(error.message));
  client.on("token-privilege-will-expire", renew);
  client.on("connection-state-change", (/** @type {string} */ state) => {
    if (state === "RECONNECTING") stage.say("The picture is coming back…");
    if (state === "CONNECTED") stage.say("");
  });
  prepare(client);
  await client.join(appId, channelName, token, uid || null);
  return { AgoraRTC, client };
}

/** @param {Seeing} stage */
export async function see(stage) {
  const picture = new MediaStream();
  const { client } = await join(stage, "audience", (client) => {
    client.on("user-published", async (/** @type {any} */ user, /** @type {string} */ kind) => {
      const track = (await client.subscribe(user, kind)).getMediaStreamTrack();
      for (const old of picture.getTracks()) if (old.kind === track.kind) picture.removeTrack(old);
      picture.addTrack(track);
      stage.show(picture);
      stage.say("");
    });
    client.on("user-left", () => stage.show(null));
  });
  if (!picture.getTracks().length) stage.say("Waiting for the picture…");
  return () => (void client.leave(), stage.say(""), stage.show(null));
}

/** @param {Sending} stage */
export async function send(stage) {
  const { devices } = stage;
  const { AgoraRTC, client } = await join(stage, "host", () => {});
  /** @type {Record<string, any>} */ const sent = {};
  const put = async (/** @type {"audio" | "video"} */ kind) => {
    const mediaStreamTrack = devices.outgoing(kind);
    if (sent[kind]) await client.unpublish(sent[kind]);
    sent[kind] = null;
    if (!mediaStreamTrack) return;
    sent[kind] = kind === "audio"
      ? AgoraRTC.createCustomAudioTrack({ mediaStreamTrack })
      : AgoraRTC.createCustomVideoTrack({ mediaStreamTrack });
    await client.publish(sent[kind]);
  };
  const changed = (/** @type {Event} */ event) => void put(/** @type {CustomEvent} */ (event).detail);
  await put("video");
  await put("audio");
  devices.addEventListener("track", changed);
  return () => (devices.removeEventListener("track", changed), void client.leave(), stage.say(""));
}
