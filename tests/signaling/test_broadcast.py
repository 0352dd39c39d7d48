"""Who sends, who sees and who waits: a broadcast's own rules, as the facts that follow from what happens to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.dispatch import Signal

from signaling import signals
from signaling.models import Broadcast, Peer

pytestmark = pytest.mark.django_db

SHOW, ROOM, FOLLOWERS = "a-show", "broadcast:a-show", "broadcast:main"

Fact = tuple[Any, ...]


class Facts:
    """What was told, each as (fact, broadcaster, viewers in order, ...)."""

    def __init__(self) -> None:
        self.told: list[Fact] = []

    def offered(self, broadcaster: Peer, viewers: list[Peer], **_: Any) -> None:
        self._note("offered", broadcaster, viewers)

    def admitted(self, broadcaster: Peer, viewers: list[Peer], **_: Any) -> None:
        self._note("admitted", broadcaster, viewers)

    def queued(self, broadcaster: Peer, viewers: list[Peer], slots: int, **_: Any) -> None:
        self._note("queued", broadcaster, viewers)

    def departed(self, broadcaster: Peer, viewers: list[Peer], **_: Any) -> None:
        self._note("departed", broadcaster, viewers)

    def stopped(self, broadcaster: Peer, viewers: list[Peer], reason: str, **_: Any) -> None:
        self._note("stopped", broadcaster, viewers, reason)

    def _note(self, fact: str, broadcaster: Peer, viewers: list[Peer], *more: str) -> None:
        if viewers or more:
            self.told.append((fact, broadcaster.name, [viewer.name for viewer in viewers], *more))

    def new(self) -> list[Fact]:
        told, self.told = self.told, []
        return told


@pytest.fixture
def facts() -> Iterator[Facts]:
    facts = Facts()
    heard: dict[Signal, Callable[..., None]] = {
        signals.broadcast_offered: facts.offered,
        signals.viewers_admitted: facts.admitted,
        signals.viewers_queued: facts.queued,
        signals.viewers_departed: facts.departed,
        signals.broadcast_stopped: facts.stopped,
    }
    for signal, hear in heard.items():
        signal.connect(hear)
    yield facts
    for signal, hear in heard.items():
        signal.disconnect(hear)


def peer(name: str, role: str = "viewer", room: str = ROOM, **fields: Any) -> Peer:
    fields = {"connection": f"connection-{name}", "identity": f"visitor:{name}"} | fields
    return Peer(name=name, role=role, room=room, **fields)


def come(*peers: Peer, channel: str = SHOW) -> None:
    with transaction.atomic():
        Broadcast.objects.lock(channel).admit(peers)


def host(name: str = "host", **fields: Any) -> Peer:
    return peer(name, "broadcaster", **fields)


def go(name: str, room: str = ROOM) -> None:
    Broadcast.objects.leave(room, [f"connection-{name}"])


def lose(name: str, room: str = ROOM) -> None:
    Broadcast.objects.lose(room, [f"connection-{name}"])


def wait_out_the_grace() -> None:
    Peer.objects.filter(kept_until__isnull=False).update(kept_until=Now())
    Broadcast.objects.release()


def roles() -> dict[str, str]:
    return dict(Peer.objects.exclude(role="viewer").values_list("name", "role"))


def start(name: str = "host") -> None:
    Broadcast.objects.start(f"connection-{name}")


def state(channel: str = SHOW) -> str:
    return Broadcast.objects.get(channel=channel).state


def a_while_ago() -> None:
    """Whoever has met so far did not do so just now."""
    Peer.objects.update(met_at="2020-01-01T00:00Z")


# --- coming and going


def test_viewers_who_waited_are_named_to_the_broadcaster_who_comes(facts: Facts) -> None:
    come(peer("ann"), peer("ben"))
    assert facts.new() == []
    come(host())
    assert facts.new() == [("offered", "host", ["ann", "ben"]), ("admitted", "host", ["ann", "ben"])]


def test_a_viewer_who_comes_later_is_named_when_it_comes(facts: Facts) -> None:
    come(host())
    come(peer("ann"))
    assert facts.new() == [("offered", "host", ["ann"]), ("admitted", "host", ["ann"])]


def test_who_waited_before_the_camera_was_on_is_named_again_when_it_starts(facts: Facts) -> None:
    come(peer("ann"))
    come(host())
    a_while_ago()
    facts.new()
    start()
    assert facts.new() == [("offered", "host", ["ann"]), ("admitted", "host", ["ann"])]
    assert state() == "live"


def test_a_client_that_registers_and_starts_at_once_is_told_of_a_viewer_once(facts: Facts) -> None:
    come(peer("ann"))
    come(host())
    start()
    assert [fact for fact in facts.new() if fact[0] == "admitted"] == [("admitted", "host", ["ann"])]


def test_starting_what_is_live_names_nobody_again(facts: Facts) -> None:
    come(peer("ann"), host())
    start()
    a_while_ago()
    facts.new()
    start()
    assert facts.new() == [("offered", "host", ["ann"])]


def test_what_has_stopped_can_start_again(facts: Facts) -> None:
    come(host(), peer("ann"))
    start()
    facts.new()
    Broadcast.objects.stop("connection-host")
    come(peer("ben"))
    assert facts.new() == [("stopped", "host", ["ann"], "stopped")]
    start()
    assert facts.new() == [("offered", "host", ["ann", "ben"]), ("admitted", "host", ["ann", "ben"])]


def test_stopping_twice_says_so_once(facts: Facts) -> None:
    come(host(), peer("ann"))
    Broadcast.objects.stop("connection-host")
    facts.new()
    Broadcast.objects.stop("connection-host")
    assert facts.new() == []


def test_only_the_broadcaster_starts_and_stops() -> None:
    come(host(), peer("ann"))
    for verb in (Broadcast.objects.start, Broadcast.objects.stop):
        for connection in ("connection-ann", "connection-nobody"):
            with pytest.raises(PermissionDenied, match="Register as the broadcaster first"):
                verb(connection)


def test_a_broadcaster_who_leaves_takes_the_picture_along(facts: Facts) -> None:
    come(host(), peer("ann"))
    facts.new()
    go("host")
    assert facts.new() == [("stopped", "host", ["ann"], "left")]
    assert state() == "stopped"
    assert [one.name for one in Peer.objects.all()] == ["ann"]


def test_a_viewer_who_leaves_is_told_of(facts: Facts) -> None:
    come(host(), peer("ann"), peer("ben"))
    facts.new()
    go("ann")
    assert facts.new() == [("departed", "host", ["ann"])]


def test_a_second_broadcaster_stands_by_until_it_starts(facts: Facts) -> None:
    come(host("one"), peer("ann"))
    start("one")
    facts.new()
    come(host("two"))
    come(peer("ben"))
    assert facts.new() == [("offered", "one", ["ben"]), ("admitted", "one", ["ben"])]
    assert facing("two", "ann") is None
    start("two")
    assert facts.new() == [
        ("stopped", "one", ["ann", "ben"], "replaced"),
        ("offered", "two", ["ann", "ben"]),
        ("admitted", "two", ["ann", "ben"]),
    ]
    assert roles() == {"one": "standby", "two": "broadcaster"}
    start("one")
    assert facts.new()[0] == ("stopped", "two", ["ann", "ben"], "replaced")
    assert facing("one", "ann") == ("one", "ann")


def test_who_stands_by_has_the_place_when_it_is_free(facts: Facts) -> None:
    come(host("one"), peer("ann"))
    come(host("two"))
    facts.new()
    go("one")
    assert facts.new() == [
        ("stopped", "one", ["ann"], "left"),
        ("offered", "two", ["ann"]),
        ("admitted", "two", ["ann"]),
    ]


def test_who_stands_by_no_longer_does_not(facts: Facts) -> None:
    come(host("one"), peer("ann"))
    come(host("two"))
    Broadcast.objects.stop("connection-two")
    facts.new()
    go("one")
    assert facts.new() == [("stopped", "one", ["ann"], "left")]


def test_a_lost_broadcaster_who_comes_back_in_time_has_its_place(facts: Facts) -> None:
    come(host(), peer("ann"))
    start()
    facts.new()
    lose("host")
    come(peer("ben"))
    come(host("other"))
    assert facts.new() == []
    come(host(connection="connection-new"))
    assert facts.new() == [("offered", "host", ["ann", "ben"]), ("admitted", "host", ["ann", "ben"])]
    wait_out_the_grace()
    assert facts.new() == []
    assert roles() == {"host": "broadcaster", "other": "standby"}


def test_under_another_name_too(facts: Facts) -> None:
    come(host(), peer("ann"))
    start()
    a_while_ago()
    lose("host")
    facts.new()
    come(host("again", identity="visitor:host"))
    assert facts.new() == [("offered", "again", ["ann"]), ("admitted", "again", ["ann"])]
    assert roles() == {"again": "broadcaster"}
    a_while_ago()
    start("again")
    assert ("admitted", "again", ["ann"]) in facts.new()


def test_another_page_of_the_same_person_does_not_take_a_kept_place(facts: Facts) -> None:
    """As after the death of a process to which both pages were connected."""
    come(host(), peer("ann"))
    come(host("other", identity="visitor:host"))
    facts.new()
    lose("host")
    lose("other")
    come(host("other", identity="visitor:host", connection="connection-new"))
    assert facts.new() == []
    come(host(connection="connection-newer"))
    assert roles() == {"host": "broadcaster", "other": "standby"}


def test_a_broadcaster_who_does_not_come_back_in_time_has_left(facts: Facts) -> None:
    come(host(), peer("ann"))
    lose("host")
    facts.new()
    Broadcast.objects.release()
    assert facts.new() == []
    wait_out_the_grace()
    assert facts.new() == [("stopped", "host", ["ann"], "left")]
    assert [one.name for one in Peer.objects.all()] == ["ann"]


def test_a_place_is_not_kept_where_nobody_sees_the_picture(facts: Facts) -> None:
    come(host("one"), peer("ann"))
    lose("one")
    come(peer("ben"))
    facts.new()
    lose("ann")
    assert roles() == {}
    come(host("two"))
    lose("two")
    assert roles() == {"two": "broadcaster"}
    lose("ben")
    come(host("three"))
    lose("three")
    assert roles() == {}


def test_who_starts_does_not_wait_for_one_who_is_lost(facts: Facts) -> None:
    come(host("one"), peer("ann"))
    lose("one")
    come(host("two"))
    facts.new()
    start("two")
    assert [(fact[0], fact[1]) for fact in facts.new()] == [("stopped", "one"), ("offered", "two"), ("admitted", "two")]
    assert roles() == {"two": "broadcaster"}


def test_the_same_broadcaster_on_a_new_connection_goes_on(facts: Facts) -> None:
    come(host(), peer("ann"))
    start()
    facts.new()
    come(host(connection="connection-new"))
    assert facts.new() == [("offered", "host", ["ann"]), ("admitted", "host", ["ann"])]
    go("host")
    assert facts.new() == []
    Broadcast.objects.stop("connection-new")


def test_the_database_knows_one_broadcaster_of_each_show() -> None:
    come(host("one"))
    broadcast = Broadcast.objects.get(channel=SHOW)
    with pytest.raises(IntegrityError):
        host("two", broadcast=broadcast).save()


def test_each_show_has_its_own_broadcaster(facts: Facts) -> None:
    come(host("one"), peer("ann"))
    come(host("two", room="broadcast:b"), peer("ben", room="broadcast:b"), channel="b")
    named = [fact for fact in facts.new() if fact[0] == "admitted"]
    assert named == [("admitted", "one", ["ann"]), ("admitted", "two", ["ben"])]


# --- names


def test_a_name_that_somebody_else_has_is_told_apart(facts: Facts) -> None:
    come(host(), peer("ann"))
    facts.new()
    come(peer("ann", connection="0123456789ab", identity="visitor:other"))
    assert facts.new()[-1] == ("admitted", "host", ["ann~01234567"])


def test_nobody_takes_the_broadcasters_name(facts: Facts) -> None:
    come(host())
    come(peer("host", connection="0123456789ab", identity="visitor:host"))
    assert facts.new()[-1] == ("admitted", "host", ["host~01234567"])


def test_a_viewer_who_comes_back_under_its_name_keeps_its_slot(facts: Facts, settings: Any) -> None:
    settings.BROADCAST_VIEWERS = 1
    come(host(), peer("ann"), peer("ben"))
    facts.new()
    come(peer("ann", connection="connection-new"))
    assert facts.new() == [("offered", "host", ["ann"]), ("admitted", "host", ["ann"])]
    go("ann")
    assert facts.new() == []


def test_who_is_heard_of_twice_is_one(facts: Facts) -> None:
    """As after a process that had been given up for dead comes back."""
    come(host(), peer("ann"))
    come(peer("ann"), peer("ann"))
    assert Peer.objects.filter(role="viewer").count() == 1


# --- slots


def test_there_are_only_so_many_slots_and_the_next_free_one_is_for_who_waits_longest(
    facts: Facts, settings: Any
) -> None:
    settings.BROADCAST_VIEWERS = 2
    come(host())
    come(*[peer(name) for name in ("a", "b", "c", "d")])
    told = facts.new()
    assert told[1:] == [("admitted", "host", ["a", "b"]), ("queued", "host", ["c", "d"])]
    go("b")
    assert facts.new() == [("departed", "host", ["b"]), ("offered", "host", ["c"]), ("admitted", "host", ["c"])]
    go("d")
    assert facts.new() == []


def test_who_waits_for_the_broadcaster_hears_that_there_is_no_slot(facts: Facts, settings: Any) -> None:
    settings.BROADCAST_VIEWERS = 1
    come(peer("ann"), peer("ben"))
    come(host())
    assert facts.new()[1:] == [("admitted", "host", ["ann"]), ("queued", "host", ["ben"])]


def test_only_so_many_wait(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BROADCAST_VIEWERS = 1
    monkeypatch.setattr("signaling.models.broadcast_queryset.MAX_WAITING", 1)
    come(peer("ann"))
    assert not Broadcast.objects.is_full(SHOW)
    come(peer("ben"))
    assert Broadcast.objects.is_full(SHOW)


# --- signals


def facing(sender: str, name: str) -> tuple[str, str] | None:
    found = Peer.objects.facing(f"connection-{sender}", name)
    return found and (found[0], found[1].name)


def test_broadcaster_and_viewers_signal_to_each_other_and_nobody_else_does(settings: Any) -> None:
    settings.BROADCAST_VIEWERS = 2
    come(host(), peer("ann"), peer("ben"), peer("waiting"))
    come(host("other", room="broadcast:b"), channel="b")
    assert facing("host", "ann") == ("host", "ann")
    assert facing("ann", "host") == ("ann", "host")
    for sender, name in [
        ("ann", "ben"),
        ("ann", "other"),
        ("ann", "nobody"),
        ("ann", "ann"),
        ("nobody", "host"),
        ("waiting", "host"),
        ("host", "waiting"),
        ("other", "ann"),
    ]:
        assert facing(sender, name) is None, (sender, name)


# --- the current show, which may change


def follower(name: str, role: str = "viewer") -> Peer:
    return peer(name, role, room=FOLLOWERS)


def switch(to: str, may_send: bool = True) -> None:
    Broadcast.objects.switch(FOLLOWERS, to, lambda _: may_send)


def test_followers_and_their_broadcaster_go_to_the_current_show_without_a_break(facts: Facts) -> None:
    come(follower("host", "broadcaster"), follower("ann"), channel="main")
    start()
    come(peer("ben"))
    facts.new()
    switch(SHOW)
    assert facts.new() == [("offered", "host", ["ben"]), ("admitted", "host", ["ben"])]
    assert (state("main"), state(SHOW)) == ("stopped", "live")
    switch("main")
    assert facts.new() == [("stopped", "host", ["ben"], "left")]
    assert facing("ann", "host") == ("ann", "host")


def test_followers_see_the_broadcaster_whom_the_show_has(facts: Facts) -> None:
    come(follower("ann"), channel="main")
    come(host())
    facts.new()
    switch(SHOW)
    assert facts.new() == [("offered", "host", ["ann"]), ("admitted", "host", ["ann"])]
    switch("main")
    assert facts.new() == [("stopped", "host", ["ann"], "left")]


@pytest.mark.parametrize("others", [True, False])
def test_a_broadcaster_who_follows_stops_where_it_may_not_send_or_another_does(facts: Facts, others: bool) -> None:
    come(follower("one", "broadcaster"), follower("ann"), channel="main")
    if others:
        come(host("two"))
    facts.new()
    switch(SHOW, may_send=others)
    assert facts.new()[0] == ("stopped", "one", ["ann"], "replaced")
    assert roles() == ({"two": "broadcaster", "one": "standby"} if others else {})


def test_those_who_go_along_keep_their_slots_before_those_who_were_there(facts: Facts, settings: Any) -> None:
    settings.BROADCAST_VIEWERS = 1
    come(peer("ben"))
    come(follower("host", "broadcaster"), follower("ann"), channel="main")
    facts.new()
    switch(SHOW)
    assert facts.new() == [("offered", "host", ["ben"]), ("queued", "host", ["ben"])]
    assert facing("host", "ann") == ("host", "ann")


def test_a_name_that_is_taken_where_followers_go_is_told_apart(facts: Facts) -> None:
    come(host(), peer("ann", identity="visitor:1"))
    come(peer("ann", room=FOLLOWERS, connection="0123456789ab", identity="visitor:2"), channel="main")
    facts.new()
    switch(SHOW)
    assert facts.new()[-1] == ("admitted", "host", ["ann~01234567"])


def test_what_is_closed_is_over_for_all(facts: Facts) -> None:
    come(host(), peer("ann"))
    start()
    facts.new()
    Broadcast.objects.close(SHOW)
    assert facts.new() == [("stopped", "host", ["ann"], "ended")]
    assert not Peer.objects.exists()
