"""What may happen, in any order: people come, write and drop out while what they depend on is killed."""

import asyncio
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from accounts import identity as identities
from streams.models import ChatMessage
from streams.rooms import ShowRoom
from tests import sockets
from tests.chaos import cluster, verdict
from tests.chaos.viewer import Viewer

R = TypeVar("R")

VIEWERS = 8
BURST = 10  # lines that two people write at the same time
SETTLE_SECONDS = 120.0  # until everyone must have heard everything: several comparisons with the log
PRESENCE_SECONDS = 60.0  # until those behind a killed process must be gone

# How often each thing happens. One rule draws from it: with a rule for each, Hypothesis would leave most out of a run.
MIX = {
    "come": 3,
    "drop": 4,
    "come_back": 5,
    "storm": 1,
    "say": 6,
    "talk_over": 4,
    "write_without_a_bell": 2,
    "take_back": 2,
    "lull": 3,
    "freeze": 2,
    "forget_redis": 2,
    "restart_redis": 2,
    "lose_redis": 2,
    "find_redis": 2,
    "kill": 1,
}


class Chance(NamedTuple):
    """What chance says of a step."""

    one: int
    other: int
    slot: int
    size: int


who = st.integers(0, VIEWERS - 1)
chances = st.builds(Chance, one=who, other=who, slot=st.integers(0, cluster.WORKERS - 1), size=st.integers(1, 40))
steps = st.sampled_from([what for what, times in MIX.items() for _ in range(times)])


class Loop:
    """An event loop that goes on while the machine thinks."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(120)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class Chaos(RuleBasedStateMachine):
    """One show, from its first viewer to the verdict. After the first bad one nothing more happens.

    No step raises: what processes do is never quite the same twice, and Hypothesis would call it flaky, and hide it.
    """

    def __init__(self, home: cluster.Cluster, loop: Loop, counts: Counter[str], faults: list[str]) -> None:
        super().__init__()
        self.cluster, self.loop, self.counts, self.faults = home, loop, counts, faults
        self.show = sockets.make_show()
        self.viewers: list[Viewer] = []
        self.done: list[str] = []
        self.lines = 0
        self.frozen_for = 0  # more steps
        self._do(self.begin)

    def begin(self) -> None:
        self.cluster.heal()
        for slot in [*range(cluster.WORKERS)] * 2:
            self.come(Chance(0, 0, slot, 0))

    @rule(what=steps, chance=chances)
    def step(self, what: str, chance: Chance) -> None:
        self.done.append(f"{what} {tuple(chance)}")
        self.counts[what] += 1
        self.frozen_for -= 1
        if self.frozen_for == 0:
            self.cluster.thaw()
        self._do(getattr(self, what), chance)

    def _do(self, what: Callable[..., object], *arguments: object) -> None:
        if not self.faults:
            try:
                what(*arguments)
            except Exception:
                self.faults += [traceback.format_exc(), *self.done]

    def viewer(self, number: int) -> Iterable[Viewer]:
        """That one, if anyone has come yet."""
        return [self.viewers[number % len(self.viewers)]] if self.viewers else []

    def line(self) -> str:
        self.lines += 1
        return f"line {self.lines}"

    def address(self, slot: int) -> sockets.Address:
        """Whom someone wants to enter by is not kept frozen: it would only be waited for."""
        self.cluster.thaw()
        return self.cluster.address(slot)

    # --- people

    def come(self, chance: Chance) -> None:
        if len(self.viewers) < VIEWERS:
            self.viewers.append(Viewer(f"v{len(self.viewers)}", sockets.make_user(), self.show))
            self.loop.run(self.viewers[-1].come(self.address(chance.slot)))

    def drop(self, chance: Chance) -> None:
        for viewer in self.viewer(chance.one):
            self.loop.run(viewer.go())

    def come_back(self, chance: Chance) -> None:
        for viewer in self.viewer(chance.one):
            self.loop.run(viewer.come(self.address(chance.slot)))

    def storm(self, chance: Chance) -> None:
        """Everyone comes to one process at the same time."""
        self.loop.run(_together(viewer.come(self.address(chance.slot)) for viewer in self.viewers))

    def say(self, chance: Chance) -> None:
        for viewer in self.viewer(chance.one):
            self.loop.run(viewer.say(self.line()))

    def talk_over(self, chance: Chance) -> None:
        """Two people write at the same time, through different processes perhaps."""
        speakers = [*self.viewer(chance.one), *self.viewer(chance.other)]
        self.loop.run(_together(viewer.say(self.line()) for _ in range(BURST) for viewer in speakers))

    def write_without_a_bell(self, chance: Chance) -> None:
        self._write(chance.size)

    def _write(self, lines: int) -> None:
        """From this process, whose bells reach nobody. One that is frozen may hold the room's lock."""
        self.cluster.thaw()
        author = identities.Identity(user=None, visitor="0" * 32)
        for _ in range(lines):
            ChatMessage.objects.post(self.show.stream.pk, author, self.line())

    def take_back(self, chance: Chance) -> None:
        self.cluster.thaw()
        newest = ChatMessage.objects.filter(stream=self.show.stream).order_by("-seq")
        for message in list(newest[chance.size : chance.size + 1]):
            message.erase()

    def lull(self, chance: Chance) -> None:
        time.sleep(chance.size / 200)

    # --- trouble

    def freeze(self, chance: Chance) -> None:
        self.cluster.freeze(chance.slot)
        self.frozen_for = 2  # this one and the next

    def forget_redis(self, chance: Chance) -> None:
        self.cluster.redis.forget()

    def restart_redis(self, chance: Chance) -> None:
        self.cluster.redis.kill()
        self.cluster.redis.start()

    def lose_redis(self, chance: Chance) -> None:
        self.cluster.redis.kill()

    def find_redis(self, chance: Chance) -> None:
        self.cluster.redis.start()

    def kill(self, chance: Chance) -> None:
        self.cluster.kill(chance.slot)

    # --- the verdict

    def teardown(self) -> None:
        self._do(self.end)

    def end(self) -> None:
        self.cluster.heal()
        faults = self.loop.run(self._settle())
        if self.viewers:
            self._write(1)  # the last one of the room, of which no bell tells
        truth = verdict.Truth(self.show)
        self.loop.run(self._hear(truth.last))
        faults += truth.faults()
        for viewer in self.viewers:
            faults += truth.check(viewer)
            self.counts.update(told=len(viewer.seen), resumed=viewer.resumed, jumped=len(viewer.jumps))
        faults += self._count()
        for slot in range(cluster.WORKERS):
            faults += self._read_history(truth, slot)
        self.loop.run(_together(viewer.go() for viewer in self.viewers))
        faults += self.cluster.complaints()
        connection.close()
        self.faults += [*faults, *self.done] if faults else []

    async def _settle(self) -> list[str]:
        """Everyone is there and has had every answer."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while not all(viewer.here and not viewer.pending for viewer in self.viewers):
            if time.monotonic() > deadline:
                return ["not everyone could come back and be answered"]
            for number, viewer in enumerate(self.viewers):
                if not viewer.here:
                    await viewer.come(self.cluster.address(number % cluster.WORKERS))
            await asyncio.sleep(0.05)
        return []

    async def _hear(self, last: int) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while any(viewer.position < last for viewer in self.viewers):
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(0.05)

    def _count(self) -> list[str]:
        """Whether those who watch are counted, and no one behind a killed process any more."""
        deadline = time.monotonic() + PRESENCE_SECONDS
        while (count := ShowRoom(self.show.id).presence_count().count) != len(self.viewers):
            if time.monotonic() > deadline:
                return [f"{count} are counted where {len(self.viewers)} watch"]
            time.sleep(0.1)
        return []

    def _read_history(self, truth: verdict.Truth, slot: int) -> list[str]:
        """A newcomer joins, and then reads what was before."""
        newcomer = Viewer("newcomer", sockets.make_user(), self.show)
        self.viewers.append(newcomer)
        if not self.loop.run(newcomer.come(self.cluster.address(slot))):
            return ["a newcomer was not let in"]
        return truth.check_history(self.cluster.address(slot), newcomer.began)


async def _together(coroutines: Iterable[Coroutine[Any, Any, object]]) -> None:
    await asyncio.gather(*coroutines)
