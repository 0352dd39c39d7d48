// @ts-check
/** A picture that a LiveKit server carries. */

import "../vendor/livekit-client/livekit-client.js";

/** @import { Seeing, Sending, Stage } from "./providers.js" */

const { Room, RoomEvent, Track } = /** @type {any} */ (globalThis).LivekitClient;
const BACK = 3_000; // ms after a loss that the client could not mend itself

/**
 * In the room until stopped. A place is asked for anew after each loss, so that whoever was sent away stays away.
 * @param {Stage} stage
 * @param {(room: any) => void} prepare
 * @param {(room: any) => Promise<void>} entered
 */
async function enter(stage, prepare, entered) {
  let stopped = false;
  let timer = 0;
  /** @type {any} */ let room = null;
  const again = () => {
    if (!stopped) timer = setTimeout(() => connect().catch((error) => (stage.say(error.message), again())), BACK);
  };
  const connect = async () => {
    const { url, token } = await stage.access();
    room = new Room();
    prepare(room);
    room.on(RoomEvent.Reconnecting, () => stage.say("The picture is coming back…"));
    room.on(RoomEvent.Reconnected, () => stage.say(""));
    room.once(RoomEvent.Disconnected, () => {
      if (stopped) return;
      stage.say("The connection to the picture was lost. It comes back by itself.");
      again();
    });
    await room.connect(url, token);
    await entered(room);
  };
  await connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    void room.disconnect();
    stage.say("");
  };
}

/** @param {Seeing} stage */
export async function see(stage) {
  const picture = new MediaStream();
  stage.say("Waiting for the picture…");
  const stop = await enter(
    stage,
    (room) => {
      room.on(RoomEvent.TrackSubscribed, (/** @type {any} */ { mediaStreamTrack }) => {
        picture.addTrack(mediaStreamTrack);
        stage.show(picture);
        stage.say("");
      });
      room.on(RoomEvent.TrackUnsubscribed, (/** @type {any} */ { mediaStreamTrack }) => {
        picture.removeTrack(mediaStreamTrack);
        if (!picture.getTracks().length) stage.show(null);
      });
    },
    async () => {},
  );
  return () => (stop(), stage.show(null));
}

/** @param {Sending} stage */
export async function send(stage) {
  const { devices } = stage;
  /** @type {any} */ let room = null;
  const sources = { audio: Track.Source.Microphone, video: Track.Source.Camera };
  /** @type {Map<string, any>} */ const sent = new Map();
  const put = async (/** @type {"audio" | "video"} */ kind) => {
    const track = devices.outgoing(kind);
    const before = sent.get(kind);
    if (before && before !== track) await room.localParticipant.unpublishTrack(before, false);
    if (track && before !== track) await room.localParticipant.publishTrack(track, { source: sources[kind] });
    sent.set(kind, track);
  };
  const count = () => stage.seen(room.remoteParticipants.size);
  const changed = (/** @type {Event} */ event) => void put(/** @type {CustomEvent} */ (event).detail);
  const stop = await enter(
    stage,
    (made) => {
      room = made;
      sent.clear();
      for (const event of [RoomEvent.ParticipantConnected, RoomEvent.ParticipantDisconnected]) room.on(event, count);
    },
    async () => {
      await put("video");
      await put("audio");
      count();
    },
  );
  devices.addEventListener("track", changed);
  return () => (devices.removeEventListener("track", changed), stop());
}
