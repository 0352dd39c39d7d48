"""What is made of a recording once it is finished: its outline, and what was said as text."""

from functools import partial
from typing import Any

from django.apps import apps
from django.db import transaction
from django.dispatch import receiver
from django_tasks import task

from recordings import sealing, signals
from recordings.models import Outline, Recording, Transcript

MAX_ROUNDS = 100  # of reading; what is left is read when the replay is opened


@task()
def prepare(recording_id: str) -> None:
    """Makes the outline, so that the replay opens at once. If this is lost, the replay makes it, but without levels."""
    recording = apps.get_model("recordings.Recording").objects.kept().filter(pk=recording_id).first()
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
def on_finished(sender: type[Recording], recording: Recording, **kwargs: Any) -> None:
    transaction.on_commit(partial(prepare.enqueue, recording.pk))
    Transcript.objects.ask(recording)
