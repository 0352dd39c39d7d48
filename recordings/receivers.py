"""What a finished recording sets off: its visitor's sockets hear of it, and staff find its outline and transcript."""

from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver

from realtime import event_log
from recordings import events, signals
from recordings.models import Recording, Transcript
from recordings.models.outline import prepare
from recordings.rooms import RecordingRoom


@receiver(signals.recording_finished)
def tell_saved(sender: object, recording: Recording, **_: Any) -> None:
    """ShopAloud says nothing of a recording in which nothing was said."""
    urls = [settings.APP_URL.rstrip("/") + path for path in recording.audio_paths]
    if urls and recording.participant is not None:
        with event_log.transaction():
            RecordingRoom.of(recording.participant).tell(events.AudioSaved(urls=urls))


@receiver(signals.recording_finished)
def prepare_replay(sender: object, recording: Recording, **_: Any) -> None:
    transaction.on_commit(partial(prepare.enqueue, recording.pk))
    Transcript.objects.ask(recording)
