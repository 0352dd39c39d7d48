/** A call with one other person: both pictures, what is going on in words, and the buttons that fit. */

import { useEffect, useRef, useState } from "react";

import { useMedia } from "./useMedia";
import { useSignaling, type Place, type Signaling } from "./useSignaling";

const ENDINGS: Record<string, string> = {
  declined: "You declined the call.",
  rejected: "They declined the call.",
  missed: "They hung up before you answered.",
  invite_timeout: "Nobody answered.",
  user_busy: "They are in another call.",
  ice_failed: "The connection was lost.",
  left: "The other side has left.",
  replaced: "You have opened this call elsewhere.",
};

export function Call(place: Place) {
  const signaling = useSignaling(place);
  const media = useMedia();
  const [muted, setMuted] = useState(false);
  const [hidden, setHidden] = useState(false);
  const { send, tell } = signaling;

  useEffect(() => send("video", hidden ? null : (media.stream?.getVideoTracks()[0] ?? null)), [send, media.stream, hidden]);
  useEffect(() => send("audio", muted ? null : (media.stream?.getAudioTracks()[0] ?? null)), [send, media.stream, muted]);
  useEffect(() => tell({ microphone: !muted, camera: !hidden }), [tell, muted, hidden]);

  return (
    <section className="call" aria-label="Call">
      <Picture stream={signaling.remote} label="The other side’s picture" className="far" />
      <Picture stream={media.stream} label="Your own picture" className="near" muted />
      <p role="status">{media.problem || words(signaling)}</p>
      <div role="group" aria-label="Controls">
        <button type="button" aria-pressed={muted} onClick={() => setMuted(!muted)}>
          {muted ? "Unmute" : "Mute"}
        </button>
        <button type="button" aria-pressed={hidden} onClick={() => setHidden(!hidden)}>
          {hidden ? "Camera on" : "Camera off"}
        </button>
        <Acts {...signaling} />
      </div>
    </section>
  );
}

function Acts({ stage, waiting, call, accept, decline, hangUp }: Signaling) {
  if (stage === "ringing") {
    return (
      <>
        <button type="button" onClick={accept}>Accept</button>
        <button type="button" onClick={decline}>Decline</button>
      </>
    );
  }
  if (stage === "calling" || stage === "talking" || waiting) {
    return <button type="button" onClick={hangUp}>{stage === "talking" ? "Hang up" : "Cancel"}</button>;
  }
  return <button type="button" onClick={call} disabled={["entering", "full", "refused"].includes(stage)}>Call</button>;
}

function Picture({ stream, label, className, muted = false }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} className={className} aria-label={label} autoPlay playsInline muted={muted} />;
}

interface PictureProps {
  stream: MediaStream | null;
  label: string;
  className: string;
  muted?: boolean;
}

function words({ status, stage, ending, waiting, connection, quality, about }: Signaling): string {
  if (stage === "over") return ENDINGS[ending] ?? "The call has ended.";
  if (stage === "talking") {
    if (connection !== "connected") return connection === "reconnecting" ? "Reconnecting…" : "Connecting…";
    const off = about.camera === false ? "Their camera is off. " : "";
    return `${off}${quality ? `The connection is ${quality.level}.` : "Connected."}`;
  }
  if (status.state !== "open") return "Connecting to the server…";
  if (waiting) return "Waiting for the other side.";
  if (stage === "ringing") return "Someone is calling.";
  if (stage === "calling") return "Calling…";
  if (stage === "full") return "Two others are in this call.";
  if (stage === "refused") return "This call is not open to you.";
  return stage === "together" ? "The other side is here." : "Nobody else is here yet.";
}
