"""Finishing a recording in the background: its pieces of audio become files. The row says what is due, and what failed.

A task may be lost with its worker. So each try leases the row: when the lease is over and the recording is not finished,
a periodic job enqueues it again.
"""

from django.apps import apps
from django_tasks import task


@task()
def finish(recording_id: str) -> None:
    """Makes files of what was said in a recording, if that is due."""
    apps.get_model("recordings.Recording").objects.finish(recording_id)


def enqueue(recording_id: str) -> None:
    finish.enqueue(recording_id)
