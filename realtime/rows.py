"""Rows of any model on the hot path: the ORM compiles each statement anew, these are as good as ready."""

import functools
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import get_connection

M = TypeVar("M", bound=models.Model)

Read = Callable[[models.Model], Any]

# What psycopg takes as the model has it.
AS_IT_IS = (
    models.BooleanField,
    models.CharField,
    models.DateTimeField,
    models.IntegerField,
    models.TextField,
    models.UUIDField,
)

# By Django's connection: psycopg's, and a cursor of it.
_cursors: WeakKeyDictionary[BaseDatabaseWrapper, tuple[Any, Any]] = WeakKeyDictionary()


def cursor() -> Any:
    """A cursor whose results are fetched at once; to make one costs as much as a small statement, so it is kept."""
    connection = get_connection()
    made_by, kept = _cursors.get(connection, (None, None))
    if kept is None or made_by is not connection.connection or connection.force_debug_cursor:
        kept = connection.cursor()
        if connection.vendor == "postgresql" and not connection.force_debug_cursor:
            _cursors[connection] = connection.connection, kept
    return kept


class Insert(NamedTuple):
    """One INSERT of several rows, ready but for what fills it."""

    head: str
    rows: list[Sequence[Any]]

    @property
    def sql(self) -> str:
        return self.head + ", ".join([_holes(len(self.rows[0]))] * len(self.rows))


@functools.cache
def _holes(columns: int) -> str:
    return f"({', '.join(['%s'] * columns)})"


def inserts(rows: Iterable[models.Model]) -> list[Insert]:
    """What stores `rows`. Columns that the database fills are left to it, and stay unknown."""
    alike: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        alike.setdefault(type(row), []).append(row)
    return [_insert(model, same) for model, same in alike.items()]


def _insert(model: type[models.Model], rows: list[models.Model]) -> Insert:
    connection = get_connection()
    names, reads = _reading(model, connection.vendor)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return insert(model, names, [[read(row) for read in reads] for row in rows])


def insert(model: type[models.Model], names: tuple[str, ...], rows: list[Sequence[Any]]) -> Insert:
    """What stores `rows`, each with the values of the fields `names` as the database takes them."""
    return Insert(_head(model, names), rows)


@functools.cache
def _head(model: type[models.Model], names: tuple[str, ...]) -> str:
    quote = get_connection().ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = ", ".join(quote(field.column) for field in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "


@functools.cache
def _reading(model: type[models.Model], vendor: str) -> tuple[tuple[str, ...], list[Read]]:
    """The fields that a row brings along, and what reads the value of each for the database."""
    fields: list[Any] = list(model._meta.concrete_fields)
    brought = [f for f in fields if not isinstance(f, models.AutoField) and f.db_default is models.NOT_PROVIDED]
    return tuple(field.attname for field in brought), [_read(field, vendor) for field in brought]


def _read(field: Any, vendor: str) -> Read:
    kind = field.target_field if isinstance(field, models.ForeignKey) else field
    automatic = getattr(kind, "auto_now", False) or getattr(kind, "auto_now_add", False)
    if vendor == "postgresql" and isinstance(kind, AS_IT_IS) and not automatic:
        return attrgetter(field.attname)
    return lambda row: field.get_db_prep_save(field.pre_save(row, True), get_connection())


def store(inserts: list[Insert], commit: bool = False) -> None:
    """Carries `inserts` out, in one round trip where the database can, which may `commit` as well."""
    if not inserts:
        return
    if get_connection().vendor == "postgresql":
        script = "; ".join([insert.sql for insert in inserts])
        values = chain.from_iterable(chain.from_iterable([insert.rows for insert in inserts]))
        cursor().execute(f"{script}; COMMIT" if commit else script, list(values))
    else:
        for insert in inserts:
            cursor().execute(insert.sql, list(chain.from_iterable(insert.rows)))


@functools.cache
def _selection(model: type[models.Model]) -> tuple[str, list[str]] | None:
    """The SELECT of one row by its key, or None where values need the ORM to be read."""
    connection = get_connection()
    meta, quote = model._meta, connection.ops.quote_name
    fields: list[Any] = list(meta.concrete_fields)
    if connection.vendor != "postgresql" or any(hasattr(field, "from_db_value") for field in fields):
        return None
    columns = ", ".join(quote(field.column) for field in fields)
    [key] = [field.column for field in fields if field.primary_key]
    sql = f"SELECT {columns} FROM {quote(meta.db_table)} WHERE {quote(key)} = %s"
    return sql, [field.attname for field in fields]


def find(model: type[M], key: Any) -> M | None:
    """The row of this key."""
    selection = _selection(model)
    if selection is None:
        return model._default_manager.filter(pk=key).first()
    sql, names = selection
    asked = cursor()
    asked.execute(sql, [key])
    values = asked.fetchone()
    return None if values is None else model.from_db(get_connection().alias, names, values)
