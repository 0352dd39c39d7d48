"""JSON answers as JavaScript clients expect them, and JSON bodies as the database can bear them."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from rest_framework import parsers, renderers
from rest_framework.exceptions import ParseError
from rest_framework.utils import encoders

from rest import numbers, times

UNTELLABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL stores no NUL, and half a surrogate pair is no UTF-8


class JSONEncoder(encoders.JSONEncoder):
    def default(self, obj: Any) -> Any:
        return times.iso(obj) if isinstance(obj, datetime) else super().default(obj)


class JSONRenderer(renderers.JSONRenderer):
    encoder_class = JSONEncoder


def plain(data: Any) -> Any:
    """What a client would read if `data` were answered: for those who send it by another road."""
    return json.loads(JSONRenderer().render(data))


class JSONParser(parsers.JSONParser):
    """Refuses what would fail later and worse: endless nesting, and values that cannot be stored or told."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        _check_values(body)
        return body


def _check_values(body: Any) -> None:
    pending = [body]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and (found := UNTELLABLE.search(value)):
            what = "NUL characters" if found[0] == "\0" else "Halves of surrogate pairs"
            raise ParseError(f"{what} are not allowed")
        elif numbers.is_out_of_range(value):
            raise ParseError(numbers.OUT_OF_RANGE)
