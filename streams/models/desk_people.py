"""Keeping people from speaking, or from coming, and taking back all that they have said."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import event_log
from realtime.models import Presence, Restriction
from streams import chat_broadcasts
from streams.models.act import ModerationAct, Verb
from streams.models.desk import DeskBase, Person

KINDS = {Verb.MUTE: Restriction.Kind.MUTE, Verb.BAN: Restriction.Kind.BAN, Verb.SHADOW: Restriction.Kind.SHADOW}
MAX_MINUTES = 525_600  # a year; what is to last longer is for good


def end_of(minutes: int | None) -> datetime | None:
    return None if minutes is None else timezone.now() + timedelta(minutes=minutes)


class People(DeskBase):
    """What is done to people."""

    @event_log.verb
    def restrict(self, verb: Verb, person: Person, minutes: int | None = None, reason: str = "") -> ModerationAct:
        """Mutes, bans or shadows somebody in this show, for so many minutes or for good.

        It holds for the browser and, for a while, for everybody new from the address with which they are here.
        """
        self.check(verb.right)
        self.check_outranks(person)
        visitor, address = Presence.objects.whereabouts(person.key, self.stream.room_key)
        if not address:  # Customers of old clients are in the lobby instead, and others have gone.
            visitor, address = Presence.objects.whereabouts(person.key)
        restriction = Restriction(
            kind=KINDS[verb],
            identity=person.key,
            room=self.stream.room_key,
            reason=reason,
            until=end_of(minutes),
            visitor=visitor,
            address=address or person.address,
        )
        restriction.impose()
        return self.write_down(verb, person.key, reason=reason, restriction=restriction.pk, minutes=minutes)

    @event_log.verb
    def lift(self, restriction: Restriction, reason: str = "") -> ModerationAct:
        """Ends a restriction in this show."""
        self.check(Verb.LIFT.right)
        self.check_outranks(person_of(restriction))
        facts = facts_of(restriction)
        whom = restriction.identity
        restriction.lift()
        return self.write_down(Verb.LIFT, whom, reason=reason, restriction=facts)

    @event_log.verb
    def delete_all(self, person: Person, reason: str = "") -> ModerationAct:
        """Takes back everything that somebody has said in this show."""
        self.check(Verb.DELETE_ALL.right)
        self.check_outranks(person)
        messages = list(self.stream.messages.filter(author=person.key, deleted=False).order_by("seq"))
        at = timezone.now()
        self.stream.messages.filter(pk__in=[message.pk for message in messages]).update(deleted=True, removed_at=at)
        chat_broadcasts.chat_removed(self.stream, messages)
        self.settle_reports(messages)
        self.stream.held_messages.waiting().filter(author=person.key).update(status="refused", settled_at=at)
        return self.write_down(
            Verb.DELETE_ALL, person.key, reason=reason, removedAt=at.isoformat(), count=len(messages)
        )

    def settle_reports(self, messages: list[Any]) -> None:
        """What was reported of messages that are gone needs no look any more."""
        self.stream.reports.open().filter(message__in=messages).update(status="resolved")


def person_of(restriction: Restriction) -> Person:
    """Whom a restriction means, for the comparison of ranks."""
    user_id = identities.user_id_of(restriction.identity)
    user = None if user_id is None else User.objects.filter(pk=user_id).first()
    return Person(restriction.identity, user.username if user else "this person", user)


def facts_of(restriction: Restriction) -> dict[str, Any]:
    """What it takes to impose it again."""
    ends = {name: getattr(restriction, name) for name in ("until", "address_until")}
    return {
        **{name: getattr(restriction, name) for name in ("kind", "identity", "visitor", "address", "reason")},
        **{name: end and end.isoformat() for name, end in ends.items()},
    }


def from_facts(room: str, facts: dict[str, Any]) -> Restriction:
    """The opposite of `facts_of`."""
    ends = {
        name: end and datetime.fromisoformat(end) for name, end in facts.items() if name in ("until", "address_until")
    }
    return Restriction(room=room, **{**facts, **ends})
