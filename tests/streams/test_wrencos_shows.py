"""Wrencos' shows: admins start, change and stop the one show that customers follow."""

from typing import Any

import pytest

from realtime.runtime import threads
from streams.models import ChatMessage, Like, Pin, Stream
from tests import factories, sockets
from tests.streams.lobby import Lobby, new_session, types

pytestmark = pytest.mark.usefixtures("live_db")


async def stored(id: object) -> Stream:
    return await threads.in_db(Stream.objects.select_related("creator").get, pk=id)


# --- starting and stopping


@pytest.mark.everywhere
async def test_an_admins_page_starts_a_show_and_ends_it(lobby: Lobby) -> None:
    user = await threads.in_db(factories.user, "staff")
    admin, customer = await lobby.admin(user), await lobby.customer()
    facts = {"title": "Big", "description": "d", "startTime": "now", "viewerCount": 999, "likes": 999, "likedBy": ["x"]}
    await admin.say("stream_started", streamData={**facts, "streamId": "17", "streamUrl": "https://a.example/x"})
    for client in (admin, customer):
        data = (await client.expect("stream_started"))["streamData"]
        assert (data["title"], data["description"], data["streamUrl"]) == ("Big", "d", "https://a.example/x")
        assert (data["viewerCount"], data["likes"], data["likedBy"]) == (1, 0, [])
        assert data["_id"] == data["streamId"] != "17"
    stream = await stored(data["_id"])
    assert (stream.creator, stream.title, stream.is_live) == (user, "Big", True)
    await admin.say("stream_stopped")
    for client in (admin, customer):
        stopped = await client.expect("stream_stopped")
        assert stopped["streamData"] == {"streamId": str(stream.pk)}
    assert (await stored(stream.pk)).status == "ended"


async def test_the_id_of_one_of_our_shows_starts_that_one(lobby: Lobby) -> None:
    stream = await lobby.show("scheduled", title="Planned")
    admin = await lobby.admin(stream.creator)
    await admin.say("stream_started", streamData={"streamId": str(stream.pk), "title": "Other"})
    data = (await admin.expect("stream_started"))["streamData"]
    assert (data["_id"], data["title"]) == (str(stream.pk), "Planned")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"streamId": 1732190000000},
        {"streamId": "507f1f77bcf86cd799439011", "title": None, "description": None, "streamUrl": None},
        {"title": "", "quality": "1080p", "pinnedProducts": []},
        {"streamUrl": "javascript:alert(1)"},
    ],
    ids=str,
)
async def test_a_show_starts_with_as_little_as_a_page_says(lobby: Lobby, data: dict[str, Any]) -> None:
    admin = await lobby.admin()
    await admin.say("stream_started", streamData=data)
    started = (await admin.expect("stream_started"))["streamData"]
    assert (started["title"], started["streamUrl"]) == ("Live", "")


@pytest.mark.parametrize("address", ["webrtc", "rtmp://live.example/show"])
async def test_a_page_says_where_its_show_is_seen_and_how_sharp(lobby: Lobby, address: str) -> None:
    admin = await lobby.admin()
    await admin.say("stream_started", streamData={"streamUrl": address, "quality": "1080p"})
    started = (await admin.expect("stream_started"))["streamData"]
    assert (started["streamUrl"], started["quality"]) == (address, "1080p")
    again = {"streamId": started["streamId"], "quality": "720p"}
    await admin.say("stream_started", streamData=again)
    started = (await admin.expect("stream_started"))["streamData"]
    assert (started["streamUrl"], started["quality"]) == (address, "720p")
    stream = await threads.in_db(Stream.objects.get, pk=started["streamId"])
    assert (stream.stream_url, stream.quality) == (address, "720p")


async def test_without_stream_data_too(lobby: Lobby) -> None:
    admin = await lobby.admin()
    await admin.say("stream_started")
    await admin.expect("stream_started")


async def test_a_start_sent_again_makes_no_second_show(lobby: Lobby) -> None:
    boss = await threads.in_db(factories.user, "admin")
    for _ in range(2):
        admin = await lobby.admin(boss)
        assert (await admin.ask("stream_started", streamData={"title": "Tea"}, op="1"))["ok"]
    assert await threads.in_db(boss.streams.count) == 1


@pytest.mark.parametrize("status", ["scheduled", "live", "paused"])
async def test_the_mobile_admin_starts_and_stops_by_id(lobby: Lobby, status: str) -> None:
    admin = await lobby.admin()
    stream = await threads.in_db(lambda: factories.stream(factories.user("creator"), status))
    await admin.say("start_stream", streamId=str(stream.pk))
    assert (await admin.expect("stream_started"))["streamData"]["_id"] == str(stream.pk)
    await admin.say("stop_stream", streamId=str(stream.pk))
    assert (await admin.expect("stream_stopped"))["streamId"] == str(stream.pk)


async def test_what_cannot_be_started_or_stopped_is_said(lobby: Lobby) -> None:
    admin = await lobby.admin()
    ended = await threads.in_db(lambda: factories.stream(factories.user("creator"), "ended"))
    unknown = "00000000-0000-4000-8000-000000000000"
    refused: list[tuple[str, sockets.Frame, str]] = [
        ("start_stream", {"streamId": unknown}, "Session not found"),
        ("stop_stream", {"streamId": unknown}, "Session not found"),
        ("start_stream", {"streamId": str(ended.pk)}, "Cannot change status from ended to live"),
        ("stop_stream", {"streamId": str(ended.pk)}, "Stream is not currently live"),
        ("stream_stopped", {}, "No active stream"),
        ("pinned_products_updated", {"pinnedProducts": []}, "No active stream"),
    ]
    for name, fields, message in refused:
        await admin.say(name, **fields)
        assert (await admin.expect("error"))["message"] == message
    assert await threads.in_db(Stream.objects.current) is None


async def test_staff_do_not_stop_what_others_run(lobby: Lobby) -> None:
    stream = await lobby.show()
    staff = await lobby.admin(await threads.in_db(factories.user, "staff"))
    refused: list[tuple[str, sockets.Frame]] = [
        ("stream_stopped", {}),
        ("stop_stream", {"streamId": str(stream.pk)}),
        ("start_stream", {"streamId": str(stream.pk)}),
        ("stream_started", {"streamData": {"streamId": str(stream.pk)}}),
        ("pinned_products_updated", {"pinnedProducts": []}),
    ]
    for name, fields in refused:
        await staff.say(name, **fields)
        assert (await staff.expect("error"))["message"] == "You don't have permission to modify this session"
    assert (await stored(stream.pk)).is_current


PRIVILEGED: list[sockets.Frame] = [
    {"type": "stream_started", "streamData": {"title": "Mine"}},
    {"type": "stream_stopped"},
    {"type": "start_stream", "streamId": "00000000-0000-4000-8000-000000000000"},
    {"type": "stop_stream", "streamId": "00000000-0000-4000-8000-000000000000"},
    {"type": "stream_update", "viewerCount": 99999, "likes": 5},
    {"type": "pinned_products_updated", "pinnedProducts": []},
]


@pytest.mark.everywhere
@pytest.mark.parametrize("frame", PRIVILEGED, ids=lambda frame: str(frame["type"]))
async def test_only_registered_admins_run_the_show(lobby: Lobby, frame: sockets.Frame) -> None:
    admin, stream = await lobby.admin_with_show()
    strangers = [
        await lobby.stranger(),
        await lobby.customer(),
        await lobby.customer(of=await threads.in_db(factories.user, "creator")),
        await lobby.customer(of=stream.creator),  # of an admin, but not registered as one
    ]
    for client in strangers:
        await client.send(frame)
        assert await client.expect("error") == {"type": "error", "message": "Insufficient permissions"}
    await admin.say("chat_message", message="all well")
    await admin.expect("chat_message")
    told = types(admin.passed)
    if "stream_started" in told:  # the end of the show before, and the beginning of the admin's own, may come late
        del told[: told.index("stream_started") + 1]
    assert set(told) <= {"stream_update", "pinned_products_updated"}
    assert {frame["streamData"]["streamId"] for frame in admin.passed if "streamData" in frame} <= {str(stream.pk)}
    assert not [frame for frame in admin.passed if frame.get("viewerCount") == 99999]
    assert (await stored(stream.pk)).is_current


# --- which one it is


async def test_a_second_show_takes_the_lobby_over(lobby: Lobby) -> None:
    admin, first = await lobby.admin_with_show()
    customer = await lobby.customer()
    customer.passed.clear()
    await admin.say("stream_started", streamData={"title": "Second"})
    data = (await customer.expect("stream_started"))["streamData"]
    assert data["title"] == "Second"
    late = await lobby.customer()
    assert [frame["streamData"]["_id"] for frame in late.passed if frame["type"] == "stream_started"] == [data["_id"]]
    customer.passed.clear()
    await admin.say("stop_stream", streamId=str(first.pk))
    await admin.say("chat_message", message="in the second")
    await customer.expect("chat_message", message="in the second")
    assert "stream_stopped" not in types(customer.passed)
    await admin.say("stream_stopped")
    assert (await customer.expect("stream_stopped"))["streamId"] == data["_id"]
    await customer.say("toggle_like", sessionId="x")
    assert (await customer.expect("error"))["message"] == "No active stream"


async def test_a_show_that_rest_starts_is_followed_if_staff_start_it(lobby: Lobby) -> None:
    customer = await lobby.customer()

    def start(role: str) -> str:
        stream = factories.stream(factories.user(role))
        answer = factories.client(stream.creator).post(f"/api/sessions/{stream.pk}/start-stream")
        assert answer.status_code == 200
        return str(stream.pk)

    _, of_staff = await threads.in_db(start, "creator"), await threads.in_db(start, "staff")
    assert (await customer.expect("stream_started"))["streamData"]["_id"] == of_staff


# --- while it is on


@pytest.mark.everywhere
async def test_a_pause_is_told_and_chat_goes_on(lobby: Lobby) -> None:
    stream = await lobby.show()
    customer = await lobby.customer()
    await threads.in_db(stream.change_status, "paused")
    await customer.expect("stream_update", status="paused")
    await customer.say("chat_message", message="still here")
    await customer.expect("chat_message")
    late = await lobby.customer()
    assert late.passed[2]["streamData"]["status"] == "paused"
    await threads.in_db(stream.change_status, "live")
    await customer.expect("stream_update", status="live")


async def test_an_admins_counts_are_passed_on_and_not_believed(lobby: Lobby) -> None:
    admin, _ = await lobby.admin_with_show()
    customer = await lobby.customer()
    await admin.say("stream_update", viewerCount=99999, likes=55555)
    for client in (admin, customer):
        assert await client.expect("stream_update", viewerCount=99999) == {
            "type": "stream_update",
            "viewerCount": 99999,
            "likes": 55555,
        }
    await admin.say("stream_update", likes=7)
    assert await customer.expect("stream_update", likes=7) == {"type": "stream_update", "likes": 7}
    late = await lobby.customer()
    assert late.passed[2]["streamData"]["likes"] == 0
    for nonsense in (-1, 10**30, "x", 1.5):
        await admin.say("stream_update", viewerCount=nonsense)
        await admin.expect("error")


@pytest.mark.everywhere
async def test_pins_are_the_first_three_in_their_order(lobby: Lobby) -> None:
    admin, stream = await lobby.admin_with_show()
    customer = await lobby.customer()
    products = [await threads.in_db(factories.product, stream.creator, name=f"Mug {n}") for n in range(4)]
    picks = [
        {"productId": str(product.pk), "displayOrder": 9 - n, "name": "ignored", "price": 1, "product": {}}
        for n, product in enumerate(products)
    ]
    await admin.say("pinned_products_updated", pinnedProducts=picks)
    for client in (admin, customer):
        pins = (await client.expect("pinned_products_updated"))["pinnedProducts"]
        assert [(pin["name"], pin["displayOrder"]) for pin in pins] == [("Mug 3", 0), ("Mug 2", 1), ("Mug 1", 2)]
    assert await threads.in_db(stream.pins.in_order().count) == 3
    await admin.say("pinned_products_updated", pinnedProducts=[])
    assert (await customer.expect("pinned_products_updated"))["pinnedProducts"] == []


@pytest.mark.parametrize("pins", [None, {}, [{}], [{"productId": "x"}], [{"productId": None}], ["x"]], ids=str)
async def test_pins_are_a_list_of_products(lobby: Lobby, pins: Any) -> None:
    admin, _ = await lobby.admin_with_show()
    await admin.say("pinned_products_updated", pinnedProducts=pins)
    await admin.expect("error")


# --- seen from the other protocol


async def hear(client: sockets.Client, *names: str) -> list[sockets.Frame]:
    """The next frame of each type; the rooms that tell them are not in step."""
    heard: dict[str, sockets.Frame] = {}
    while not heard.keys() >= set(names):
        frame = await client.next()
        heard.setdefault(frame["type"], frame)
    return [heard[name] for name in names]


@pytest.mark.everywhere
async def test_both_protocols_hear_the_same_show_in_their_own_words(lobby: Lobby) -> None:
    """One plain socket may carry both."""
    stream = await lobby.show()
    both = await lobby.stranger("/")
    await both.ask("join-session", sessionId=str(stream.pk))
    await both.ask("register", sessionId=new_session())
    await both.say("chat_message", username="Ann", message="from wrencos", id=5)
    told, echo = await hear(both, "new-message", "chat_message")
    assert (told["message"], told["userName"], echo["id"]) == ("from wrencos", "Ann", 5)
    await both.say("send-message", sessionId=str(stream.pk), message="from bazaar", userName="Ann")
    echo, told = await hear(both, "new-message", "chat_message")
    assert (told["message"], told["username"], told["id"]) == ("from bazaar", "Ann", echo["id"])
    await threads.in_db(Like.objects.toggle, stream, "user:1")
    assert [frame["likes"] for frame in await hear(both, "likes-updated", "stream_update")] == [1, 1]
    product = await threads.in_db(factories.product, stream.creator)
    await threads.in_db(Pin.objects.pin, stream, product.pk)
    flat, nested = await hear(both, "pins-updated", "pinned_products_updated")
    assert flat["pinnedProducts"] == nested["pinnedProducts"]
    message = await threads.in_db(ChatMessage.objects.get, pk=echo["id"])
    await threads.in_db(message.erase)
    gone, also = await hear(both, "message-deleted", "chat_message_deleted")
    assert (gone["messageId"], also["id"]) == (echo["id"], echo["id"])
    await threads.in_db(stream.end)
    await hear(both, "stream-ended", "stream_stopped")
