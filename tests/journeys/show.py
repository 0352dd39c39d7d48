"""A whole show, told once for every kind of client: from an account to the record that stays."""

import secrets
from typing import Any, NamedTuple

import httpx

from accounts import tokens
from analytics.models import ProductClick, StreamView
from realtime.runtime import threads
from tests import sockets
from tests.journeys import visitors


class Person(NamedTuple):
    """An account as REST gave it."""

    id: int
    name: str
    token: str


class Api:
    """One server's REST interface."""

    def __init__(self, address: sockets.Address) -> None:
        self.http = httpx.AsyncClient(base_url=f"{address.http}/api", timeout=sockets.PATIENCE)

    async def __aenter__(self) -> "Api":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def call(self, method: str, path: str, person: Person | None = None, **body: Any) -> Any:
        """The parsed answer of a call that must succeed."""
        headers = {"Authorization": f"Bearer {person.token}"} if person else {}
        answer = await self.http.request(method, path, json=body or None, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def register(self) -> Person:
        """A new creator, who logs in."""
        name, secret = f"creator-{secrets.token_hex(6)}", "a long enough secret"  # a random one may be like the name
        email = f"{name}@example.org"
        await self.call("POST", "/auth/register", username=name, email=email, password=secret, role="creator")
        data = (await self.call("POST", "/auth/login", username=name, password=secret))["data"]
        return Person(data["user"]["id"], name, data["accessToken"])


def viewer() -> Person:
    """Someone who has been here before: it would be refused that all register in one minute."""
    user = sockets.make_user()
    return Person(user.pk, user.username, tokens.access_token(user))


class Cast(NamedTuple):
    """Who takes part."""

    creator: visitors.Visitor
    ann: visitors.Visitor
    ben: visitors.Visitor
    guest: visitors.Visitor

    @property
    def viewers(self) -> list[visitors.Visitor]:
        return [self.ann, self.ben, self.guest]


async def play(kind: type[visitors.Visitor], here: sockets.Address, there: sockets.Address) -> None:
    """The creator and Ann are on the server `here`; Ben and the guest on the one `there`, which may be the same."""
    async with Api(here) as api, Api(there) as elsewhere:
        owner, ann, ben = await api.register(), await threads.in_db(viewer), await threads.in_db(viewer)
        product = await api.call(
            "POST", "/products", owner, name="Mug", description="Holds tea.", price=9.5, category="Kitchen"
        )
        session = (await api.call("POST", "/sessions", owner, title="Tea time", productIds=[product["id"]]))["data"]
        session_id = session["id"]
        cast = Cast(
            await kind.arrive(here, owner.token),
            await kind.arrive(here, ann.token),
            await kind.arrive(there, ben.token),
            await kind.arrive(there),
        )
        await _gather(cast, session_id)
        await _go_live(api, cast, owner, session_id)
        await _talk(cast, elsewhere, ben, session_id)
        await _look(cast, session_id, product["id"])
        await _end(api, cast, owner, session_id)
        await _recall(elsewhere, ann, ben, session_id)


async def _gather(cast: Cast, id: str) -> None:
    for visitor in cast:
        ack = await visitor.ask("join-session", {"sessionId": id})
        assert ack["ok"], ack
    for visitor in cast:  # the creator is not counted
        await visitor.expect("viewer-count", lambda count: count == 3)


async def _go_live(api: Api, cast: Cast, owner: Person, id: str) -> None:
    started = (await api.call("POST", f"/sessions/{id}/start-stream", owner))["data"]
    assert (started["channelName"], started["role"]) == (id, "publisher")
    for visitor in cast:
        heard = await visitor.expect("stream-started")
        assert (heard["sessionId"], heard["status"]) == (id, "live")


async def _talk(cast: Cast, elsewhere: Api, ben: Person, id: str) -> None:
    ack = await cast.guest.ask("send-message", {"sessionId": id, "message": "Is it large?", "userName": "Gil"})
    assert ack["ok"], ack
    await cast.ann.ask("send-message", {"sessionId": id, "message": "It is.", "userName": "not Ann"})
    await elsewhere.call("POST", f"/sessions/{id}/chat", ben, message="I have one.")
    for visitor in cast:
        heard = [await visitor.expect("new-message") for _ in range(3)]
        assert [each["message"] for each in heard] == ["Is it large?", "It is.", "I have one."]
        assert [each["userName"] for each in heard][::2] == ["Gil", ben.name]
        assert heard[0]["id"] == ack["id"]
        assert heard[0]["userId"] is None
    assert (await cast.ben.ask("send-reaction", {"sessionId": id, "type": "heart"}))["ok"]
    for visitor in cast:
        assert (await visitor.expect("new-reaction"))["type"] == "heart"
        assert (await visitor.expect("reaction-stats"))["total"] == 1


async def _look(cast: Cast, id: str, product_id: str) -> None:
    refused = await cast.guest.ask("showcase-product", {"sessionId": id, "productId": product_id})
    assert (refused["ok"], refused["code"]) == (False, "forbidden")
    assert (await cast.creator.ask("showcase-product", {"sessionId": id, "productId": product_id}))["ok"]
    for visitor in cast:
        assert (await visitor.expect("product-showcased"))["product"]["name"] == "Mug"
    assert (await cast.ann.ask("track-product-click", {"sessionId": id, "productId": product_id}))["ok"]


async def _end(api: Api, cast: Cast, owner: Person, id: str) -> None:
    await cast.guest.ask("leave-session", id)
    await cast.ann.expect("viewer-count", lambda count: count == 2)
    await cast.guest.go()
    await cast.ben.go()
    await cast.ann.expect("viewer-count", lambda count: count == 1)
    await api.call("POST", f"/sessions/{id}/end-stream", owner)
    for visitor in (cast.creator, cast.ann):
        assert (await visitor.expect("stream-ended"))["status"] == "ended"
        await visitor.go()


async def _recall(api: Api, ann: Person, ben: Person, id: str) -> None:
    session = (await api.call("GET", f"/sessions/{id}"))["data"]
    assert (session["status"], session["reactionCounts"]) == ("ended", {"heart": 1})
    chat = (await api.call("GET", f"/sessions/{id}/chat"))["data"]
    assert [message["message"] for message in chat] == ["Is it large?", "It is.", "I have one."]
    views = await threads.in_db(lambda: list(StreamView.objects.filter(stream__id=id).order_by("pk")))
    assert {view.user_id for view in views} >= {ann.id, ben.id, None}
    assert all(view.left_at is not None for view in views)
    clicks = await threads.in_db(lambda: list(ProductClick.objects.filter(stream__id=id)))
    assert [click.user_id for click in clicks] == [ann.id]
