"""Finds the same rows on a database without full-text search, by looking at each of them: SQLite's."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Concat, Lower

from search.postgres import MAX_FOUND, Found
from search.sources import RELEVANCE, Filters, Source
from search.words import Query


class Plain(Func):
    """A text as `words.plain` has it."""

    function = "search_plain"
    output_field = models.TextField()


# What `Source.filters` say in SQL.
LOOKUPS = {
    "category": "category__iexact",
    "min_price": "price_minor__gte",
    "max_price": "price_minor__lte",
    "in_stock": "available",
    "seller": "seller",
    "status": "status",
    "creator": "creator",
    "rehearsal": "rehearsal",
}


def find(source: Source, query: Query | None, filters: Filters, sort: str, rows: slice, most: int = MAX_FOUND) -> Found:
    if query is not None and not query:
        return Found([], 0)
    found: models.QuerySet[models.Model] = source.model._default_manager.alias(**_aliases(filters)).filter(
        **{LOOKUPS[name]: value for name, value in filters.items() if value is not None}
    )
    if query:
        found = matching(found, query, source.texts)
    if sort == RELEVANCE:
        found = found.order_by(*(["weight"] if query else []), "-created_at", "-id")
    else:
        order = source.orders[sort]
        by = [Lower(order.column) if order.lowered else F(order.column), F("id")]
        found = found.order_by(*(each.desc() if order.descending else each.asc() for each in by))
    return Found(list(found[rows]), min(found.count(), most))


def _aliases(filters: Filters) -> dict[str, Any]:
    """What the filters look at and no column is."""
    if filters.get("in_stock") is None:
        return {}
    return {"available": models.ExpressionWrapper(Q(in_stock=True, sold_out=False), models.BooleanField())}


def matching(found: "models.QuerySet[Any]", query: Query, texts: Sequence[str]) -> "models.QuerySet[Any]":
    """Those whose texts contain all that is sought; their `weight` is less the more of it the first text has."""
    whole = [part for text in texts for part in (Value(" "), F(text))]
    parts = [*query.words, *(" ".join(phrase) for phrase in query.phrases)]
    found = found.alias(plain_name=Plain(F(texts[0])), plain_texts=Plain(Concat(Value(""), *whole)))
    for part in parts:
        found = found.filter(plain_texts__contains=part)
    for refused in query.without:
        found = found.exclude(plain_texts__contains=" ".join(refused))
    named: list[Any] = [Case(When(plain_name__contains=part, then=Value(-1)), default=Value(0)) for part in parts]
    weighed: models.QuerySet[Any] = found.alias(weight=reduce(add, named))
    return weighed
