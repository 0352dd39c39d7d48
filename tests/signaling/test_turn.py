"""What we sign opens a real coturn for a while, nothing else does, and it leads into no private network."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aioice import stun

from signaling import ice
from tests import factories
from tests.signaling import coturn

QUOTA = 12  # allocations of one user, as the configuration says


@pytest.fixture(autouse=True)
def shared_secret(settings: Any) -> None:
    settings.TURN_SECRET, settings.TURN_TTL = coturn.SECRET, 3600


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[coturn.Relay]:
    with coturn.running(tmp_path_factory.mktemp("coturn")) as relay:
        yield relay


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[coturn.Relay]:
    """With the configuration that operators copy."""
    with coturn.running(tmp_path_factory.mktemp("coturn"), coturn.CONF.read_text()) as relay:
        yield relay


async def refusal(relay: coturn.Relay, username: str, password: str) -> int:
    with pytest.raises(stun.TransactionFailed) as refused:
        async with relay.allocation(username, password):
            pass
    code: int = refused.value.response.attributes["ERROR-CODE"][0]
    return code


async def test_credentials_of_ours_open_the_relay(relay: coturn.Relay) -> None:
    async with (
        relay.allocation(*ice.credentials(factories.identity())) as ann,
        relay.allocation(*ice.credentials(factories.identity())) as ben,
    ):
        ben.transport.sendto(b"so that ann may come in", ann.address)
        while ann.inbox.came.empty():  # until both have let each other in, what they send is lost, as it is with UDP
            ann.transport.sendto(b"so that ben may come in", ben.address)
            ben.transport.sendto(b"hello", ann.address)
            await asyncio.sleep(0.05)
        assert (await ann.inbox.came.get()) in (b"hello", b"so that ann may come in")


async def test_expired_credentials_are_refused(relay: coturn.Relay) -> None:
    username, password = ice.credentials(factories.identity(), now=time.time() - 3601)
    assert await refusal(relay, username, password) == 401


async def test_forged_credentials_are_refused(relay: coturn.Relay, settings: Any) -> None:
    guest = factories.identity()
    username, password = ice.credentials(guest)
    ends, _, label = username.partition(":")
    assert await refusal(relay, username, "nonsense") == 401
    assert await refusal(relay, f"{int(ends) + 60}:{label}", password) == 401
    assert await refusal(relay, f"{ends}:user-1", password) == 401
    settings.TURN_SECRET = "another"
    assert await refusal(relay, *ice.credentials(guest)) == 401


PRIVATE = [
    "0.0.0.1",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
]


async def test_the_relay_leads_into_no_private_network(deployed: coturn.Relay) -> None:
    async with deployed.allocation(*ice.credentials(factories.identity())) as allocation:
        for channel, host in enumerate(PRIVATE, start=0x4000):
            with pytest.raises(stun.TransactionFailed) as refused:
                await allocation.reach(host, channel)
            assert refused.value.response.attributes["ERROR-CODE"][0] == 403, host
        await allocation.reach("8.8.8.8", 0x4100)


async def test_one_user_has_a_quota_of_the_relay(deployed: coturn.Relay) -> None:
    username, password = ice.credentials(factories.identity())
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(QUOTA):
            await stack.enter_async_context(deployed.allocation(username, password))
        assert await refusal(deployed, username, password) == 486
        async with deployed.allocation(*ice.credentials(factories.identity())):
            pass
