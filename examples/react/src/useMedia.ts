/** One's own camera and microphone, for as long as the component is there. */

import { useEffect, useState } from "react";

export interface Media {
  stream: MediaStream | null;
  problem: string;
}

export function useMedia(): Media {
  const [media, setMedia] = useState<Media>({ stream: null, problem: "" });

  useEffect(() => {
    let gone = false;
    let opened: MediaStream | null = null;
    const open = async () => {
      opened = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: { ideal: 1280 } } });
      if (gone) stop(opened);
      else setMedia({ stream: opened, problem: "" });
    };
    open().catch((error: Error) => !gone && setMedia({ stream: null, problem: error.message }));
    return () => {
      gone = true;
      if (opened) stop(opened);
    };
  }, []);

  return media;
}

function stop(stream: MediaStream) {
  for (const track of stream.getTracks()) track.stop();
}
