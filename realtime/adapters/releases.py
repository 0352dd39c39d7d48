"""The releases of other libraries that the adapters' fast roads were tried with.

A fast road uses what a library does not document, so it is taken only with the releases that are listed here. With any
other one the adapter takes its plain road, which uses public interfaces alone. The server starts in either case, and
`manage.py check` warns of the plain road. requirements.in pins the same releases; docs/kernel.md says how to move on.
"""

from collections.abc import Iterator
from importlib import metadata

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning

# For each adapter the distributions whose insides it knows, and the series of releases that it was tried with.
TRIED: dict[str, dict[str, str]] = {
    "uvicorn": {"uvicorn": "0.54", "websockets": "17", "uvloop": "0.23", "httptools": "0.9"},
    "engineio": {"python-socketio": "5.18", "python-engineio": "4.15"},
    "redis": {"redis": "8"},
    "postgres": {"psycopg": "3.3"},
}


def untried(adapter: str) -> list[str]:
    """The installed distributions that the fast road of `adapter` was not tried with, as "name release"."""
    found = [(name, _release(name), series) for name, series in TRIED[adapter].items()]
    return [f"{name} {release}" for name, release, series in found if not f"{release}.".startswith(f"{series}.")]


def _release(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def is_fast(adapter: str) -> bool:
    """Whether `adapter` may take its fast road. It asks once, where it chooses between its roads.

    settings.PLAIN_ADAPTERS names the adapters that may not, whatever is installed.
    """
    return adapter not in settings.PLAIN_ADAPTERS and not untried(adapter)


@register()
def check_releases(**_: object) -> list[CheckMessage]:
    """Warnings with ids from realtime.W001, one number for each adapter in the order of TRIED."""
    return list(_warnings())


def _warnings() -> Iterator[CheckMessage]:
    for number, adapter in enumerate(TRIED, start=1):
        for found in untried(adapter):
            yield CheckWarning(
                f"{found} is not a release that the {adapter} adapter was tried with: its plain road is taken.",
                hint="The server works and is slower. Install requirements.txt for the fast road.",
                id=f"realtime.W{number:03}",
            )
