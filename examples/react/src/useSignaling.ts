/** A seat in a match as React state: it is taken while the component is there, and everything it tells is in what the hook returns. */

import { useCallback, useEffect, useMemo, useState } from "react";

import { Vitrine, type Status } from "./vitrine/realtime/client.js";
import { Match, type Stage } from "./vitrine/signaling/match.js";
import type { Peer, State } from "./vitrine/realtime/peer.js";
import type { Quality } from "./vitrine/realtime/quality.js";
import type { Seat } from "./vitrine/signaling/registration.js";
import { seatOf } from "./vitrine/signaling/seat.js";
import type { About } from "./vitrine/signaling/talk.js";

export interface Place {
  /** The address of the Vitrine server, such as `http://127.0.0.1:8000`. */
  server: string;
  matchId: string;
  /** An account's access token; without one the caller is a guest. */
  token?: string;
}

export interface Signaling {
  /** How the socket stands. */
  status: Status;
  /** How the call stands. */
  stage: Stage;
  /** Why it is over. */
  ending: string;
  /** Whether a call begins as soon as somebody comes. */
  waiting: boolean;
  /** What comes from the other side, once there is a call. */
  remote: MediaStream | null;
  /** How the connection to the other side stands. */
  connection: State | null;
  quality: Quality | null;
  /** What the other side tells about itself. */
  about: About;
  call: () => void;
  accept: () => void;
  decline: () => void;
  hangUp: () => void;
  /** Sends this track of its kind from now on; null sends none. */
  send: (kind: "audio" | "video", track: MediaStreamTrack | null) => void;
  /** Tells the other side about this one. */
  tell: (about: About) => void;
}

type Told = Pick<Signaling, "stage" | "ending" | "waiting" | "remote" | "connection" | "quality" | "about">;

const NOTHING: Told = {
  stage: "entering",
  ending: "",
  waiting: false,
  remote: null,
  connection: null,
  quality: null,
  about: {},
};

export function useSignaling({ server, matchId, token }: Place): Signaling {
  const [status, setStatus] = useState<Status>({ state: "idle" });
  const [told, setTold] = useState<Told>(NOTHING);
  const [match, setMatch] = useState<Match | null>(null);

  useEffect(() => {
    const learn = (news: Partial<Told>) => setTold((known) => ({ ...known, ...news }));
    const client = new Vitrine({ url: `${server}/ws/`, ...(token ? { token } : {}) });
    const entered = new Match(client, { matchId, ...seatFor(matchId, token), configure: () => iceServers(server, token) });
    const stops = [
      client.watch(setStatus),
      entered.on("stage", (stage) => learn({ stage, ending: entered.ending, waiting: entered.waiting })),
      entered.on("about", (about) => learn({ about })),
      entered.on("peer", (peer) => follow(peer, learn)),
    ];
    entered.enter();
    client.connect();
    setMatch(entered);
    return () => {
      for (const stop of stops) stop();
      entered.leave();
      client.close();
      setMatch(null);
      setTold(NOTHING);
    };
  }, [server, matchId, token]);

  const send = useCallback<Signaling["send"]>((kind, track) => void match?.send(kind, track), [match]);
  const tell = useCallback<Signaling["tell"]>((about) => match?.tell(about), [match]);
  const acts = useMemo(
    () => ({
      call: () => match?.call(),
      accept: () => match?.accept(),
      decline: () => match?.decline(),
      hangUp: () => match?.hangUp(),
    }),
    [match],
  );
  return { status, ...told, ...acts, send, tell };
}

function follow(peer: Peer, learn: (news: Partial<Told>) => void) {
  learn({ remote: peer.remote, connection: peer.state, quality: null });
  peer.on("state", (connection) => learn({ connection }));
  peer.on("quality", (quality) => learn({ quality }));
}

/** A guest keeps the seat in this tab; an account has its own everywhere, which its token proves. */
function seatFor(matchId: string, token?: string): { seat: Seat; keep: (seat: Seat) => void } {
  const seat = seatOf(matchId, token ? accountOf(token) : null);
  return { seat: seat.read(), keep: seat.keep };
}

function accountOf(token: string): number {
  const claims: { userId: number } = JSON.parse(atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")));
  return claims.userId;
}

async function iceServers(server: string, token?: string): Promise<RTCConfiguration> {
  const answer = await fetch(`${server}/api/ice-servers`, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  if (!answer.ok) throw new Error(`No ICE servers: ${answer.status}`);
  return answer.json();
}
