"""`/api/ice-servers` and `/api/config/webrtc`: which servers browsers are sent to, and what opens them."""

import base64
import hashlib
import hmac
import time
from typing import Any

import pytest
from django.core.checks import run_checks

from accounts import identity as identities
from signaling import ice
from tests import factories

pytestmark = pytest.mark.django_db

GOOGLE = [{"urls": f"stun:{host}.l.google.com:19302"} for host in ("stun", "stun1", "stun2")]
TURN = "turn:turn.example.com:3478"


@pytest.fixture(autouse=True)
def unset(settings: Any) -> None:
    """Whatever this machine's environment says."""
    settings.STUN_SERVER_URL = [server["urls"] for server in GOOGLE]
    settings.TURN_SERVER_URL, settings.TURN_TTL, settings.ICE_TRANSPORT_POLICY = [], 3600, "all"
    for name in ("TURN_SECRET", "TURN_USERNAME", "TURN_CREDENTIAL", "METERED_USERNAME", "METERED_CREDENTIAL"):
        setattr(settings, name, "")


def servers(path: str = "/api/ice-servers", user: Any = None) -> Any:
    answer = factories.client(user).get(path)
    assert answer.status_code == 200
    return answer.json()


def test_without_settings_there_are_three_public_stun_servers() -> None:
    assert servers() == {"iceServers": GOOGLE}


def test_shop_with_friends_gets_one_stun_server() -> None:
    assert servers("/api/config/webrtc") == {"iceServers": GOOGLE[:1]}


def test_fixed_turn_credentials_are_handed_out(settings: Any) -> None:
    settings.TURN_SERVER_URL = [TURN]
    settings.TURN_USERNAME, settings.TURN_CREDENTIAL = "shop", "secret"
    entry = {"urls": TURN, "username": "shop", "credential": "secret"}
    assert servers() == {"iceServers": [*GOOGLE, entry]}
    assert servers("/api/config/webrtc") == {"iceServers": [GOOGLE[0], entry]}


def test_metereds_relays_come_before_a_turn_server_of_ones_own(settings: Any) -> None:
    settings.TURN_SERVER_URL = [TURN]
    settings.METERED_USERNAME, settings.METERED_CREDENTIAL = "metered", "secret"
    relays = servers()["iceServers"][3:]
    assert [relay["urls"] for relay in relays] == [
        "turn:a.relay.metered.ca:80",
        "turn:a.relay.metered.ca:80?transport=tcp",
        "turn:a.relay.metered.ca:443",
        "turn:a.relay.metered.ca:443?transport=tcp",
    ]
    assert {(relay["username"], relay["credential"]) for relay in relays} == {("metered", "secret")}
    assert servers("/api/config/webrtc")["iceServers"][1]["urls"] == TURN


def test_own_servers_replace_the_public_ones(settings: Any) -> None:
    settings.STUN_SERVER_URL = ["stun:stun.example.com"]
    settings.TURN_SERVER_URL = [TURN, "turns:turn.example.com:5349"]
    stun, turn = servers()["iceServers"]
    assert (stun, turn["urls"]) == ({"urls": "stun:stun.example.com"}, settings.TURN_SERVER_URL)


# --- credentials for a while


def test_with_a_secret_everyone_gets_credentials_of_his_own(settings: Any) -> None:
    settings.TURN_SERVER_URL, settings.TURN_SECRET, settings.METERED_USERNAME = [TURN], "shared", "ignored"
    user = factories.user()
    said = servers(user=user)
    entry = said["iceServers"][-1]
    ends, label = entry["username"].split(":")
    assert label == f"user-{user.pk}"
    assert 3500 < int(ends) - time.time() <= 3600
    signed = hmac.new(b"shared", entry["username"].encode(), hashlib.sha1).digest()
    assert entry["credential"] == base64.b64encode(signed).decode()
    assert (entry["urls"], said["ttl"]) == (TURN, 3600)
    assert servers("/api/config/webrtc", user)["iceServers"][1]["username"].endswith(f":user-{user.pk}")


def test_a_guests_name_at_the_relay_does_not_give_the_guest_away(settings: Any) -> None:
    settings.TURN_SERVER_URL, settings.TURN_SECRET = [TURN], "shared"
    guest = factories.identity()
    username, _ = ice.credentials(guest)
    assert username.split(":")[1].startswith("guest-")
    assert guest.visitor not in username
    assert ice.credentials(guest, now=1.0) == ice.credentials(guest, now=1.0)
    assert ice.credentials(guest, now=1.0) != ice.credentials(factories.identity(), now=1.0)


def test_a_declared_account_is_no_proven_one(settings: Any) -> None:
    settings.TURN_SECRET = "shared"
    user = factories.user()
    declared = identities.Identity(user, "visitor", declared=True)
    assert "guest-" in ice.credentials(declared)[0]


def test_nobody_keeps_the_answer() -> None:
    assert factories.client().get("/api/ice-servers")["Cache-Control"] == "no-store"


def test_addresses_may_be_hidden_behind_the_relay(settings: Any) -> None:
    settings.ICE_TRANSPORT_POLICY = "relay"
    assert servers()["iceTransportPolicy"] == "relay"


# --- what is refused at start


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("TURN_TTL", 3601, "config.E010"),
        ("TURN_TTL", 0, "config.E010"),
        ("ICE_TRANSPORT_POLICY", "none", "config.E011"),
        ("TURN_SECRET", "shared", "config.W004"),
    ],
)
def test_settings_that_are_wrong_are_said_at_start(settings: Any, name: str, value: Any, id: str) -> None:
    assert id not in {message.id for message in run_checks()}
    setattr(settings, name, value)
    assert id in {message.id for message in run_checks()}
