"""Inserts of any model's rows on the hot path. The ORM would compile each anew; here only the values are new."""

import functools
import time
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.transaction import get_connection
from psycopg.types.json import Jsonb

from realtime.adapters import postgres
from realtime.adapters.postgres import Statement as Statement

Read = Callable[[models.Model], Any]

# Fields whose values psycopg takes just as the model instance has them.
NATIVE = (
    models.BooleanField,
    models.CharField,
    models.DateTimeField,
    models.IntegerField,
    models.TextField,
    models.UUIDField,
)


@functools.cache
def is_postgresql() -> bool:
    return bool(get_connection().vendor == "postgresql")


def clock() -> float:
    """Seconds since 1970 by the clock that all processes share; on SQLite, which has one process, its own."""
    if not is_postgresql():
        return time.time()
    with get_connection().cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(cursor.fetchone()[0])


def run(statements: list[Statement]) -> list[postgres.Row]:
    """Executes `statements` in the open transaction, and returns the rows of the last one."""
    return postgres.executor().run(statements) if statements else []


def transact(statements: list[Statement]) -> list[postgres.Row]:
    """Executes `statements` in a transaction of their own, and returns the rows of the last one."""
    return postgres.executor().transact(statements) if statements else []


def insert_many(model: type[models.Model], names: tuple[str, ...], values: Sequence[Sequence[Any]]) -> None:
    """Inserts rows in the open transaction, each with the values of the fields `names` as the database takes them.

    For bulk: nothing is made of a row but its place in one statement, and no instances learn of it.
    """
    if values:
        postgres.executor().insert_many(_table(model, names), values)


@functools.cache
def _table(model: type[models.Model], names: tuple[str, ...]) -> postgres.Table:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    types = [str(field.db_type(get_connection())).partition("(")[0] for field in fields]
    return postgres.Table(model._meta.db_table, [field.column for field in fields], types)


class DatabaseValue(models.Expression):
    """An SQL expression in a field of a row: the database works the value out while it inserts the row.

    `value` is None until then, and what the database found from then on.
    """

    def __init__(self, sql: str = "", params: tuple[Any, ...] = ()) -> None:
        super().__init__()
        self.sql, self.params = sql, params
        self.value: Any = None

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return self.sql, self.params


def resolve(row: Any) -> None:
    """Replaces the expressions in a row's fields by the values that the database has found for them."""
    for name, value in list(vars(row).items()):
        if type(value) is DatabaseValue:
            setattr(row, name, value.value)


def inserts(rows: Iterable[models.Model]) -> list[Statement]:
    """The statements that insert `rows`, one for each model.

    Columns that the database fills by itself are left to it, and the instances do not learn their values.
    """
    by_model: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row)
    return [_insert_instances(model, instances) for model, instances in by_model.items()]


def _insert_instances(model: type[models.Model], instances: list[models.Model]) -> Statement:
    names, reads = _columns(model)
    for instance in instances:
        instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS
    return insert(model, names, [[read(instance) for read in reads] for instance in instances])


def insert(
    model: type[models.Model], names: tuple[str, ...], rows: Sequence[Sequence[Any]], returning: str = ""
) -> Statement:
    """The statement that inserts `rows`, each with the values of the fields `names` as the database takes them.

    It returns the column `returning` of each row, in the order of `rows`, where one is named.
    """
    placeholders = []
    params: list[Any] = []
    for row in rows:
        holes = []
        for value in row:
            if type(value) is DatabaseValue:
                holes.append(value.sql)
                params += value.params
            else:
                holes.append("%s")
                params.append(value)
        placeholders.append(f"({', '.join(holes)})")
    sql = _insert_into(model, names) + ", ".join(placeholders)
    return Statement(f"{sql} RETURNING {returning}", params, True) if returning else Statement(sql, params)


@functools.cache
def _insert_into(model: type[models.Model], names: tuple[str, ...]) -> str:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES '


@functools.cache
def _columns(model: type[models.Model]) -> tuple[tuple[str, ...], list[Read]]:
    """The fields that an instance brings along, and what reads the value of each for the database."""
    fields: list[Any] = [field for field in model._meta.get_fields() if getattr(field, "column", None)]
    brought = [f for f in fields if not isinstance(f, models.AutoField) and not f.has_db_default()]
    return tuple(field.attname for field in brought), [_reader(field) for field in brought]


def _reader(field: Any) -> Read:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    is_automatic = getattr(target, "auto_now", False) or getattr(target, "auto_now_add", False)
    if is_postgresql() and isinstance(target, NATIVE) and not is_automatic:
        return attrgetter(field.attname)
    if is_postgresql() and type(field) is models.JSONField and not field.encoder and not field.null:
        # Django makes the same of it, in ten times as many calls.
        return lambda row: Jsonb(getattr(row, field.attname))
    return lambda row: field.get_db_prep_save(field.pre_save(row, True), get_connection())
