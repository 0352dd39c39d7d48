"""Drops on sockets: who claims, by a button or in the chat, and who is told what."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from accounts import identity as identities
from config.asgi import application
from drops.models import Drop
from realtime import database
from tests import factories, sockets
from tests.drops.dropping import announce, check, pass_time

pytestmark = [pytest.mark.everywhere]


@pytest.fixture(scope="session")
async def server(live_db: None) -> AsyncIterator[sockets.Address]:
    async with sockets.serving(application) as address:
        yield address


def prepare(**facts: Any) -> Drop:
    creator = factories.user("creator")
    stream = factories.stream(creator, "live")
    product = factories.product(creator)
    factories.listing(stream, product)
    return announce(stream, product, **facts)


def cookie() -> dict[str, Any]:
    return {"additional_headers": {"Cookie": f"visitor={identities.new_visitor()[1]}"}}


async def watch(server: sockets.Address, drop: Drop, who: dict[str, Any] | None = None) -> sockets.Client:
    client = await sockets.connect(server, "/", **(who or cookie()))
    await client.ask("hello", recover=True)
    assert (await client.ask("join-session", sessionId=str(drop.stream_id)))["ok"]
    return client


async def hear(client: sockets.Client, type: str) -> sockets.Frame:
    """What has come already, with what was asked, or comes."""
    for index, frame in enumerate(client.passed):
        if frame["type"] == type:
            return client.passed.pop(index)
    return await client.expect(type)


def about(drop: Drop) -> dict[str, str]:
    return {"sessionId": str(drop.stream_id), "dropId": str(drop.pk)}


async def test_two_claim_at_once_and_each_hears_their_own(server: sockets.Address) -> None:
    drop = await database.in_db(prepare, quantity=1)
    async with await watch(server, drop) as one, await watch(server, drop) as other:
        acks = await asyncio.gather(*(each.ask("claim-drop", **about(drop)) for each in (one, other)))
        by_state = {ack["claim"]["state"]: client for ack, client in zip(acks, (one, other), strict=True)}
        holder, waiter = by_state["held"], by_state["waiting"]
        assert (await hear(waiter, "drop-waiting"))["claim"]["place"] == 1
        claim = (await hear(holder, "drop-claimed"))["claim"]
        ack = await holder.ask("return-claim", sessionId=str(drop.stream_id), claimId=claim["id"])
        assert ack["claim"]["state"] == "returned"
        assert (await hear(waiter, "drop-claimed"))["claim"]["state"] == "held"
        refusal = await waiter.ask("claim-drop", **about(drop))
        assert (refusal["ok"], refusal["code"]) == (False, "limit")


async def test_a_word_in_the_chat_claims_and_only_its_author_hears_of_it(server: sockets.Address) -> None:
    drop = await database.in_db(prepare, quantity=3, per_person=2)
    async with await watch(server, drop) as one, await watch(server, drop) as other:
        sid = str(drop.stream_id)
        await one.ask("send-message", sessionId=sid, message="Mine 2!")
        claim = (await hear(one, "drop-claimed"))["claim"]
        assert (claim["state"], claim["pieces"]) == ("held", 2)
        await one.ask("send-message", sessionId=sid, message="mine")
        assert (await hear(one, "drop-refused"))["code"] == "limit"
        assert "drop-left" in [frame["type"] for frame in await other.settle()]
        await one.ask("send-message", sessionId=sid, message="mine has a lid that is blue and nice")
        await other.ask("send-message", sessionId=sid, message="Mug please")
        heard = [frame["type"] for frame in await other.settle()]
        assert "new-message" in heard
        assert not {"drop-claimed", "drop-refused"} & set(heard)
        await database.in_db(check, drop)


async def test_who_comes_back_hears_what_became_of_their_claim(server: sockets.Address) -> None:
    drop, who = await database.in_db(prepare, quantity=1), cookie()
    async with await watch(server, drop, who) as client:
        await client.ask("claim-drop", **about(drop))
        told = await hear(client, "drop-claimed")
    await database.in_db(pass_time, drop, 61)
    await database.in_db(Drop.objects.do_what_is_due)
    async with await sockets.connect(server, "/", **who) as again:
        await again.ask("hello", recover=True)
        ack = await again.ask("resume", room=told["room"], epoch=told["epoch"], after=told["seq"])
        assert ack["recovered"]
        assert (await hear(again, "drop-claimed"))["claim"]["state"] == "expired"


async def test_who_missed_too_much_is_told_the_drops_and_their_claims(server: sockets.Address) -> None:
    drop, who = await database.in_db(prepare, quantity=1), cookie()
    async with await watch(server, drop, who) as client:
        await client.ask("claim-drop", **about(drop))
        told = await hear(client, "drop-claimed")
    async with await sockets.connect(server, "/", **who) as again:
        await again.ask("hello", recover=True)
        await again.ask("resume", room=told["room"], epoch=secrets.token_hex(8), after=told["seq"])
        snapshot = (await hear(again, "snapshot"))["state"]
        assert [each["id"] for each in snapshot["drops"]] == [str(drop.pk)]
        assert [each["state"] for each in snapshot["claims"]] == ["held"]


@pytest.mark.parametrize("pieces", [0, -1, 101, 1.5, "2", 10**30])
async def test_bad_pieces_are_refused(server: sockets.Address, pieces: Any) -> None:
    drop = await database.in_db(prepare)
    async with await watch(server, drop) as client:
        ack = await client.ask("claim-drop", **about(drop), pieces=pieces)
        assert (ack["ok"], ack["code"]) == (False, "validation")


async def test_an_unknown_drop_is_not_found(server: sockets.Address) -> None:
    drop = await database.in_db(prepare)
    async with await watch(server, drop) as client:
        ack = await client.ask("claim-drop", **{**about(drop), "dropId": str(drop.stream_id)})
        assert (ack["ok"], ack["code"]) == (False, "not_found")
