"""Finds creators by their names: whose have what is sought in them or, if none do, are much like it."""

from typing import Any

from django.db import connection
from django.db.models import Case, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length

from accounts.models import Role, User
from search.postgres import Found
from search.scanning import Plain
from search.words import parse, plain

MAX_CREATORS = 1_000  # more are not counted


def find(text: str, rows: slice) -> Found:
    sought = plain(text)
    if not parse(text) or not sought:
        return Found([], 0)
    creators = User.objects.active().filter(role=Role.CREATOR).alias(plain_name=Plain(F("username")))
    begins = Case(When(plain_name__startswith=sought, then=Value(0)), default=Value(1))
    creators = creators.order_by(begins, Length("username"), "pk")
    found = paged(creators.filter(*map(_has, sought.split())), rows, MAX_CREATORS)
    if found.total or connection.vendor != "postgresql":
        return found
    return paged(creators.filter(pk__in=RawSQL("SELECT search_near_name(%s)", [sought])), rows, MAX_CREATORS)


def _has(word: str) -> Q:
    """The index of trigrams knows no part of a word that is shorter than three letters but its beginning."""
    if len(word) < 3:
        return Q(plain_name__startswith=word) | Q(plain_name__contains=f" {word}")
    return Q(plain_name__contains=word)


def paged(found: "QuerySet[Any]", rows: slice, most: int) -> Found:
    """A page and of how many, in one query; only a page that has nothing needs a second one."""
    page = list(found.annotate(found_total=Window(Count("pk")))[rows])
    total = page[0].found_total if page else found.count() if rows.start else 0
    return Found(page, min(total, most))
