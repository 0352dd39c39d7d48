"""Which releases of other libraries the adapters' fast roads were tried with.

A fast road uses attributes that a library does not document, so it is taken only with a release that is listed here.
With any other one the adapter takes its plain road, which uses the public interface alone, and `manage.py check` warns.
"""

from collections.abc import Iterator
from importlib import metadata

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as Caution

# By adapter: the distributions whose insides it knows, each with the beginnings of the releases it was tried with.
TRIED: dict[str, dict[str, tuple[str, ...]]] = {
    "uvicorn": {"uvicorn": ("0.54.",), "websockets": ("17.",), "uvloop": ("0.23.",)},
    "engineio": {"python-socketio": ("5.18.",), "python-engineio": ("4.15.",)},
    "redis": {"redis": ("8.",)},
    "postgres": {"psycopg": ("3.3.",)},
}


def untried(adapter: str) -> list[str]:
    """The distributions, as `name release`, that the fast road of `adapter` was not tried with."""
    found = [(name, metadata.version(name), beginnings) for name, beginnings in TRIED[adapter].items()]
    return [f"{name} {release}" for name, release, beginnings in found if not release.startswith(beginnings)]


def is_fast(adapter: str) -> bool:
    """Whether the fast road of `adapter` may be taken; settings.PLAIN_ADAPTERS names those that must not be."""
    return adapter not in settings.PLAIN_ADAPTERS and not untried(adapter)


@register()
def check_releases(**_: object) -> list[CheckMessage]:
    return list(_warnings())


def _warnings() -> Iterator[CheckMessage]:
    for number, adapter in enumerate(TRIED, start=1):
        for found in untried(adapter):
            yield Caution(
                f"{found} is not a release that the {adapter} adapter was tried with: its plain road is taken.",
                hint="The server works and is slower. Install requirements.txt for the fast road.",
                id=f"realtime.W{number:03}",
            )
