"""What is sought among shows and among products: which rows, which of their texts, and in which orders."""

from dataclasses import dataclass, field
from typing import Any

from django.db import models

from shopping.models import Product
from streams.models import Stream

RELEVANCE = "relevance"

Filters = dict[str, Any]  # by the names of `Source.filters`; those that are None do not filter


@dataclass(frozen=True)
class Order:
    """By which column; ids part rows that are the same in it, in the same direction."""

    column: str
    descending: bool = False
    lowered: bool = False

    @property
    def key(self) -> str:
        return f"lower({self.column})" if self.lowered else self.column

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"


@dataclass(frozen=True)
class Source:
    model: type[models.Model]
    texts: tuple[str, ...]  # the first is the name, in which a word weighs most
    orders: dict[str, Order]
    filters: dict[str, str]  # by name: a condition in SQL, with the value's place
    related: tuple[str, ...] = field(default=())  # what is read along for a page
    always: Filters = field(default_factory=dict)  # which rows are sought at all

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> list[str]:
        return [str(column.column) for column in self.model._meta.concrete_fields]

    def conditions(self, filters: Filters) -> list[tuple[str, Any]]:
        return [(self.filters[name], value) for name, value in filters.items() if value is not None]


NEWEST, OLDEST = Order("created_at", descending=True), Order("created_at")

PRODUCTS = Source(
    Product,
    ("name", "category", "description"),
    {
        "newest": NEWEST,
        "oldest": OLDEST,
        "price-asc": Order("price_minor"),
        "price-desc": Order("price_minor", descending=True),
        "name": Order("name", lowered=True),
    },
    {
        "category": "upper(category) = upper(%s)",
        "min_price": "price_minor >= %s",
        "max_price": "price_minor <= %s",
        "in_stock": "(in_stock AND NOT sold_out) = %s",
        "seller": "seller_id = %s",
    },
)
SHOWS = Source(
    Stream,
    ("title", "category", "tags", "description"),
    {"newest": NEWEST, "oldest": OLDEST, "title": Order("title", lowered=True)},
    {
        "category": "upper(category) = upper(%s)",
        "status": "status = %s",
        "creator": "creator_id = %s",
        "rehearsal": "rehearsal = %s",
    },
    ("creator", "host", "reactions"),
    {"rehearsal": False},
)
