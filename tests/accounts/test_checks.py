"""What the server refuses to start with, or warns of."""

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from config import checks, mail

GOOD = {
    "DEBUG": False,
    "SECRET_KEY": "k" * 60,
    "SECRET_KEY_MISSING": False,
    "JWT_SECRET": "j" * 60,
    "ALLOWED_HOSTS": ["shop.example"],
    "TRUST_DECLARED_IDENTITY": False,
    "TRUST_DECLARED_UNTIL": "",
    "MEDIA_PROVIDER": "p2p",
    "AGORA_APP_ID": "",
    "AGORA_APP_CERTIFICATE": "",
    "CORS_ORIGINS": ["https://shop.example"],
    "REDIS_URL": "redis://localhost",
    "RECORDINGS_KEY": ["k" * 43 + "="],
    "RECORDINGS_ENCRYPTION": True,
    "SUPPORT": mail.Support("https://shop.example", "", "", 120),
}


def found(settings: Any, **changes: Any) -> list[str]:
    for name, value in {**GOOD, **changes}.items():
        setattr(settings, name, value)
    every = (
        checks.keys,
        checks.declared_identity,
        checks.media,
        checks.recordings,
        checks.support_mail,
        checks.neighbours,
    )
    return [str(message.id) for run in every for message in run(app_configs=None)]


def test_a_good_installation_hears_nothing(settings: Any) -> None:
    assert found(settings) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SECRET_KEY_MISSING": True}, "config.E001"),
        ({"SECRET_KEY": "short"}, "config.E002"),
        ({"JWT_SECRET": "short"}, "config.W001"),
        ({"TRUST_DECLARED_IDENTITY": True}, "config.E003"),
        ({"TRUST_DECLARED_IDENTITY": True, "TRUST_DECLARED_UNTIL": "some day"}, "config.E003"),
        ({"TRUST_DECLARED_IDENTITY": True, "TRUST_DECLARED_UNTIL": "2001-01-01"}, "config.E004"),
        ({"MEDIA_PROVIDER": "pigeon"}, "config.E005"),
        ({"MEDIA_PROVIDER": "agora"}, "config.E006"),
        ({"MEDIA_PROVIDER": "agora", "AGORA_APP_ID": "id"}, "config.E006"),
        ({"CORS_ORIGINS": ["*"]}, "config.W002"),
        ({"ALLOWED_HOSTS": []}, "config.W003"),
        ({"SUPPORT": mail.Support("https://shop.example", "support@shop.example", "", 120)}, "config.W005"),
        ({"REDIS_URL": ""}, "config.I001"),
        ({"RECORDINGS_KEY": []}, "config.I003"),
        ({"RECORDINGS_KEY": ["too short"]}, "config.E012"),
        ({"RECORDINGS_KEY": [], "RECORDINGS_ENCRYPTION": False}, "config.W006"),
    ],
    ids=str,
)
def test_a_bad_setting_is_named(settings: Any, changes: dict[str, Any], expected: str) -> None:
    assert found(settings, **changes) == [expected]


def test_declared_identity_is_fine_until_its_date(settings: Any) -> None:
    until = (date.today() + timedelta(days=1)).isoformat()
    assert found(settings, TRUST_DECLARED_IDENTITY=True, TRUST_DECLARED_UNTIL=until) == []


def test_development_needs_no_secrets(settings: Any) -> None:
    changes = {"DEBUG": True, "SECRET_KEY": "x", "REDIS_URL": "", "TRUST_DECLARED_IDENTITY": True, "ALLOWED_HOSTS": []}
    assert found(settings, **changes) == []


def test_the_checks_are_registered(settings: Any) -> None:
    settings.MEDIA_PROVIDER = "pigeon"
    with pytest.raises(SystemCheckError, match="MEDIA_PROVIDER is 'pigeon'"):
        call_command("check", stderr=StringIO())
