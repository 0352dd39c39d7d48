"""Whatever friends do with a cart, twice or across lost connections: all of them end with the same one."""

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple
from unittest import mock

import msgspec
import pytest
from django.conf import settings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from realtime import database, limits
from shopping.models import CartOperation, ShoppingSession
from shopping.rooms import state_of
from tests import factories, sockets
from tests.shopping.friends import Friend
from tests.shopping.test_party_hosts import cookie

FRIENDS = 3
PRODUCTS = 3
WITHOUT_LIMITS: Mapping[str, Any] = {"cart": {}, "join": {}, "party": {}, "message": {}}


class Change(NamedTuple):
    """An operation on the cart."""

    who: int
    op: str
    product: int
    qty: int


class Again(NamedTuple):
    """Someone sends the operation of this number once more."""

    who: int
    number: int


class Reload(NamedTuple):
    """Someone's connection is lost; what was not acknowledged is sent again."""

    who: int


who = st.integers(0, FRIENDS - 1)
changes = st.builds(
    Change, who, st.sampled_from(["add", "set", "remove"]), st.integers(0, PRODUCTS - 1), st.integers(1, 60)
)
steps = st.lists(
    st.one_of(changes, changes, st.builds(Again, who, st.integers(0, 20)), st.builds(Reload, who)), max_size=16
)


class Shopper:
    """A friend as a page is: it keeps the last cart that it was told, and sends again what was not acknowledged."""

    def __init__(self, address: sockets.Address, session_id: str) -> None:
        self.address, self.session_id = address, session_id
        self.known = cookie()
        self.cart: Any = None
        self.unheard: dict[str, dict[str, Any]] = {}

    async def arrive(self) -> None:
        self.friend = await Friend.connect(self.address, **self.known)
        await self.friend.say("JOIN_SESSION", {"sessionId": self.session_id})
        while (await self.hear())["type"] != "SESSION_STATE":
            pass

    async def change(self, payload: dict[str, Any]) -> None:
        self.unheard[payload["opId"]] = payload
        await self.friend.say("CART_OP", payload, op=payload["opId"])

    async def reload(self) -> None:
        self.friend.abandon()
        await self.arrive()
        for payload in list(self.unheard.values()):
            await self.change(payload)

    async def hear(self) -> sockets.Frame:
        frame = await self.friend.client.next()
        match frame["type"]:
            case "SESSION_STATE":
                self.cart = frame["payload"]["cart"]
            case "CART_STATE":
                self.cart = frame["payload"]
            case "ack":
                self.unheard.pop(frame["op"], None)
        return frame

    async def hear_all(self) -> None:
        while self.unheard:
            await self.hear()

    async def hear_from(self, other: "Shopper") -> None:
        """Everything that was told before something that `other` says now."""
        token = secrets.token_hex(8)
        await other.friend.sync("MARK", token=token)
        while (await self.hear()).get("payload", {}).get("token") != token:
            pass


@given(steps)
@example([Change(0, "add", 0, 2), Change(1, "add", 0, 1), Reload(0), Again(2, 0)])
@example(
    [Change(0, "add", 0, 60), Change(1, "add", 0, 60), Change(2, "set", 0, 5), Reload(1), Change(1, "remove", 0, 4)]
)
@pytest.mark.timeout(600)  # many sockets, on a machine that may be busy
@hypothesis(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_all_friends_end_with_the_cart_that_the_database_has(
    server: sockets.Address, steps: list[Change | Again | Reload]
) -> None:
    limits.reset()
    with mock.patch.dict(settings.LIMITS, WITHOUT_LIMITS):
        session_id, products = await database.in_db(prepare)
        shoppers = [Shopper(server, session_id) for _ in range(FRIENDS)]
        for shopper in shoppers:
            await shopper.arrive()
        sent = await play(steps, shoppers, products)
        for shopper in shoppers:
            await shopper.hear_all()
        for shopper, other in zip(shoppers, shoppers[1:] + shoppers[:1], strict=True):
            await shopper.hear_from(other)
        stored, done = await database.in_db(look, session_id)
        for shopper in shoppers:
            assert shopper.cart == stored
            await shopper.friend.client.connection.close()
        assert done <= {change["opId"] for change in sent}
        assert all(1 <= item["qty"] <= 99 for item in stored["items"])
        assert stored["total"] == sum(item["qty"] * item["unitPrice"] for item in stored["items"])
        assert all(item["qty"] == sum(share["qty"] for share in item["addedBy"]) for item in stored["items"])


def prepare() -> tuple[str, list[str]]:
    session = ShoppingSession.objects.create(expires_at=factories.ago(-30))
    seller = factories.user("creator")
    return session.pk, [str(factories.product(seller).pk) for _ in range(PRODUCTS)]


def look(session_id: str) -> tuple[Any, set[str]]:
    done = CartOperation.objects.filter(session=session_id).values_list("op_id", flat=True)
    return msgspec.to_builtins(state_of(session_id).cart), set(done)


async def play(
    steps: list[Change | Again | Reload], shoppers: list[Shopper], products: list[str]
) -> list[dict[str, Any]]:
    """Does all of it without waiting for answers; returns the operations, each once."""
    sent: list[dict[str, Any]] = []
    for step in steps:
        match step:
            case Change():
                op_id = secrets.token_hex(8)
                sent.append({"opId": op_id, "op": step.op, "productId": products[step.product], "qty": step.qty})
                await shoppers[step.who].change(sent[-1])
            case Again() if sent:
                await shoppers[step.who].change(sent[step.number % len(sent)])
            case Reload():
                await shoppers[step.who].reload()
    return sent
