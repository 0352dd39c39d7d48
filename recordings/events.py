"""What is told of recordings."""

from realtime import events
from recordings import wire


class AudioSaved(events.Event, tag="audio-saved"):
    urls: list[str]

    def shopaloud(self) -> wire.AudioSaved:
        return wire.AudioSaved(audio_urls=self.urls)
