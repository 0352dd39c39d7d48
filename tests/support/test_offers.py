"""Offers to go on in a call, or to look at goods together: nothing begins before the customer consents."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from realtime.runtime import threads
from shopping.models import ShoppingSession
from signaling.models import Match
from support.models import Conversation, Offer, Sender
from tests import factories, sockets
from tests.support.desk import Desk, begun, guest_token, types
from tests.support.test_sockets import passed

pytestmark = pytest.mark.usefixtures("live_db")


class Talk:
    """A guest and one of the staff, who have the same conversation open."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.token = guest_token()
        self.agent: User
        self.guest: sockets.Client
        self.staff: sockets.Client
        self.conversation = ""

    async def begin(self, **more: Any) -> "Talk":
        self.agent = await threads.in_db(factories.user, "staff")
        self.guest, self.staff = await self.desk.guest(self.token), await self.desk.user(self.agent)
        self.conversation = (await self.guest.ask("support-write", text="Does it fit me?", **more))["conversationId"]
        await self.staff.ask("support-open", conversationId=self.conversation)
        for client in (self.guest, self.staff):
            client.passed.clear()
        return self

    async def offer(self, kind: str, **more: Any) -> dict[str, Any]:
        """An offer as the guest hears it."""
        ack = await self.staff.ask("support-offer", conversationId=self.conversation, kind=kind, **more)
        assert ack["ok"], ack
        heard = (await self.guest.expect("support-message"))["message"]
        assert (await passed(self.staff, "support-message"))["message"] == heard
        return dict(heard)

    async def answer(self, offer: dict[str, Any], accept: bool) -> dict[str, Any]:
        fields = {"conversationId": self.conversation, "offerId": offer["offer"]["id"], "accept": accept}
        return await self.guest.ask("support-offer-answer", **fields)

    async def told_again(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The message with its offer as the guest and the agent are told it now."""
        return (
            (await passed(self.guest, "support-message"))["message"],
            (await passed(self.staff, "support-message"))["message"],
        )


@pytest.mark.everywhere
async def test_a_guest_accepts_a_call_and_both_know_where_it_is(desk: Desk) -> None:
    talk = await Talk(desk).begin()
    offered = await talk.offer("call")
    assert (offered["kind"], offered["userId"]) == ("offer", talk.agent.pk)
    assert {**offered["offer"], "id": "", "expiresAt": ""} == {
        "id": "", "kind": "call", "state": "offered", "url": None, "expiresAt": "", "endedAt": None,
    }  # fmt: skip
    ack = await talk.answer(offered, accept=True)
    theirs, staffs = await talk.told_again()
    assert theirs["id"] == staffs["id"] == offered["id"]
    assert theirs["offer"]["state"] == staffs["offer"]["state"] == "accepted"
    page, _, handle = theirs["offer"]["url"].partition("#seat=")
    assert (page, ack["url"]) == (staffs["offer"]["url"], theirs["offer"]["url"])
    assert handle.startswith("guest-")
    name = page.removeprefix("/call/").removesuffix("/")

    def look() -> None:
        match = Match.objects.get(name=name)
        assert (match.reserved, match.reserved_for) == (True, [handle, str(talk.agent.pk)])
        conversation = Conversation.objects.get(pk=talk.conversation)
        assert conversation.call is not None
        assert (conversation.call.match, conversation.call.callee_user) == (match, talk.agent)

    await threads.in_db(look)
    async with await sockets.connect(desk.server, "/ws/signaling/") as stranger:
        assert (await stranger.ask("register", userId=handle + "0", matchId=name))["ok"] is False
    proof = await threads.in_db(sockets.bearer, talk.agent)
    for user_id, options in ((handle, {}), (str(talk.agent.pk), proof)):
        async with await sockets.connect(desk.server, "/ws/signaling/", **options) as seated:
            assert (await seated.ask("register", userId=user_id, matchId=name))["ok"]


@pytest.mark.everywhere
async def test_a_customer_with_an_account_has_no_secret_in_the_address(desk: Desk) -> None:
    customer, agent = await threads.in_db(factories.user), await threads.in_db(factories.user, "staff")
    client, staff = await desk.user(customer), await desk.user(agent)
    conversation = (await client.ask("support-write", text="Hello"))["conversationId"]
    await staff.ask("support-offer", conversationId=conversation, kind="call")
    offer = (await client.expect("support-message"))["message"]["offer"]
    ack = await client.ask("support-offer-answer", conversationId=conversation, offerId=offer["id"], accept=True)
    assert "#" not in ack["url"]
    again = await client.ask("support-offer-answer", conversationId=conversation, offerId=offer["id"], accept=True)
    assert (again["ok"], again["url"]) == (True, ack["url"])
    other = await client.ask("support-offer-answer", conversationId=conversation, offerId=offer["id"], accept=False)
    assert (other["ok"], other["code"]) == (False, "gone")


@pytest.mark.everywhere
async def test_a_declined_offer_leads_nowhere(desk: Desk) -> None:
    talk = await Talk(desk).begin()
    ack = await talk.answer(await talk.offer("party"), accept=False)
    assert (ack["ok"], ack["url"]) == (True, None)
    for told in await talk.told_again():
        assert (told["offer"]["state"], told["offer"]["url"]) == ("declined", None)
    conversation = await threads.in_db(Conversation.objects.get, pk=talk.conversation)
    assert (conversation.party_id, conversation.call_id) == (None, None)


@pytest.mark.everywhere
async def test_an_accepted_party_is_hosted_by_the_agent_and_watches_the_show(desk: Desk) -> None:
    stream = await threads.in_db(lambda: factories.stream(factories.user("creator"), "live"))
    talk = await Talk(desk).begin(showId=str(stream.pk))
    await talk.answer(await talk.offer("party"), accept=True)
    theirs, staffs = await talk.told_again()
    assert theirs["offer"]["url"] == staffs["offer"]["url"]
    key = theirs["offer"]["url"].removeprefix("/party/").removesuffix("/")

    def look() -> None:
        session = ShoppingSession.objects.find(key)
        assert session.host is not None
        assert (session.host.name, session.show_id) == (talk.agent.username, str(stream.pk))
        assert session.party.stream_id == stream.pk
        assert Conversation.objects.get(pk=talk.conversation).party_id == key

    await threads.in_db(look)
    await threads.in_db(lambda: ShoppingSession.objects.get(pk=key).end())
    for told in await talk.told_again():
        assert told["offer"]["endedAt"] is not None
        assert told["offer"]["url"] is None


async def test_the_timeline_says_when_the_call_is_over(desk: Desk) -> None:
    talk = await Talk(desk).begin()
    offered = await talk.offer("call")
    await talk.answer(offered, accept=True)
    await talk.told_again()

    def hang_up() -> None:
        call = Conversation.objects.get(pk=talk.conversation).call
        assert call is not None
        call.end("user_hangup")

    await threads.in_db(hang_up)
    for told in await talk.told_again():
        assert told["id"] == offered["id"]
        assert (told["offer"]["state"], told["offer"]["url"]) == ("accepted", None)
        assert told["offer"]["endedAt"] is not None


@pytest.mark.everywhere
async def test_each_side_reads_its_own_address_after_a_reload(desk: Desk) -> None:
    talk = await Talk(desk).begin()
    await talk.answer(await talk.offer("call"), accept=True)
    tab, colleague = await desk.guest(talk.token), await desk.user(await threads.in_db(factories.user, "admin"))
    urls = []
    for client in (tab, colleague):
        await client.ask("support-open", conversationId=talk.conversation)
        lines = (await passed(client, "support-opened"))["thread"]["messages"]
        urls.append(lines[-1]["offer"]["url"])
    assert urls[0].startswith(f"{urls[1]}#seat=guest-")
    for who, url in ((tab, urls[0]), (colleague, urls[1])):
        back = await who.ask("resume", room=f"conversation:{talk.conversation}", epoch="other", after=0)
        assert back["ok"]
        assert url in str(who.passed)
    assert "#seat=" not in str(colleague.passed)


@pytest.mark.everywhere
async def test_an_offer_that_nobody_answers_expires(desk: Desk) -> None:
    talk = await Talk(desk).begin()
    offered = await talk.offer("call")
    await threads.in_db(Offer.objects.filter(pk=offered["offer"]["id"]).update, expires_at=timezone.now())
    late = await talk.answer(offered, accept=True)
    assert (late["ok"], late["code"]) == (False, "gone")
    assert await threads.in_db(Offer.objects.expire) >= 1
    for told in await talk.told_again():
        assert told["offer"]["state"] == "expired"
    assert (await talk.answer(offered, accept=False))["code"] == "gone"


@pytest.mark.everywhere
async def test_one_offer_stands_at_a_time_and_none_in_a_resolved_conversation(desk: Desk) -> None:
    talk = await Talk(desk).begin()
    first = await talk.offer("call", op="one")
    again = await talk.staff.ask("support-offer", conversationId=talk.conversation, kind="call", op="one")
    assert (again["ok"], again["id"]) == (True, first["id"])
    assert types(await talk.guest.settle(), "support-message") == []
    await talk.staff.ask("support-offer", conversationId=talk.conversation, kind="party")
    states = [(await talk.guest.expect("support-message"))["message"]["offer"] for _ in range(2)]
    assert [(offer["kind"], offer["state"]) for offer in states] == [("call", "expired"), ("party", "offered")]

    def resolve() -> None:
        Conversation.objects.get(pk=talk.conversation).set_status(Sender(factories.identity(talk.agent)), "resolved")

    await threads.in_db(resolve)
    assert (await talk.guest.expect("support-message"))["message"]["offer"]["state"] == "expired"
    refused = await talk.staff.ask("support-offer", conversationId=talk.conversation, kind="call")
    assert (refused["code"], refused["message"]) == ("validation", "This conversation is resolved")


@pytest.mark.everywhere
async def test_only_staff_offer_and_only_the_customer_answers(desk: Desk) -> None:
    talk = await Talk(desk).begin()
    refused = await talk.guest.ask("support-offer", conversationId=talk.conversation, kind="call")
    assert (refused["ok"], refused["code"]) == (False, "forbidden")
    offered = await talk.offer("call")
    fields = {"conversationId": talk.conversation, "offerId": offered["offer"]["id"], "accept": True}
    assert (await talk.staff.ask("support-offer-answer", **fields))["code"] == "forbidden"
    assert (await (await desk.guest()).ask("support-offer-answer", **fields))["code"] == "not_found"
    other = await threads.in_db(begun)
    fields["conversationId"] = str(other.pk)
    assert (await talk.guest.ask("support-offer-answer", **fields))["code"] == "not_found"


async def test_an_offer_is_a_first_reply_and_stands_in_the_transcript(desk: Desk) -> None:
    talk = await Talk(desk).begin()
    await talk.answer(await talk.offer("party"), accept=False)
    conversation = await threads.in_db(Conversation.objects.get, pk=talk.conversation)
    assert conversation.first_reply_at is not None
    assert conversation.waiting_since is None
    assert conversation.assignee_id == talk.agent.pk
    client = await threads.in_db(factories.client, talk.agent)
    path = f"/api/support/conversations/{talk.conversation}"
    text = (await threads.in_db(client.get, f"{path}/transcript")).content.decode()
    assert "(offered a party, declined): Shall we look at this together?" in text
    listed = (await threads.in_db(client.get, f"{path}/messages")).json()["data"]
    assert (listed[-1]["kind"], listed[-1]["offer"]["state"]) == ("offer", "declined")
