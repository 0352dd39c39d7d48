"""Rows of any model on the hot path: the ORM compiles each statement anew, these are as good as ready."""

import functools
from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

M = TypeVar("M", bound=models.Model)

Statement = tuple[str, list[Any]]


@functools.cache
def _fields(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]


def _model_name(row: models.Model) -> str:
    return row._meta.label


def _statement(rows: Sequence[models.Model]) -> Statement:
    """One INSERT of rows of one model. What the database gives is left to it, for all of them or for none."""
    meta, quote = rows[0]._meta, connection.ops.quote_name
    fields = [field for field in _fields(type(rows[0])) if not _is_left(rows[0], field)]
    columns = ", ".join(quote(field.column) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in fields]
    return f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES {', '.join([row] * len(rows))}", values


def _is_left(row: models.Model, field: Any) -> bool:
    return isinstance(getattr(row, field.attname), DatabaseDefault)


def insert(rows: Iterable[models.Model]) -> None:
    """Inserts `rows`; keys that the database gives stay unknown."""
    rows = sorted(rows, key=_model_name)
    statements = [_statement(list(together)) for _, together in groupby(rows, key=_model_name)]
    if not statements:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("; ".join(sql for sql, _ in statements), list(chain(*(values for _, values in statements))))
        else:
            for sql, values in statements:
                cursor.execute(sql, values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@functools.cache
def _selection(model: type[models.Model]) -> tuple[str, list[str]] | None:
    """The SELECT of one row by its key, or None where values need the ORM to be read."""
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
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        values = cursor.fetchone()
    return None if values is None else model.from_db(connection.alias, names, values)
