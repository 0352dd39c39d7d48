"""What `manage.py check --database default`, and every `migrate`, says of how searching is prepared."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as Caution
from django.db import connections

from search import index


@register(Tags.database)
def prepared(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for connection in (connections[alias] for alias in databases or ()):
        built = index.language_of(connection) if connection.vendor == "postgresql" else None
        if built is None:  # not migrated yet, or a database that is searched row by row
            continue
        known = index.languages(connection)
        if settings.SEARCH_LANGUAGE not in known:
            said = index.UNKNOWN_LANGUAGE.format(settings.SEARCH_LANGUAGE, ", ".join(known))
            found.append(Caution(said, id="search.W002"))
        elif built != settings.SEARCH_LANGUAGE:
            said = f"SEARCH_LANGUAGE is {settings.SEARCH_LANGUAGE}, the index is {built}: run manage.py search_index."
            found.append(Caution(said, id="search.W003"))
        if index.trigrams(connection, make=False) is None:
            found.append(Caution(index.NO_TRIGRAMS, id="search.W001"))
        elif not index.uses_trigrams(connection):
            said = "The extension pg_trgm is there, and search does not use it yet: run manage.py search_index."
            found.append(Caution(said, id="search.W004"))
    return found
