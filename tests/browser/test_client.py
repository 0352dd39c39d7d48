"""client.js against a server that a test plays itself: losses, refusals and silence, without waiting for them."""

import asyncio

import pytest
from playwright.async_api import Page

from tests.browser import played
from tests.browser.conftest import Window
from tests.browser.played import Frame, Server, settled

pytestmark = pytest.mark.browser

ROOM: Frame = {"room": "show:s1", "epoch": "e"}


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def page(server: Server, window: Window) -> Page:
    """A page with a connected client as `shop`; its clock is ours, so a wait of half a minute takes none."""
    page = await played.blank(window, "http://shop.test", server)
    await page.evaluate(
        """async () => {
            const { Vitrine } = await import("/static/realtime/client.js");
            window.shop = new Vitrine();
            window.told = [];
            window.answers = [];
            shop.connect();
        }"""
    )
    await server.hear("hello")
    return page


async def test_an_answer_settles_the_promise_of_its_message(page: Page, server: Server) -> None:
    answer = page.evaluate("shop.send('send-message', { message: 'Hello', type: 'forged', op: 'forged' })")
    task = asyncio.ensure_future(answer)
    asked = await server.hear("send-message")
    server.say(type="ack", op=asked["op"], ok=False, code="rate_limited", message="Too fast", retryAfter=2.5)
    assert asked["op"] != "forged"
    assert (await task)["retryAfter"] == 2.5


async def test_an_unanswered_message_is_sent_again_with_the_same_op(page: Page, server: Server) -> None:
    await page.evaluate("void shop.send('send-message', { message: 'Hello' }).then((ack) => answers.push(ack))")
    first = await server.hear("send-message")
    await server.lose()
    await page.clock.run_for(2_000)
    second = await server.hear("send-message")
    server.say(type="ack", op=second["op"], ok=True)
    assert second == first
    assert (await settled(page, "answers.length && answers"))[0]["ok"]


async def test_what_would_be_stale_is_not_kept(page: Page, server: Server) -> None:
    await page.evaluate("void shop.send('send-reaction', {}, { keep: false }).then((ack) => answers.push(ack.code))")
    await server.hear("send-reaction")
    await server.lose()
    assert await settled(page, "answers.length && answers") == ["offline"]
    refused = await page.evaluate("shop.send('send-reaction', {}, { keep: false })")
    assert refused["code"] == "offline"


async def test_only_so_many_messages_wait_for_a_connection(page: Page, server: Server) -> None:
    await server.lose()
    await settled(page, "shop.status.state === 'waiting'")
    await page.evaluate("for (let n = 0; n < 60; n++) void shop.send('note', { n }).then((ack) => answers.push(ack))")
    assert len(await settled(page, "answers.length === 10 && answers")) == 10
    await page.clock.run_for(2_000)
    assert [(await server.hear("note"))["n"] for _ in range(50)] == list(range(50))


async def enter(page: Page, server: Server, seq: int = 4) -> None:
    """Has the page in the room of a show whose log stands at `seq`; what it hears from now on is in `told`."""
    await page.evaluate(
        """() => {
            shop.on("new-message", ({ seq }) => told.push(seq));
            window.leave = shop.enter("join-session", { sessionId: "s1" }, {
                entered: (ack) => told.push(ack.ok ? "entered" : ack.code),
                resumed: (how) => told.push(how),
            });
        }"""
    )
    asked = await server.hear("join-session")
    server.answer(asked, **ROOM, seq=seq)
    await settled(page, "told.includes('entered')")


async def come_back(page: Page, server: Server) -> Frame:
    """Loses the connection; answers how the page asks to go on."""
    await server.lose()
    await page.clock.run_for(2_000)
    return await server.hear("resume")


async def test_a_room_is_resumed_after_the_last_event_that_was_heard(page: Page, server: Server) -> None:
    await enter(page, server, seq=4)
    asked = await come_back(page, server)
    assert {key: asked[key] for key in ("room", "epoch", "after")} == {"room": "show:s1", "epoch": "e", "after": 4}
    server.answer(asked, **ROOM, seq=4, recovered=True)
    server.say(type="new-message", **ROOM, seq=5)
    await settled(page, "told.includes(5)")
    assert (await come_back(page, server))["after"] == 5


async def test_what_was_missed_is_heard_once_and_in_order_and_then_the_page_is_told(page: Page, server: Server) -> None:
    await enter(page, server)
    server.say(type="new-message", **ROOM, seq=5)
    asked = await come_back(page, server)
    for seq in (5, 6, 8):  # 7 was for others, or taken back
        server.say(type="new-message", **ROOM, seq=seq)
    server.say(type="resumed", **ROOM, seq=9, recovered=True)
    server.answer(asked, **ROOM, seq=9, recovered=True)
    for seq in (8, 9, 10):
        server.say(type="new-message", **ROOM, seq=seq)
    assert await settled(page, "told.includes(10) && told") == ["entered", 5, 6, 8, {"recovered": True}, 10]
    assert await page.evaluate("shop.position('show:s1')") == {**ROOM, "seq": 10}


async def test_a_recovery_that_is_cut_short_goes_on_where_it_was_cut(page: Page, server: Server) -> None:
    await enter(page, server)
    await come_back(page, server)
    server.say(type="new-message", **ROOM, seq=5)
    await settled(page, "told.includes(5)")
    assert (await come_back(page, server))["after"] == 5


async def test_too_much_missed_comes_as_the_room_is_now(page: Page, server: Server) -> None:
    await enter(page, server, seq=40)
    asked = await come_back(page, server)
    now: Frame = {"room": "show:s1", "epoch": "another", "seq": 7}  # another log, and a shorter one
    server.say(type="snapshot", room="show:s1", state={"status": "paused"})
    server.say(type="resumed", **now, recovered=False)
    server.answer(asked, **now, recovered=False)
    server.say(type="new-message", **now | {"seq": 8})
    told = await settled(page, "told.includes(8) && told")
    assert told == ["entered", {"recovered": False, "state": {"status": "paused"}}, 8]
    asked = await come_back(page, server)
    assert (asked["after"], asked["epoch"]) == (8, "another")


async def test_a_snapshot_whose_answer_was_lost_is_asked_for_again(page: Page, server: Server) -> None:
    await enter(page, server, seq=4)
    await come_back(page, server)
    server.say(type="snapshot", room="show:s1", state={})
    server.say(type="resumed", **ROOM, seq=5000, recovered=False)
    assert (await come_back(page, server))["after"] == 4


async def test_a_room_that_cannot_be_resumed_is_joined_again_to_learn_why(page: Page, server: Server) -> None:
    await enter(page, server)
    server.answer(await come_back(page, server), ok=False, code="not_found")
    server.answer(await server.hear("join-session"), ok=False, code="banned")
    assert await settled(page, "told.length === 2 && told") == ["entered", "banned"]


async def test_a_busy_server_is_asked_again_and_no_place_is_lost_by_it(page: Page, server: Server) -> None:
    await enter(page, server)
    server.answer(await come_back(page, server), ok=False, code="busy", retryAfter=1.0)
    await page.clock.run_for(2_500)
    asked = await server.hear("resume")
    assert asked["after"] == 4
    server.answer(asked, **ROOM, seq=4, recovered=True)
    assert await settled(page, "told.length === 2 && told") == ["entered", {"recovered": True}]


async def test_a_ban_for_a_time_is_waited_out(page: Page, server: Server) -> None:
    await enter(page, server)
    server.answer(await come_back(page, server), ok=False, code="not_found")
    server.answer(await server.hear("join-session"), ok=False, code="forbidden", retryAfter=60)
    await settled(page, "told.includes('forbidden')")
    await page.clock.run_for(59_000)
    assert server.heard.empty() or {frame["type"] for frame in drained(server)} == {"ping"}
    server.say(type="pong")
    await page.clock.run_for(7_000)
    server.answer(await server.hear("resume"), **ROOM, seq=4, recovered=True)
    assert await settled(page, "told.length === 3 && told") == ["entered", "forbidden", {"recovered": True}]


async def test_a_ban_for_a_month_is_asked_about_again_and_again_but_seldom(page: Page, server: Server) -> None:
    """A timer cannot wait for so long (it would ring at once), and the ban may be lifted before its end."""
    await page.evaluate("void shop.enter('join-session', { sessionId: 's1' }, { entered: (ack) => told.push(ack.ok) })")
    for _ in range(2):
        server.answer(await server.hear("join-session"), ok=False, code="forbidden", retryAfter=30 * 86_400)
        await settled(page, "told.length && told.at(-1) === false")
        for _ in range(30):  # Ten seconds each, with answers to the pings, or the page would give up the connection.
            asked = {frame["type"] for frame in drained(server)}
            assert asked <= {"ping", "hello"}
            server.say(type="pong")
            await page.clock.run_for(10_000)
    server.answer(await server.hear("join-session"), **ROOM, seq=4)
    await settled(page, "told.includes(true)")


async def test_a_room_that_was_left_while_it_waited_is_not_tried_again(page: Page, server: Server) -> None:
    await page.evaluate(
        """() => {
            const entered = (ack) => told.push(ack.code);
            window.leave = shop.enter("join-session", { sessionId: "s1" }, { entered });
        }"""
    )
    server.answer(await server.hear("join-session"), ok=False, code="busy", retryAfter=10.0)
    await settled(page, "told.length")
    await page.evaluate("leave()")
    await page.clock.run_for(20_000)
    await page.evaluate("void shop.send('last')")
    asked: list[str] = []
    while "last" not in asked:
        asked.append((await server.heard.get())["type"])
    assert set(asked) <= {"ping", "last"}


def drained(server: Server) -> list[Frame]:
    """What the page has said so far."""
    return [server.heard.get_nowait() for _ in range(server.heard.qsize())]


async def test_the_answer_to_ones_own_message_does_not_skip_those_before_it(page: Page, server: Server) -> None:
    await enter(page, server)
    await page.evaluate("void shop.send('send-message', {}).then((ack) => answers.push(ack))")
    server.answer(await server.hear("send-message"), **ROOM, seq=6)
    await settled(page, "answers.length")
    assert (await come_back(page, server))["after"] == 4
    for seq in (5, 6):
        server.say(type="new-message", **ROOM, seq=seq)
    assert await settled(page, "told.includes(6) && told") == ["entered", 5, 6]


async def test_two_who_follow_one_room_hear_what_was_missed_once(page: Page, server: Server) -> None:
    await enter(page, server)
    await page.evaluate("void shop.enter('join-session', { sessionId: 's1' }, { resumed: () => told.push('other') })")
    server.answer(await server.hear("join-session"), **ROOM, seq=4)
    asked = [await come_back(page, server), await server.hear("resume")]
    for each in asked:
        server.say(type="new-message", **ROOM, seq=5)
        server.answer(each, **ROOM, seq=5, recovered=True)
    assert await settled(page, "told.length === 4 && told") == ["entered", 5, {"recovered": True}, "other"]


async def test_a_room_that_was_left_is_not_resumed(page: Page, server: Server) -> None:
    await enter(page, server)
    await page.evaluate("leave()")
    await server.lose()
    await page.clock.run_for(2_000)
    await server.hear("hello")
    await page.evaluate("void shop.send('note')")
    assert (await server.heard.get())["type"] == "note"


async def take_seat(page: Page, left: Frame | None = None) -> None:
    """Has the page in a room in which one has a place; `left` is where an earlier page was there."""
    await page.evaluate(
        """(from) => {
            shop.on("new-message", ({ seq }) => told.push(seq));
            const entered = (ack) => told.push(ack.ok ? "entered" : ack.code);
            const resumed = (how) => told.push(how);
            shop.enter("take-seat", { name: "Mia" }, { entered, resumed }, { everyTime: true, from });
        }""",
        left,
    )


async def lose_and_sit_again(page: Page, server: Server) -> None:
    """Until the page has its place again, and something is told there before it could ask for what it missed."""
    await server.lose()
    await page.clock.run_for(2_000)
    server.answer(await server.hear("take-seat"), **ROOM, seq=7)
    server.say(type="new-message", **ROOM, seq=8)


async def test_a_place_is_taken_on_every_connection_and_what_was_missed_is_heard_in_order(
    page: Page, server: Server
) -> None:
    await take_seat(page)
    server.answer(await server.hear("take-seat"), **ROOM, seq=4)
    await settled(page, "told.includes('entered')")
    await lose_and_sit_again(page, server)
    asked = await server.hear("resume")
    assert asked["after"] == 4
    for seq in (5, 6, 8):
        server.say(type="new-message", **ROOM, seq=seq)
    server.answer(asked, **ROOM, seq=8, recovered=True)
    server.say(type="new-message", **ROOM, seq=9)
    assert await settled(page, "told.includes(9) && told") == ["entered", 5, 6, 8, {"recovered": True}, 9]


async def test_a_page_goes_on_where_an_earlier_one_was(page: Page, server: Server) -> None:
    await take_seat(page, ROOM | {"seq": 4})
    server.answer(await server.hear("take-seat"), **ROOM, seq=6)
    asked = await server.hear("resume")
    assert asked["after"] == 4
    server.say(type="new-message", **ROOM, seq=5)
    server.answer(asked, **ROOM, seq=6, recovered=True)
    assert await settled(page, "told.length === 2 && told") == [5, {"recovered": True}]


async def test_what_came_before_a_resumption_that_was_cut_short_leaves_no_hole(page: Page, server: Server) -> None:
    await take_seat(page)
    server.answer(await server.hear("take-seat"), **ROOM, seq=4)
    await settled(page, "told.includes('entered')")
    await lose_and_sit_again(page, server)
    await server.hear("resume")
    await lose_and_sit_again(page, server)
    assert (await server.hear("resume"))["after"] == 4
    assert await page.evaluate("told") == ["entered"]


async def test_a_place_that_is_gone_is_said_so(page: Page, server: Server) -> None:
    await take_seat(page, ROOM | {"seq": 4})
    server.answer(await server.hear("take-seat"), ok=False, code="not_found")
    assert await settled(page, "told.length && told") == ["not_found"]


async def test_what_needs_no_answer_asks_for_none(page: Page, server: Server) -> None:
    await page.evaluate("shop.say('wave', { x: 1 })")
    assert await server.hear("wave") == {"type": "wave", "x": 1}


async def test_one_listener_that_fails_does_not_silence_the_others(page: Page, server: Server) -> None:
    await page.evaluate(
        """() => {
            window.reportError = (error) => answers.push(error.message);
            shop.on("new-message", () => { throw new Error("mine"); });
            shop.on("new-message", ({ message }) => told.push(message));
        }"""
    )
    server.say(type="new-message", message="Hi")
    assert await settled(page, "told.length && [...told, ...answers]") == ["Hi", "mine"]


async def test_a_connection_that_answers_no_ping_is_given_up(page: Page, server: Server) -> None:
    await page.clock.run_for(21_000)
    await server.hear("ping")
    server.say(type="pong")
    await page.clock.run_for(20_000)
    await server.hear("ping")
    assert len(server.connections) == 1
    await page.clock.run_for(62_000)
    await server.hear("hello")
    assert len(server.connections) == 2


async def test_the_network_coming_back_ends_the_pause_at_once(page: Page, server: Server) -> None:
    await server.lose()
    await settled(page, "shop.status.state === 'waiting'")
    await page.evaluate("void dispatchEvent(new Event('online'))")
    await server.hear("hello")


async def test_pauses_between_tries_grow_to_half_a_minute_and_not_beyond(page: Page, server: Server) -> None:
    await page.evaluate("void shop.watch((status) => status.state === 'waiting' && told.push(status.seconds))")
    await page.evaluate("void (Math.random = () => 1)")
    for _ in range(9):
        before = await page.evaluate("told.length")
        await server.lose()
        pause = await settled(page, f"told.length > {before} && told.at(-1)")
        await page.clock.run_for(pause * 1000)
        await server.hear("hello")
    assert await page.evaluate("told") == [1, 2, 4, 8, 16, 30, 30, 30, 30]


async def test_a_refused_connection_is_not_tried_again(page: Page, server: Server) -> None:
    await page.evaluate("void shop.send('note').then((ack) => answers.push(ack.code))")
    await server.hear("note")
    await server.connections[-1].close(code=4401)
    assert await settled(page, "shop.status.state === 'closed' && answers.length && answers") == ["offline"]
    await page.clock.run_for(60_000)
    assert len(server.connections) == 1
