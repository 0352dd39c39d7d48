"""Finding sessions, opening new ones, and ending those whose time is over."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils import crypto, timezone

from realtime import event_log
from realtime.models import Room
from shopping import bounds, nanoid
from shopping.models.participant import Admission, JoinRequest, Participant

if TYPE_CHECKING:
    from shopping.models.session import ShoppingSession

KEPT = timedelta(days=30)  # An ended session is kept so long, without its log.
CHUNK = 200  # So many sessions are deleted at a time.

ID = rf"sess_[\w-]{{{nanoid.SESSION}}}"  # a regular expression


def new_id() -> str:
    return f"sess_{nanoid.new(nanoid.SESSION)}"


def id_of(author: str, op: str) -> str:
    """The id of the session that `author` opens with the message `op`: the same one however often it comes."""
    noise = crypto.salted_hmac("shopping.session", f"{author} {op}").digest()
    return f"sess_{nanoid.spell(noise[: nanoid.SESSION])}"


def lifetime() -> datetime:
    return timezone.now() + settings.PARTY_TTL


class ShoppingSessionQuerySet(models.QuerySet["ShoppingSession"]):
    def find(self, id: str) -> "ShoppingSession":
        """The session, if it goes on; raises DoesNotExist. One whose time is over is ended by whoever asks for it."""
        session = self.filter(pk=id).select_related("host").first() if re.fullmatch(ID, id, re.ASCII) else None
        if session is not None and not session.is_on:
            session.expire()
        if session is None or not session.is_on:
            raise self.model.DoesNotExist("Session not found")
        return session

    def going_on(self) -> Self:
        return self.filter(ended_at=None, expires_at__gt=timezone.now())

    def expired(self) -> Self:
        return self.filter(ended_at=None, expires_at__lte=timezone.now())

    def end_expired(self) -> int:
        """Ends the sessions whose time is over; returns how many."""
        sessions = list(self.expired())
        for session in sessions:
            session.expire()
        return len(sessions)

    def delete_ended(self) -> int:
        """Deletes the sessions that ended long ago, with their rooms; returns how many."""
        deleted, ended = 0, self.filter(ended_at__lt=timezone.now() - KEPT)
        while old := list(ended[:CHUNK]):
            Room.objects.filter(key__in=[session.room_key for session in old]).delete()
            self.filter(pk__in=[session.pk for session in old]).delete()
            deleted += len(old)
        return deleted

    def erase(self, identity: str) -> int:
        """Forgets the names of `identity`, an Identity's key, and what they have said of the sessions they opened."""
        self.filter(owner__identity=identity).update(metadata={})
        return Participant.objects.erase(identity)

    def touch(self, ids: Iterable[str]) -> None:
        """Begins the time of these sessions anew, because something has happened in them."""
        self.going_on().filter(pk__in=list(ids)).update(expires_at=lifetime())

    @event_log.verb
    def open(
        self, creator: JoinRequest, metadata: dict[str, Any] | None = None, op: str | None = None, show_id: str = ""
    ) -> Admission:
        """Opens a session; its creator is the host, and is expected there if they have no connection yet.

        The same `op` of the same person again admits them to the session that it opened. Raises ValidationError.
        """
        key = id_of(creator.identity.address, op) if op else new_id()
        if op and (opened := self.filter(pk=key).first()) is not None:
            return opened.join(creator)
        bounds.check_metadata(metadata or {})
        session = self.create(pk=key, metadata=metadata or {}, show_id=show_id, expires_at=lifetime())
        host = Participant(session=session, identity=creator.identity.address, expected=not creator.connection)
        host.arrive(creator)
        session.host = session.owner = host
        session.save(update_fields=["host", "owner"])
        return Admission(host, event=None)

    def join(self, id: str, request: JoinRequest) -> Admission:
        """Admits someone to a session; raises as `find` and `ShoppingSession.join` do."""
        return self.find(id).join(request)
