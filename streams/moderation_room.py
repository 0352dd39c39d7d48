"""The room of those who keep order in a show."""

from datetime import timedelta
from uuid import UUID

from accounts import identity as identities
from realtime import rooms
from rest.ids import CANONICAL
from streams.models import Stream
from streams.models.act import Right
from streams.models.desk import DeskBase

KEEPER = "moderator"


class ModerationRoom(rooms.Room):
    """They are told that something waits for them, and read over REST what it is."""

    kind = "moderation"
    ids = CANONICAL
    dialects = ("moderation",)
    retention = timedelta(days=1)

    def admits(self, identity: identities.Identity) -> str:
        stream = Stream.objects.seen_by(identity).find(UUID(self.id))
        if not DeskBase(stream, identity).may(Right.MODERATORS):
            raise Stream.DoesNotExist("Room not found")
        stream.check_admits(identity)
        return KEEPER
