"""match.js against a server that a test plays itself: each way in which a call may not come about, or end."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser import played
from tests.browser.conftest import Window
from tests.browser.played import Frame, Server, settled

pytestmark = pytest.mark.browser

ENTER = """async () => {
    const { Vitrine } = await import("/static/realtime/client.js");
    const { Match } = await import("/static/signaling/match.js");
    window.shop = new Vitrine();
    window.kept = [];
    window.match = new Match(shop, {
        matchId: "tea", seat: { userId: "ann" }, keep: (seat) => kept.push(seat), configure: async () => ({}),
    });
    match.enter();
    shop.connect();
}"""


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def page(server: Server, window: Window) -> Page:
    """Ann's, who has asked for a seat; its clock is ours."""
    page = await played.blank(window, "http://localhost", server)
    await page.evaluate(ENTER)
    return page


async def seat(server: Server, *others: str, **said: Any) -> Frame:
    """Answers the page's registration; returns what it said."""
    asked = await server.hear("register")
    participants = ["ann", *others]
    server.say(
        type="joined",
        matchId="tea",
        userId="ann",
        participants=participants,
        participantCount=len(participants),
        resumeToken="secret",
        **said,
    )
    server.answer(asked, room="match:1", seq=0, epoch="e")
    return asked


async def at(page: Page, stage: str) -> None:
    await settled(page, f"match.stage === '{stage}'")


async def ring(page: Page, server: Server) -> None:
    """Ann calls Ben."""
    await seat(server, "ben")
    await at(page, "together")
    await page.evaluate("match.call()")
    server.answer(await server.hear("initiate-call"))
    await at(page, "calling")


async def test_the_seat_is_asked_for_again_with_what_proves_that_it_is_the_same(page: Page, server: Server) -> None:
    assert "resumeToken" not in await seat(server)
    await at(page, "alone")
    assert await page.evaluate("kept.at(-1)") == {"userId": "ann", "resumeToken": "secret", "talking": False}
    await server.lose()
    await page.clock.run_for(2_000)
    assert (await seat(server, "ben"))["resumeToken"] == "secret"
    await at(page, "together")


async def test_a_full_match_is_tried_again_after_three_seconds(page: Page, server: Server) -> None:
    server.answer(await server.hear("register"), ok=False, code="match_full", message="Full")
    await at(page, "full")
    await page.clock.run_for(3_000)
    await seat(server)
    await at(page, "alone")


async def test_a_match_that_is_for_others_is_not_tried_again(page: Page, server: Server) -> None:
    server.answer(await server.hear("register"), ok=False, code="forbidden", message="Not reserved")
    await at(page, "refused")
    await page.clock.run_for(10_000)
    assert server.heard.empty()


@pytest.mark.parametrize(
    ("told", "ending"),
    [
        ({"type": "call-rejected", "reason": "User declined"}, "rejected"),
        ({"type": "call-rejected", "reason": "timeout"}, "invite_timeout"),
        ({"type": "call-rejected", "reason": "busy"}, "user_busy"),
        ({"type": "call-rejected", "reason": "user_busy"}, "user_busy"),
        ({"type": "call-ended"}, "ended"),
        ({"type": "user-left", "userId": "ben"}, "left"),
    ],
)
async def test_a_call_that_is_not_taken_up_says_why(
    page: Page, server: Server, told: dict[str, str], ending: str
) -> None:
    await ring(page, server)
    server.say(**told | {"from": "ben"})
    await at(page, "over")
    assert await page.evaluate("match.ending") == ending


@pytest.mark.parametrize("told", ["call-ended", "user-left", "call-rejected"])
async def test_a_ringing_that_stops_was_missed(page: Page, server: Server, told: str) -> None:
    await seat(server, "ben")
    server.say(type="incoming-call", **{"from": "ben"})
    await at(page, "ringing")
    server.say(type=told, userId="ben", reason="timeout", **{"from": "ben"})
    await at(page, "over")
    assert await page.evaluate("match.ending") == "missed"


async def test_who_is_in_another_call_is_rung_all_the_same(page: Page, server: Server) -> None:
    await ring(page, server)
    server.say(type="call-busy", **{"from": "ben"})
    await settled(page, "match.busy")
    assert await page.evaluate("match.stage") == "calling"


async def test_who_has_just_lost_the_connection_is_waited_for(page: Page, server: Server) -> None:
    await seat(server, "ben")
    await at(page, "together")
    await page.evaluate("match.call()")
    server.answer(await server.hear("initiate-call"), ok=False, code="user_offline", message="Gone")
    await settled(page, "match.waiting")
    server.say(type="user-joined", userId="ben", participantCount=2, role="impolite")
    assert (await server.hear("initiate-call"))["to"] == "ben"


async def test_an_older_client_offers_instead_of_ringing(page: Page, server: Server) -> None:
    await seat(server, "zoe")
    server.say(type="offer", offer={"type": "offer", "sdp": "v=0"}, **{"from": "zoe"})
    await at(page, "ringing")
    await page.evaluate("match.decline()")
    assert (await server.hear("reject-call"))["to"] == "zoe"
    assert await page.evaluate("match.ending") == "declined"


async def test_an_offer_that_was_on_its_way_when_the_call_ended_does_not_ring(page: Page, server: Server) -> None:
    await ring(page, server)
    await page.evaluate("match.hangUp()")
    server.say(type="offer", offer={"type": "offer", "sdp": "v=0"}, **{"from": "ben"})
    server.say(type="user-left", userId="ben")
    await settled(page, "match.other === null")
    assert await page.evaluate("match.stage") == "over"


async def test_a_connection_that_never_comes_about_is_given_up(page: Page, server: Server) -> None:
    await ring(page, server)
    server.say(type="call-accepted", **{"from": "ben"})
    await at(page, "talking")
    await page.clock.run_for(60_000)
    assert (await server.hear("end-call"))["reason"] == "ice_failed"
    assert await page.evaluate("match.ending") == "ice_failed"


async def test_a_page_loaded_again_in_a_call_rings_at_once(page: Page, server: Server) -> None:
    await ring(page, server)
    server.say(type="call-accepted", **{"from": "ben"})
    await at(page, "talking")
    assert await page.evaluate("kept.at(-1).talking")
    await page.evaluate(
        """async () => {
            const { Match } = await import("/static/signaling/match.js");
            match.leave = () => {};
            window.match = new Match(shop, { matchId: "tea", seat: kept.at(-1), configure: async () => ({}) });
            match.enter();
        }"""
    )
    await seat(server, "ben")
    assert (await server.hear("initiate-call"))["to"] == "ben"
