"""What follows once a recording is finished: its visitor hears of it, and its replay is prepared."""

from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django_tasks import task

from realtime import event_log
from recordings import events, sealing, signals
from recordings.models import Outline, Recording, Transcript
from recordings.rooms import RecordingRoom

MAX_ROUNDS = 100  # of reading; what is left is read when the replay is opened


@receiver(signals.recording_finished)
def tell_saved(sender: object, recording: Recording, **_: Any) -> None:
    """ShopAloud says nothing of a recording in which nothing was said."""
    urls = [settings.APP_URL.rstrip("/") + path for path in recording.audio_paths]
    if urls and recording.participant is not None:
        with event_log.transaction():
            RecordingRoom.of(recording.participant).tell(events.AudioSaved(urls=urls))


@task()
def prepare(recording_id: str) -> None:
    """Makes the outline, so that the replay opens at once. If this is lost, the replay makes it, but without levels."""
    recording = Recording.objects.kept().filter(pk=recording_id).first()
    if recording is None:
        return
    try:
        for _ in range(MAX_ROUNDS):
            if Outline.objects.read_on(recording)[1]:
                break
        Outline.objects.listen(recording)
    except sealing.Damaged:
        pass  # Opening the replay says so.


@receiver(signals.recording_finished)
def prepare_replay(sender: object, recording: Recording, **_: Any) -> None:
    transaction.on_commit(partial(prepare.enqueue, recording.pk))
    Transcript.objects.ask(recording)
