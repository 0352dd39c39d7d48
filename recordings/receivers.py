"""Tells a visitor's sockets that a recording of theirs is finished."""

from typing import Any

from django.conf import settings
from django.dispatch import receiver

from realtime import event_log
from recordings import events, signals
from recordings.models import Recording
from recordings.rooms import RecordingRoom


@receiver(signals.recording_finished)
def tell_saved(sender: object, recording: Recording, **_: Any) -> None:
    """ShopAloud says nothing of a recording in which nothing was said."""
    urls = [settings.APP_URL.rstrip("/") + path for path in recording.audio_paths]
    if urls and recording.participant is not None:
        with event_log.transaction():
            RecordingRoom.of(recording.participant).tell(events.AudioSaved(urls=urls))
