"""Access to a show's picture and sound: what each provider gives to whom, and when it gives no more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.core.checks import run_checks
from django.core.exceptions import ValidationError
from django.test import Client
from livekit import api

from accounts.models import User
from config import checks
from realtime.models import Restriction
from streams import media
from streams.media import agora, hls, livekit, p2p
from streams.media.access import AccessRequest, Role
from streams.models import Stream
from tests import factories
from tests.streams.test_media import APP_ID, CERTIFICATE, decode, signature

KEY, SECRET = "APIkey", "a secret that is long enough for it"
PLAYLIST = "https://video.example/show/index.m3u8"
SEVEN = {"sessionId", "channelName", "token", "uid", "appId", "expiresAt", "role"}
NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)

Provide = Callable[..., None]


@pytest.fixture
def provide(settings: Any) -> Provide:
    """Chooses a provider, all of which are configured."""
    settings.AGORA_APP_ID, settings.AGORA_APP_CERTIFICATE, settings.AGORA_TOKEN_EXPIRY = APP_ID, CERTIFICATE, 3600
    settings.LIVEKIT_URL, settings.LIVEKIT_API_KEY, settings.LIVEKIT_API_SECRET = "wss://live.example", KEY, SECRET

    def choose(name: str) -> None:
        settings.MEDIA_PROVIDER = name

    return choose


def asked(role: Role = "publisher", address: str = PLAYLIST) -> AccessRequest:
    return AccessRequest("channel", address, 7, "user:7", role, NOW)


def access(client: Any, stream: Stream, path: str = "stream-token") -> dict[str, Any]:
    data: dict[str, Any] = client.get(f"/api/sessions/{stream.pk}/{path}").json()["data"]
    return data


def test_the_check_knows_the_providers_there_are() -> None:
    assert set(media.PROVIDERS) == checks.MEDIA_PROVIDERS


@pytest.mark.parametrize("name", sorted(checks.MEDIA_PROVIDERS))
def test_the_settings_choose_who_provides_and_answers_keep_their_fields(
    creator: User, viewer: User, provide: Provide, name: str
) -> None:
    provide(name)
    stream = factories.stream(creator, stream_url=PLAYLIST)
    owner = factories.client(creator)
    started = owner.post(f"/api/sessions/{stream.pk}/start-stream").json()["data"]
    assert (started["provider"], started["role"], started["uid"]) == (name, "publisher", creator.pk)
    for client, uid in ((factories.client(viewer), viewer.pk), (factories.client(), 0)):
        data = access(client, stream)
        assert set(data) == SEVEN | {"provider", "url"}
        assert (data["provider"], data["role"], data["uid"]) == (name, "subscriber", uid)
        assert data["channelName"] == data["sessionId"] == str(stream.pk)
        renewed = client.post(f"/api/sessions/{stream.pk}/refresh-token").json()["data"]
        assert {**renewed, "token": "", "expiresAt": ""} == {**data, "token": "", "expiresAt": ""}


def test_peers_need_no_token() -> None:
    lasts = NOW + timedelta(hours=24)
    assert p2p.access(asked("subscriber")) == ("p2p", "", "", "channel", 7, "subscriber", lasts, "")


# --- Agora


def test_agora_gives_a_place_with_a_token_of_the_same_length(provide: Provide) -> None:
    provide("agora")
    access = agora.access(asked())
    assert (access.provider, access.app_id, access.expires_at) == ("agora", APP_ID, NOW + timedelta(hours=1))
    decoded = decode(access.token)
    assert (decoded.issued, decoded.lifetime, decoded.channel) == (int(NOW.timestamp()), 3600, "channel")


def test_agora_knows_whom_a_viewers_token_is_for(live: Stream, viewer: User, provide: Provide) -> None:
    provide("agora")
    decoded = decode(access(factories.client(viewer), live)["token"])
    assert (decoded.channel, decoded.uid, set(decoded.privileges)) == (str(live.pk), str(viewer.pk), {1})
    assert decoded.signature == signature(decoded, CERTIFICATE)


# --- LiveKit


def claims(token: str, secret: str = SECRET) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(token, secret, algorithms=["HS256"])
    return read


@pytest.mark.parametrize(("role", "publishes"), [("publisher", True), ("subscriber", False)])
def test_a_livekit_token_says_all_that_its_holder_may_do(provide: Provide, role: Role, publishes: bool) -> None:
    provide("livekit")
    access = livekit.access(asked(role))
    said = claims(access.token)
    assert said["video"] == {
        "roomJoin": True,
        "room": "channel",
        "canPublish": publishes,
        "canPublishData": False,
        "canSubscribe": True,
        "canUpdateOwnMetadata": False,
    }
    assert (said["iss"], said["exp"] - said["nbf"]) == (KEY, 3600)
    assert (access.url, access.expires_at) == ("wss://live.example", NOW + timedelta(hours=1))
    assert api.TokenVerifier(KEY, SECRET).verify(access.token).identity == said["sub"]


def test_a_livekit_token_is_worth_nothing_under_another_secret(provide: Provide) -> None:
    provide("livekit")
    token = livekit.access(asked()).token
    with pytest.raises(jwt.InvalidSignatureError):
        claims(token, SECRET[::-1])
    with pytest.raises(jwt.InvalidTokenError):
        api.TokenVerifier("other", SECRET).verify(token)


def test_each_tab_is_a_participant_and_none_tells_who_it_is(provide: Provide) -> None:
    provide("livekit")
    first, second = (claims(livekit.access(asked()).token)["sub"] for _ in range(2))
    assert first != second
    assert first.split("-")[0] == second.split("-")[0] != livekit.participant("user:8").split("-")[0]
    assert "user:7" not in first


# --- HLS


@pytest.mark.parametrize("address", [PLAYLIST, "https://video.example:8443/x", "/media/show.m3u8"])
def test_hls_plays_what_is_encrypted_or_on_this_server(address: str) -> None:
    access = hls.access(asked(address=address))
    assert (access.url, access.token, access.expires_at) == (address, "", NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://video.example/x.m3u8",
        "rtmp://video.example/x",
        "//video.example/x",
        "/\\video.example/x",
        "https://user@video.example/",
        "https://video.example;script-src/",
        "https:///x",
        "javascript:alert(1)",
        "x.m3u8",
    ],
)
def test_hls_plays_nothing_else(address: str) -> None:
    with pytest.raises(ValidationError, match="HLS playlist"):
        hls.access(asked(address=address))


def test_a_show_without_a_playlist_does_not_start(creator: User, provide: Provide) -> None:
    provide("hls")
    stream = factories.stream(creator)
    answer = factories.client(creator).post(f"/api/sessions/{stream.pk}/start-stream")
    assert (answer.status_code, answer.json()["message"]) == (400, hls.UNPLAYABLE)
    stream.refresh_from_db()
    assert stream.status == "scheduled"


def test_a_path_on_this_server_may_be_a_shows_address(creator: User) -> None:
    stream = factories.stream(creator)
    path = f"/api/sessions/{stream.pk}"
    for address, status in [("/media/x.m3u8", 200), ("//evil.example/x", 400), ("/\\evil.example", 400)]:
        assert factories.client(creator).patch(path, {"streamUrl": address}).status_code == status, address


# --- renewal and its end


@pytest.mark.parametrize("name", sorted(checks.MEDIA_PROVIDERS))
def test_a_ban_and_the_end_of_a_show_stop_renewals(creator: User, viewer: User, provide: Provide, name: str) -> None:
    provide(name)
    stream = factories.stream(creator, "live", stream_url=PLAYLIST)
    path, client = f"/api/sessions/{stream.pk}/refresh-token", factories.client(viewer)
    owner = factories.client(creator)
    assert client.post(path).status_code == 200
    assert owner.post(path, {"role": "publisher"}).json()["data"]["role"] == "publisher"
    Restriction.objects.ban(f"user:{viewer.pk}", room=stream.room_key)
    for answer in (client.post(path), client.get(f"/api/sessions/{stream.pk}/stream-token")):
        assert answer.status_code == 403
        assert "data" not in answer.json()
    stream.end()
    for role in ("publisher", "subscriber"):
        answer = owner.post(path, {"role": role})
        assert (answer.status_code, answer.json()["message"]) == (400, "Cannot refresh token - stream is not live")


def test_who_is_banned_from_the_house_starts_nothing(creator: User, provide: Provide) -> None:
    provide("livekit")
    stream = factories.stream(creator)
    Restriction.objects.ban(f"user:{creator.pk}")
    answer = factories.client(creator).post(f"/api/sessions/{stream.pk}/start-stream")
    assert answer.status_code == 403
    stream.refresh_from_db()
    assert stream.status == "scheduled"


# --- what pages may reach, and what is configured wrongly


def test_only_what_carries_the_picture_may_be_reached(settings: Any, provide: Provide) -> None:
    settings.AGORA_SDK_URL, settings.HLS_ORIGINS = "https://sdk.example/a.js", ["https://cdn.example"]
    assert p2p.sources(PLAYLIST) == {}
    assert agora.sources(PLAYLIST)["script-src"] == ["https://sdk.example/a.js"]
    assert livekit.sources(PLAYLIST) == {"connect-src": ["wss://live.example", "https://live.example"]}
    assert hls.sources(PLAYLIST) == {"connect-src": ["https://cdn.example", "https://video.example"]}
    for harmless in ("/media/x.m3u8", "http://video.example/x", "https://a;script-src *"):
        assert hls.sources(harmless) == {"connect-src": ["https://cdn.example"]}


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("p2p", ""),
        ("livekit", "wss://live.example https://live.example"),
        ("hls", "https://video.example"),
        ("agora", "https://*.agora.io https://*.sd-rtn.com wss://*.agora.io wss://*.sd-rtn.com"),
    ],
)
def test_pages_of_a_show_and_no_others_may_reach_its_carrier(
    client: Client, creator: User, settings: Any, provide: Provide, name: str, reached: str
) -> None:
    provide(name)
    settings.AGORA_SDK_URL = "https://sdk.example/a.js"
    stream = factories.stream(creator, stream_url=PLAYLIST)

    def policy(path: str) -> dict[str, str]:
        rules = client.get(path).headers["Content-Security-Policy"].split("; ")
        return dict(rule.split(" ", 1) for rule in rules)

    front, watch = policy("/"), policy(f"/watch/{stream.pk}/")
    assert watch["connect-src"] == f"{front['connect-src']} {reached}".strip()
    assert watch["script-src"] == ("'self' https://sdk.example/a.js" if name == "agora" else "'self'")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"MEDIA_PROVIDER": "zoom"}, "config.E005"),
        ({"MEDIA_PROVIDER": "agora", "AGORA_APP_ID": ""}, "config.E006"),
        ({"MEDIA_PROVIDER": "agora", "AGORA_SDK_URL": ""}, "config.I002"),
        ({"AGORA_SDK_URL": "http://sdk.example/a.js"}, "config.E007"),
        ({"AGORA_SDK_URL": "https://sdk.example/a.js; script-src *"}, "config.E007"),
        ({"MEDIA_PROVIDER": "livekit", "LIVEKIT_URL": "https://live.example"}, "config.E008"),
        ({"MEDIA_PROVIDER": "livekit", "LIVEKIT_API_KEY": ""}, "config.E008"),
        ({"MEDIA_PROVIDER": "livekit", "LIVEKIT_API_SECRET": "short"}, "config.E009"),
    ],
)
@pytest.mark.usefixtures("provide")
def test_a_provider_that_lacks_something_is_said_at_start(settings: Any, given: dict[str, str], wrong: str) -> None:
    assert wrong not in {found.id for found in run_checks()}
    for name, value in given.items():
        setattr(settings, name, value)
    assert wrong in {found.id for found in run_checks()}
