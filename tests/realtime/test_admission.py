"""Who may open a socket and as whom: origins, tokens, tickets, page sessions, guests, and those whose access ends."""

import re
from collections.abc import Callable
from functools import partial
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
import websockets
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client as DjangoClient

from accounts import identity as identities
from accounts import tokens
from accounts.models import Role, Ticket, User
from realtime.runtime import threads
from tests import factories, sockets

pytestmark = pytest.mark.usefixtures("live_db")

Settings = Any


@pytest.fixture
def allowed(settings: Settings) -> None:
    """As CORS_ORIGINS=https://shop.example,https://*.partner.example sets it."""
    settings.CORS_ALLOW_ALL_ORIGINS = False
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    settings.CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://[^/]*\.partner\.example$"]


async def who(client: sockets.Client) -> identities.Identity:
    """Whom the server takes this client for."""
    return (await sockets.taken_up(client)).identity


async def refusal(server: sockets.Address, **options: Any) -> int:
    """The HTTP status with which a handshake is refused."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        await sockets.connect(server, **options)
    return refused.value.response.status_code


async def user_with(call: Callable[[User], Any], role: str = Role.VIEWER) -> tuple[User, Any]:
    """A new user, and what the call makes of it."""
    user = await threads.in_db(sockets.make_user, role)
    return user, await threads.in_db(call, user)


# --- origins


@pytest.mark.everywhere
@pytest.mark.parametrize("origin", ["https://shop.example", "https://eu.partner.example"])
async def test_a_listed_origin_is_let_in(server: sockets.Address, allowed: None, origin: str) -> None:
    async with await sockets.connect(server, origin=origin) as client:
        assert (await who(client)).is_guest


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
        "https://shop.example:8443",
        "https://partner.example",
        "https://a/.partner.example",
        "https://evilpartner.example",
        "null",
    ],
)
async def test_a_foreign_origin_is_refused_before_it_is_accepted(
    server: sockets.Address, allowed: None, origin: str
) -> None:
    assert await refusal(server, origin=origin) == 403


async def test_our_own_pages_and_programs_without_an_origin_are_let_in(server: sockets.Address, allowed: None) -> None:
    async with await sockets.connect(server, origin=server.http) as page, await sockets.connect(server) as program:
        assert (await who(page)).is_guest
        assert (await who(program)).is_guest


async def test_a_star_lets_everyone_in(server: sockets.Address, settings: Settings) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = True
    async with await sockets.connect(server, origin="https://anywhere.example") as client:
        assert (await who(client)).is_guest


# --- what proves a user


@pytest.mark.everywhere
async def test_a_token_among_the_subprotocols_is_answered_by_our_name_alone(server: sockets.Address) -> None:
    user, options = await user_with(sockets.bearer)
    async with await sockets.connect(server, **options) as client:
        assert client.connection.subprotocol == "vitrine"
        assert (await who(client)).user == user


@pytest.mark.everywhere
async def test_a_ticket_opens_one_socket_and_no_second(server: sockets.Address) -> None:
    user, ticket = await user_with(Ticket.objects.issue)
    async with await sockets.connect(server, f"/?ticket={ticket}") as client:
        assert (await who(client)).user == user
    async with await sockets.connect(server, f"/?ticket={ticket}", greeted=False) as second:
        assert await second.next() == {"type": "error", "message": "Invalid or expired ticket"}
        assert await second.close_code() == 4401


@sockets.ON_BOTH
@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_bad_token_is_told_so_and_closed_with_4401(server: sockets.Address, token: str) -> None:
    async with await sockets.connect(server, greeted=False, subprotocols=["vitrine", token]) as client:
        assert await client.next() == {"type": "error", "message": "Invalid or expired access token"}
        assert await client.close_code() == 4401


async def test_a_token_from_before_a_logout_opens_nothing(server: sockets.Address) -> None:
    user, options = await user_with(sockets.bearer)
    await threads.in_db(user.log_out)
    async with await sockets.connect(server, greeted=False, **options) as client:
        assert (await client.next())["type"] == "error"
        assert await client.close_code() == 4401


def page_session(user: User) -> str:
    """The Cookie header of a page that `user` has logged in to."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = django_settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{django_settings.SESSION_COOKIE_NAME}={session.session_key}"


@pytest.mark.everywhere
async def test_a_pages_session_verifies_its_own_sockets(server: sockets.Address) -> None:
    user, cookie = await user_with(page_session)
    async with await sockets.connect(server, origin=server.http, additional_headers={"Cookie": cookie}) as client:
        assert (await who(client)).user == user


async def test_another_sites_page_cannot_borrow_a_session(server: sockets.Address, allowed: None) -> None:
    _, cookie = await user_with(page_session)
    async with await sockets.connect(
        server, origin="https://shop.example", additional_headers={"Cookie": cookie}
    ) as client:
        assert (await who(client)).is_guest


@pytest.mark.parametrize("stranger", ['prefs={"a":1}', "a[]=1", "bad key=x", "=x", "x", 'q="unfinished'])
async def test_cookies_of_other_software_do_not_hide_ours(server: sockets.Address, stranger: str) -> None:
    user, cookie = await user_with(page_session)
    async with await sockets.connect(
        server, origin=server.http, additional_headers={"Cookie": f"{stranger}; {cookie}"}
    ) as client:
        assert (await who(client)).user == user


async def test_a_session_that_was_logged_out_is_a_guests(server: sockets.Address) -> None:
    user, cookie = await user_with(page_session)
    await threads.in_db(user.log_out)
    async with await sockets.connect(server, origin=server.http, additional_headers={"Cookie": cookie}) as client:
        assert (await who(client)).is_guest


# --- guests


@pytest.mark.everywhere
async def test_a_guest_is_given_a_cookie_and_known_by_it(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        first = await who(client)
        assert client.connection.response is not None
        given = SimpleCookie(client.connection.response.headers["Set-Cookie"])[identities.COOKIE]
    assert (given["httponly"], given["samesite"], given["path"]) == (True, "Lax", "/")
    headers = {"Cookie": f"{identities.COOKIE}={given.value}"}
    async with await sockets.connect(server, additional_headers=headers) as client:
        assert client.connection.response is not None
        assert "Set-Cookie" not in client.connection.response.headers
        assert (await who(client)).key == first.key


async def test_a_forged_visitor_is_another_one(server: sockets.Address) -> None:
    headers = {"Cookie": f"{identities.COOKIE}=1234:forged"}
    async with await sockets.connect(server, additional_headers=headers) as client:
        assert re.fullmatch(r"visitor:[0-9a-f]{32}", (await who(client)).key)


async def test_guests_without_a_cookie_are_different_people(server: sockets.Address) -> None:
    async with await sockets.connect(server) as one, await sockets.connect(server) as other:
        assert (await who(one)).key != (await who(other)).key


# --- when access ends


REVOCATIONS: dict[str, Callable[[User], object]] = {
    "a logout": lambda user: user.log_out(),
    "a new password": lambda user: user.update_profile(password="another good one"),
    "deactivation": lambda user: user.deactivate(),
    "a new role": lambda user: user.set_role(Role.CREATOR),
}


@sockets.ON_BOTH
@pytest.mark.everywhere
@pytest.mark.parametrize("revocation", REVOCATIONS)
async def test_every_socket_of_a_user_is_closed_when_access_ends(server: sockets.Address, revocation: str) -> None:
    user, options = await user_with(sockets.bearer)
    _, others = await user_with(sockets.bearer)
    async with (
        await sockets.connect(server, **options) as one,
        await sockets.connect(server, "/ws/streams/", **options) as two,
        await sockets.connect(server, **others) as other,
    ):
        for client in (one, two, other):
            await client.ask("ping")
        await threads.in_db(REVOCATIONS[revocation], user)
        assert await one.close_code() == 4401
        assert await two.close_code() == 4401
        assert (await other.ask("ping"))["ok"]


async def test_a_socket_that_identified_itself_later_is_closed_too(server: sockets.Address) -> None:
    user = await threads.in_db(sockets.make_user)
    async with await sockets.connect(server) as client:
        connection = await sockets.taken_up(client)
        await connection.authenticate(await threads.in_db(tokens.access_token, user))
        await threads.in_db(user.log_out)
        assert await client.close_code() == 4401


# --- declared identities


@pytest.mark.everywhere
async def test_a_declared_id_is_a_label_at_most(server: sockets.Address, show: sockets.Show) -> None:
    user = await threads.in_db(sockets.make_user)
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id, userId=user.pk)
        for name, shown in (("Ann", "Ann"), (user.username, "Guest")):  # the name of an account is nobody else's
            await client.say("send-message", sessionId=show.id, message="hi", userId=user.pk, userName=name)
            said = await client.expect("new-message")
            assert (said["userId"], said["userName"]) == (None, shown)
        assert (await who(client)).is_guest


async def test_where_old_clients_are_trusted_the_first_declared_identity_is_believed(
    server: sockets.Address, show: sockets.Show, settings: Settings
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    user, other = await threads.in_db(lambda: (sockets.make_user(), sockets.make_user()))
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id, userId=user.pk)
        await client.say("send-message", sessionId=show.id, message="hi", userId=other.pk, userName="someone")
        said = await client.expect("new-message")
        assert (said["userId"], said["userName"]) == (user.pk, user.username)


async def test_a_declared_identity_gives_no_rights(
    server: sockets.Address, show: sockets.Show, settings: Settings
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id, userId=show.creator.pk)
        ack = await client.ask("showcase-product", sessionId=show.id, productId=None)
        assert (ack["ok"], ack["code"]) == (False, "forbidden")


async def test_a_declared_owner_is_believed_where_their_token_came_from_over_rest(
    server: sockets.Address, show: sockets.Show, settings: Settings
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    anywhere = factories.client(show.creator)
    await threads.in_db(partial(anywhere.get, "/api/sessions", REMOTE_ADDR="198.51.100.7"))
    for address, believed in ((None, False), ("127.0.0.1", True)):
        if address:
            await threads.in_db(partial(anywhere.get, "/api/sessions", REMOTE_ADDR=address))
        async with await sockets.connect(server) as client:
            await client.ask("join-session", sessionId=show.id, userId=show.creator.pk)
            assert await client.expect("viewer-count") == {"type": "viewer-count", "data": 0 if believed else 1}
            ack = await client.ask("showcase-product", sessionId=show.id, productId=None)
            assert ack["ok"] == believed
            assert not (await who(client)).verified


async def test_rights_over_others_are_never_declared(
    server: sockets.Address, show: sockets.Show, settings: Settings
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    admin = await threads.in_db(factories.user, "admin")
    await threads.in_db(partial(factories.client(admin).get, "/api/sessions", REMOTE_ADDR="127.0.0.1"))
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id, userId=admin.pk)
        ack = await client.ask("showcase-product", sessionId=show.id, productId=None)
        assert (ack["ok"], ack["code"]) == (False, "forbidden")


async def test_who_ever_spoke_with_a_token_cannot_be_declared_without_one(
    server: sockets.Address, show: sockets.Show, settings: Settings
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    user, options = await user_with(sockets.bearer)
    async with await sockets.connect(server, **options) as client:
        await who(client)
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id, userId=user.pk)
        assert (await who(client)).is_guest


@pytest.mark.parametrize("role", ["moderator", "staff", "admin"])
async def test_nobody_speaks_as_someone_with_power_by_declaring_it(
    server: sockets.Address, show: sockets.Show, settings: Settings, role: str
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    user = await threads.in_db(factories.user, role)
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id)
        await client.ask("send-message", sessionId=show.id, message="hi", userId=user.pk, userName="someone")
        said = next(frame for frame in client.passed if frame["type"] == "new-message")
        assert (said["userId"], said["userName"]) == (None, "someone")


def log_in(user: User, path: str) -> None:
    """At a page, or over the API."""
    user.set_password("a good secret")
    user.save()
    form = urlencode({"username": user.username, "password": "a good secret"})
    answer = DjangoClient().post(path, form, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (200, 302), answer.content


@pytest.mark.parametrize(("path", "believed"), [("/login/", False), ("/api/auth/login", True)])
async def test_a_log_in_at_a_page_ends_the_trust_as_a_token_does(
    server: sockets.Address, show: sockets.Show, settings: Settings, path: str, believed: bool
) -> None:
    """The API's log-in does not: old clients use it, and declare themselves over their sockets."""
    settings.TRUST_DECLARED_IDENTITY = True
    user = await threads.in_db(sockets.make_user)
    await threads.in_db(log_in, user, path)
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id, userId=user.pk)
        assert (await who(client)).is_guest != believed


@pytest.mark.everywhere
@pytest.mark.parametrize("declared", ["9" * 64, 10**18, -1, 0, "abc", "1.5", "\u0663", ""])
async def test_a_declared_id_that_nobody_has_is_a_guest(
    server: sockets.Address, show: sockets.Show, settings: Settings, declared: object
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    async with await sockets.connect(server) as client:
        ack = await client.ask("join-session", sessionId=show.id, userId=declared)
        assert ack["ok"], ack
        assert (await who(client)).is_guest
