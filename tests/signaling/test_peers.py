"""Two WebRTC peers reach each other by what we relay."""

import pytest

from tests.signaling import peers, people

pytestmark = pytest.mark.usefixtures("live_db")


@people.kinds
async def test_two_peers_connect(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    async with peers.connected(ann, ben) as both:
        await peers.check_words_pass(*both)


async def test_a_peer_that_comes_back_after_a_loss_connects_anew(house: people.House) -> None:
    ann, ben = await house.two()
    async with peers.connected(ann, ben) as both:
        await peers.check_words_pass(*both)
        await ben.break_off()
        await ann.hear("user-reconnecting")
        again = await house.arrive()
        await again.sit(ann.match, "ben")
        await ann.hear("user-joined")
        async with peers.connected(ann, again) as anew:
            await peers.check_words_pass(*anew)
