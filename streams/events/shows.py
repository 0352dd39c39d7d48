"""What happens to a show and in it.

A stored tag keeps its spelling when its class is renamed; see `realtime.events`.
"""

from collections.abc import Iterable

from realtime import events, limits, wire
from streams.wire import bazaar, wrencos

MANY = 50  # from this number of people on, counts are told at most once a second
STATS_INTERVAL = 0.2  # seconds that pass at least between two reaction-stats of a show


class Started(events.Event, tag="started"):
    """The show went live for the first time."""

    stream_id: str
    channel_name: str
    at: str

    def bazaar(self) -> bazaar.StreamStarted:
        return bazaar.StreamStarted(
            session_id=self.stream_id, channel_name=self.channel_name, status="live", started_at=self.at
        )


class Featured(events.Event, tag="headlined"):
    """The show is the current one from now on. The log has the same for everyone; `Likers` says who likes it."""

    data: wrencos.StreamData

    def wrencos(self) -> wrencos.StreamStarted:
        return wrencos.StreamStarted(stream_data=self.data)


class Paused(events.Event, tag="paused"):
    stream_id: str

    def bazaar(self) -> bazaar.StreamPaused:
        return bazaar.StreamPaused(session_id=self.stream_id, status="paused")

    def wrencos(self) -> wrencos.StreamUpdate:
        return wrencos.StreamUpdate(status="paused")


class Resumed(events.Event, tag="resumed"):
    stream_id: str

    def bazaar(self) -> bazaar.StreamResumed:
        return bazaar.StreamResumed(session_id=self.stream_id, status="live")

    def wrencos(self) -> wrencos.StreamUpdate:
        return wrencos.StreamUpdate(status="live")


class Ended(events.Event, tag="ended"):
    stream_id: str
    at: str

    def bazaar(self) -> bazaar.StreamEnded:
        return bazaar.StreamEnded(session_id=self.stream_id, status="ended", ended_at=self.at)

    def wrencos(self) -> wrencos.StreamStopped:
        return wrencos.StreamStopped(stream_id=self.stream_id, stream_data={"streamId": self.stream_id})


class HostAway(events.Event, tag="host-away"):
    """The host of the live show has no connection left, or is back."""

    stream_id: str
    away: bool

    def bazaar(self) -> bazaar.HostAway:
        return bazaar.HostAway(session_id=self.stream_id, away=self.away)


class Revised(events.Event, tag="revised"):
    """What people read about the show, or the rules of its chat, have changed."""

    stream_id: str
    title: str
    description: str
    category: str
    tags: str
    slow_mode: int
    guest_chat: bool
    frozen: bool = False
    links_by_moderators: bool = False
    hold_messages: bool = False
    account_minutes: int = 0
    reaction_kinds: list[str] = []
    starts_at: str | None = None
    time_zone: str = ""
    cover: str = ""
    language: str = ""

    def bazaar(self) -> bazaar.SessionUpdated:
        return bazaar.SessionUpdated(
            session_id=self.stream_id,
            title=self.title,
            description=self.description or None,
            category=self.category or None,
            tags=self.tags.split(",") if self.tags else [],
            slow_mode=self.slow_mode,
            guest_chat=self.guest_chat,
            frozen=self.frozen,
            links_by_moderators=self.links_by_moderators,
            hold_messages=self.hold_messages,
            account_minutes=self.account_minutes,
            reaction_kinds=self.reaction_kinds,
            starts_at=self.starts_at,
            time_zone=self.time_zone or None,
            cover=self.cover or None,
            language=self.language or None,
        )


class Reacted(events.Transient, tag="reacted"):
    """Reactions that viewers see float by."""

    kinds: list[str]
    at: str

    def capped(self, room: str) -> "Reacted | None":
        """Keeps as many as eyes could follow; the totals count all."""
        shown = limits.take_available("shown-reaction", {"room": room}, len(self.kinds))
        return Reacted(kinds=self.kinds[:shown], at=self.at) if shown else None

    def bazaar(self) -> Iterable[bazaar.NewReaction]:
        return [bazaar.NewReaction(kind=kind, timestamp=self.at) for kind in self.kinds]


class ReactionsCounted(events.Latest, tag="reactions-counted"):
    stream_id: str
    counts: dict[str, int]

    def min_interval(self) -> float:
        return STATS_INTERVAL

    def bazaar(self) -> bazaar.ReactionStats:
        total = sum(self.counts.values())
        percentages = {kind: round(100 * count / total) for kind, count in self.counts.items()}
        return bazaar.ReactionStats(session_id=self.stream_id, percentages=percentages, counts=self.counts, total=total)


def count_interval(count: int) -> float:
    return 0.0 if count < MANY else 1.0


class ViewersCounted(events.Latest, tag="viewers-counted"):
    count: int

    def min_interval(self) -> float:
        return count_interval(self.count)

    def bazaar(self) -> bazaar.ViewerCount:
        return bazaar.ViewerCount(data=self.count)


class CustomersCounted(events.Latest, tag="customers-counted"):
    """How many different customers are registered now."""

    count: int

    def min_interval(self) -> float:
        return count_interval(self.count)

    def wrencos(self) -> wrencos.StreamUpdate:
        return wrencos.StreamUpdate(viewer_count=self.count)


class LikesCounted(events.Latest, tag="likes-counted"):
    stream_id: str
    count: int

    def min_interval(self) -> float:
        return count_interval(self.count)

    def bazaar(self) -> bazaar.LikesUpdated:
        return bazaar.LikesUpdated(session_id=self.stream_id, likes=self.count)

    def wrencos(self) -> wrencos.StreamUpdate:
        return wrencos.StreamUpdate(likes=self.count, liked_by=[wire.PERSONAL_SLOT])


class Likers(events.Personalisation, tag="likers"):
    """Who has begun (True) or ceased (False) to like the show: whether they read their own id beside the next count."""

    likes: dict[str, bool]
    everyone: bool = False  # True: those who are not named do not like it

    def applies_to(self, personal_key: str) -> bool | None:
        return self.likes.get(personal_key, False if self.everyone else None)


class HandRaised(events.Transient, tag="hand-raised"):
    """A viewer has raised a hand, or lowered it. Only the creator is told."""

    stream_id: str
    user_id: int | None
    name: str
    raised: bool

    def bazaar(self) -> bazaar.HandRaised:
        return bazaar.HandRaised(
            session_id=self.stream_id, user_id=self.user_id, user_name=self.name, raised=self.raised
        )


class CountsReported(events.Transient, tag="admin-said"):
    """An admin's page reports counts as it sees them. They are relayed, not believed."""

    viewer_count: int | None
    likes: int | None

    def wrencos(self) -> wrencos.StreamUpdate:
        update = wrencos.StreamUpdate()
        if self.viewer_count is not None:
            update.viewer_count = self.viewer_count
        if self.likes is not None:
            update.likes = self.likes
        return update
