"""Missing or unsafe settings, each said in one sentence that tells what to do."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register
from django.core.checks import Warning as Caution
from django.core.exceptions import ImproperlyConfigured

KEY_LENGTH = 50  # characters; what Django itself asks of a SECRET_KEY
JWT_KEY_LENGTH = 32  # bytes; what HS256 asks
MEDIA_PROVIDERS = {"p2p", "agora"}

Check = Callable[..., list[CheckMessage]]


def check(findings: Callable[[], Iterator[CheckMessage]]) -> Check:
    def run(**_: Any) -> list[CheckMessage]:
        return list(findings())

    return register(run)


@check
def keys() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        return
    try:
        secret = settings.SECRET_KEY
    except ImproperlyConfigured:
        secret = ""
    if not secret or getattr(settings, "SECRET_KEY_MISSING", False):
        yield Error("Set SECRET_KEY to at least 50 random characters, and keep them.", id="config.E001")
    elif len(secret) < KEY_LENGTH:
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
