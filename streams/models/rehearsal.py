"""A show that is tried out before it is shown: nothing is counted of it, and it can be opened to everybody."""

import uuid
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from realtime import database
from realtime.models import RoomEvent
from streams import broadcasts

if TYPE_CHECKING:
    from streams.models.stream import Stream

# What is said and done in a rehearsal, and is gone when the show is opened to everybody.
SAID = ("questions", "held_messages", "reports", "messages", "likes", "reactions", "pins", "parties")


@database.cached(seconds=1.0)
def rehearses(stream_id: uuid.UUID | str) -> bool:
    """Whether this show is a rehearsal now."""
    from streams.models.stream import Stream  # which knows this module

    return Stream.objects.filter(pk=stream_id, rehearsal=True).exists()


def open_to_everybody(stream: "Stream") -> None:
    """Makes a show of a rehearsal, as if it had not been held yet: nothing of what was said in it is left.

    The caller has locked the row. Raises ValidationError for one that is on: whoever watches would not know.
    """
    if not stream.rehearsal:
        raise ValidationError("This show is open to everybody already")
    if stream.is_on:
        raise ValidationError("End the rehearsal before you open the show to everybody")
    type(stream).objects.lock_out_writers(stream)
    stream.pinned_message = stream.active_product = stream.started_at = stream.ended_at = None
    stream.rehearsal, stream.status, stream.channel_name = False, stream.Status.SCHEDULED, ""
    stream.save()
    RoomEvent.objects.redact(stream.room_key)
    for name in SAID:
        getattr(stream, name).all().delete()
    rehearses.invalidate(stream.pk)
    broadcasts.shop_changed()
