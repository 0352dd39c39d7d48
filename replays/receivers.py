"""Notes what a show had in view, and when, as it changes."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from recordings import signals as recording_signals
from recordings import storage
from replays.models import Kind, Moment, VideoPart
from streams import signals
from streams.models import Stream


@receiver(signals.status_changed)
def note_status(sender: object, stream: Stream, at: datetime, **_: Any) -> None:
    Moment.objects.note(stream, Kind.STATUS, str(stream.status), at)


@receiver(signals.showcase_changed)
def note_showcase(sender: object, stream: Stream, **_: Any) -> None:
    Moment.objects.note(stream, Kind.SHOWCASE, stream.active_product_id and str(stream.active_product_id))


@receiver(signals.pins_changed)
def note_pins(sender: object, stream: Stream, product_ids: Sequence[UUID], **_: Any) -> None:
    Moment.objects.note(stream, Kind.PINS, [str(product_id) for product_id in product_ids])


@receiver(signals.message_pinned)
def note_pinned_message(sender: object, stream: Stream, **_: Any) -> None:
    Moment.objects.note(stream, Kind.PINNED_MESSAGE, stream.pinned_message_id and str(stream.pinned_message_id))


@receiver(post_delete, sender=VideoPart)
def delete_files(sender: object, instance: VideoPart, **_: Any) -> None:
    """Its key went with the row; its files follow once that is certain."""
    transaction.on_commit(partial(storage.delete_folder, instance.folder))


@receiver(recording_signals.keys_rewrapped)
def rewrap(sender: object, dry_run: bool, **_: Any) -> tuple[int, int]:
    return VideoPart.objects.rewrap(dry_run)
