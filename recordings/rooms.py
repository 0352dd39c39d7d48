"""The rooms of recorded visitors, in which each is told what has become of their recordings."""

import hashlib
from datetime import timedelta

from accounts import identity as identities
from realtime import rooms
from recordings.models import Participant

PARTICIPANT = "participant"


class RecordingRoom(rooms.Room):
    """The room of one participant, on all of their pages; it admits only those who have proved to be this one."""

    kind = "recording"
    ids = "[0-9a-f]{32}"
    dialects = ("shopaloud",)
    retention = timedelta(days=1)
    only_resumable = True

    def __init__(self, id: object, owner: str = "", is_proved: bool = False) -> None:
        super().__init__(id)
        self.owner, self.is_proved = owner, is_proved

    @classmethod
    def of(cls, participant: Participant, identity: identities.Identity | None = None) -> "RecordingRoom":
        """The room of a participant, for `identity` to enter.

        A participant's id may hold any character, a room's may not.
        """
        is_proved = identity is not None and participant.identity in identity.proven
        return cls(hashlib.sha256(participant.pk.encode()).hexdigest()[:32], participant.identity, is_proved)

    def admits(self, identity: identities.Identity) -> str:
        if not self.is_proved:
            raise Participant.DoesNotExist("Room not found")
        return PARTICIPANT

    def keeps(self, identity: identities.Identity, role: str) -> str:
        """A user's log-in may have expired; a guest stays who they are."""
        if identities.user_id_of(self.owner) is not None and self.owner not in identity.proven:
            raise Participant.DoesNotExist("Room not found")
        return role
