"""Missing or unsafe settings, each said in one sentence that tells what to do."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register
from django.core.checks import Warning as Caution
from django.utils.module_loading import import_string

from recordings import sealing
from rest import signatures

KEY_LENGTH = 50  # characters; what Django itself asks of a SECRET_KEY
JWT_KEY_LENGTH = 32  # bytes; what HS256 asks
SCRIPT = r"https://[^/;,\s]+/[^;,\s]+\Z"  # such as may stand in a Content Security Policy
LONGEST_TURN = 60 * 60  # seconds that TURN credentials may be good
ICE_TRANSPORT_POLICIES = ("all", "relay")
MEDIA_PROVIDERS = {"p2p", "livekit", "agora", "hls"}

Check = Callable[..., list[CheckMessage]]


def check(findings: Callable[[], Iterator[CheckMessage]]) -> Check:
    def run(**_: Any) -> list[CheckMessage]:
        return list(findings())

    return register(run)


@check
def keys() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        return
    if settings.SECRET_KEY_MISSING:
        yield Error("Set SECRET_KEY to at least 50 random characters, and keep them.", id="config.E001")
    elif len(settings.SECRET_KEY) < KEY_LENGTH:
        yield Error(f"Make SECRET_KEY at least {KEY_LENGTH} random characters long.", id="config.E002")
    elif len(settings.JWT_SECRET.encode()) < JWT_KEY_LENGTH:
        yield Caution(f"Make JWT_SECRET at least {JWT_KEY_LENGTH} bytes long.", id="config.W001")


@check
def declared_identity() -> Iterator[CheckMessage]:
    if settings.DEBUG or not settings.TRUST_DECLARED_IDENTITY:
        return
    try:
        until = date.fromisoformat(settings.TRUST_DECLARED_UNTIL)
    except ValueError:
        yield Error(
            "TRUST_DECLARED_IDENTITY believes whoever claims a name: set TRUST_DECLARED_UNTIL to the date (YYYY-MM-DD) "
            "by which the old clients are gone, or turn it off.",
            id="config.E003",
        )
    else:
        if until < date.today():
            yield Error(
                f"TRUST_DECLARED_UNTIL is over since {until}: turn TRUST_DECLARED_IDENTITY off or set a later date.",
                id="config.E004",
            )


@check
def chat_hook() -> Iterator[CheckMessage]:
    signing = {
        "PURCHASE_SECRETS": settings.PURCHASES.secrets,
        "CATALOGUE_SECRETS": settings.PURCHASES.catalogue_secrets,
    }
    for name, secret in ((name, secret) for name, secrets in signing.items() for secret in secrets):
        try:
            signatures.key_of(secret)
        except ValueError as error:
            yield Error(f"{name}: {error}.", id="config.E040")
    if settings.CHAT_HOOK_FAILS not in ("open", "closed"):
        yield Error("Set CHAT_HOOK_FAILS to open or closed.", id="config.E030")
    if settings.CHAT_HOOK and urlsplit(settings.CHAT_HOOK).scheme not in ("http", "https"):
        try:
            import_string(settings.CHAT_HOOK)
        except ImportError:
            yield Error("Set CHAT_HOOK to the dotted path of a callable, or to an http(s) address.", id="config.E031")


@check
def media() -> Iterator[CheckMessage]:
    if settings.MEDIA_PROVIDER not in MEDIA_PROVIDERS:
        yield Error(
            f"MEDIA_PROVIDER is {settings.MEDIA_PROVIDER!r}: set it to one of {', '.join(sorted(MEDIA_PROVIDERS))}.",
            id="config.E005",
        )
    if settings.MEDIA_PROVIDER == "agora" and not (settings.AGORA_APP_ID and settings.AGORA_APP_CERTIFICATE):
        yield Error(
            "MEDIA_PROVIDER is agora: set AGORA_APP_ID and AGORA_APP_CERTIFICATE, or choose another provider.",
            id="config.E006",
        )
    elif settings.MEDIA_PROVIDER == "agora" and not settings.AGORA_SDK_URL:
        yield Info("Set AGORA_SDK_URL, or the shop's own pages show no video.", id="config.I002")
    if settings.AGORA_SDK_URL and not re.match(SCRIPT, settings.AGORA_SDK_URL):
        yield Error("Make AGORA_SDK_URL the https address of one script.", id="config.E007")
    if settings.MEDIA_PROVIDER == "livekit":
        yield from livekit()


def livekit() -> Iterator[CheckMessage]:
    if not (re.match(r"wss?://[^/;,\s]+", settings.LIVEKIT_URL) and settings.LIVEKIT_API_KEY):
        yield Error(
            "MEDIA_PROVIDER is livekit: set LIVEKIT_URL to a wss:// address, LIVEKIT_API_KEY and LIVEKIT_API_SECRET.",
            id="config.E008",
        )
    elif len(settings.LIVEKIT_API_SECRET.encode()) < JWT_KEY_LENGTH:
        yield Error(f"Make LIVEKIT_API_SECRET at least {JWT_KEY_LENGTH} bytes long.", id="config.E009")


@check
def turn() -> Iterator[CheckMessage]:
    if not 0 < settings.TURN_TTL <= LONGEST_TURN:
        yield Error(
            f"TURN_TTL is {settings.TURN_TTL}: set it to {LONGEST_TURN} seconds or less; credentials do get about.",
            id="config.E010",
        )
    if settings.ICE_TRANSPORT_POLICY not in ICE_TRANSPORT_POLICIES:
        yield Error("Set ICE_TRANSPORT_POLICY to all or relay.", id="config.E011")
    if settings.TURN_SECRET and not settings.TURN_SERVER_URL:
        yield Caution("TURN_SECRET has no use without TURN_SERVER_URL, the address of your coturn.", id="config.W004")


@check
def recordings() -> Iterator[CheckMessage]:
    for key in settings.RECORDINGS_KEY:
        try:
            sealing.read_key(key)
        except ValueError:
            yield Error(f"Make each key of RECORDINGS_KEY {sealing.KEY} random bytes in base64.", id="config.E012")
    if not settings.RECORDINGS_ENCRYPTION:
        yield Caution(
            "RECORDINGS_ENCRYPTION is off: what is recorded lies readable in the database and the storage.",
            id="config.W006",
        )
    elif not settings.RECORDINGS_KEY:
        yield Info(
            f"Set RECORDINGS_KEY to {sealing.KEY} random bytes in base64, or nothing is recorded.", id="config.I003"
        )


@check
def support_mail() -> Iterator[CheckMessage]:
    if bool(settings.SUPPORT.reply_to) != bool(settings.SUPPORT.inbound_secret):
        yield Caution(
            "Answers to support's mails are only taken in with both SUPPORT_REPLY_TO and SUPPORT_INBOUND_SECRET.",
            id="config.W005",
        )


@check
def neighbours() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        return
    if "*" in settings.CORS_ORIGINS:
        yield Caution("CORS_ORIGINS lets every website in: name the origins of your own pages.", id="config.W002")
    if not settings.ALLOWED_HOSTS:
        yield Caution("Set ALLOWED_HOSTS to the host names of this server: it answers no other.", id="config.W003")
    if not settings.REDIS_URL:
        yield Info("Set REDIS_URL before you run more than one process.", id="config.I001")
