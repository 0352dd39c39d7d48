"""Rows of any model on the hot path: the ORM compiles each statement anew, these are as good as ready."""

import functools
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState
from django.db.transaction import get_connection
from psycopg import OperationalError, adapt, errors, pq
from psycopg.types.json import Jsonb

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

VERSION = "xmin::text || ctid::text"  # of a row of PostgreSQL; each change gives it another
CHANGED = "22012"  # PostgreSQL's code for a division by zero


class _Tools(NamedTuple):
    """What is kept of a connection of Django's: to make it anew costs as much as a small statement."""

    made_by: Any  # psycopg's connection
    cursor: Any
    adapter: Any  # psycopg's, between Python and PostgreSQL


_kept: WeakKeyDictionary[BaseDatabaseWrapper, _Tools] = WeakKeyDictionary()


@functools.cache
def versioned() -> bool:
    """Whether rows have versions and statements come in scripts: whether this is PostgreSQL."""
    return bool(get_connection().vendor == "postgresql")


def _tools(connection: BaseDatabaseWrapper) -> _Tools:
    tools = _kept.get(connection)
    if tools is None or tools.made_by is not connection.connection or connection.force_debug_cursor:
        cursor = connection.cursor()  # which connects
        made_by = connection.connection
        tools = _Tools(made_by, cursor, adapt.Transformer(made_by) if versioned() else None)
        if versioned() and not connection.force_debug_cursor:
            _kept[connection] = tools
    return tools


def _cursor() -> Any:
    """A cursor whose results are fetched at once."""
    return _tools(get_connection()).cursor


class Statement(NamedTuple):
    sql: str
    params: list[Any]


class Given:
    """An SQL expression that stands in a row for a value which only the statement itself will find.

    Django's fields take any object with `as_sql` for an expression and pass it through unchanged. `value` is what the
    database found, once it is known.
    """

    __slots__ = ("params", "sql", "value")

    def __init__(self, sql: str = "", params: tuple[Any, ...] = ()) -> None:
        self.sql, self.params = sql, params
        self.value: Any = None

    def as_sql(self, *_: Any) -> tuple[str, tuple[Any, ...]]:
        return self.sql, self.params


def resolve(row: Any) -> None:
    """Replaces the expressions in a row's fields by the values that the database has found for them."""
    for name, value in list(vars(row).items()):
        if type(value) is Given:
            setattr(row, name, value.value)


def run(statements: list[Statement], commit: bool = False) -> list[tuple[Any, ...]]:
    """Carries `statements` out and returns what the last of them found.

    One round trip where the database can, and the transaction may end with it.
    """
    if not statements:
        return []
    asked = _cursor()
    if versioned():
        script, params = _script(statements)
        asked.execute(f"{script}; COMMIT" if commit else script, params)
        for _ in statements[1:]:
            asked.nextset()
    else:
        for statement in statements:
            asked.execute(*statement)
    return list(asked.fetchall()) if asked.description else []


def transact(statements: list[Statement]) -> list[tuple[Any, ...]]:
    """Carries `statements` out in a transaction of their own, and returns what the last of them found.

    For PostgreSQL, in one round trip: what comes in one simple query is one transaction ("Multiple Statements in a
    Simple Query", in the manual's chapter about its protocol). It goes to libpq past the cursors of Django and psycopg,
    which would be a third of what a line of chat costs the writer; Django's log of queries does not show it.
    """
    if not statements:
        return []
    connection = get_connection()
    with connection.wrap_database_errors:
        tools = _tools(connection)
        script, params = _script(statements)
        adapter = tools.adapter
        literals = tuple([adapter.as_literal(param) for param in params])
        result = tools.made_by.pgconn.exec_(script.encode() % literals)
        if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise _failure(connection, result)
        adapter.set_pgresult(result)
        return list(adapter.load_rows(0, result.ntuples, tuple))


def ask(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    """Carries one statement out, and returns what it found; for where this is all that a transaction does."""
    statements = [Statement(sql, params)]
    return transact(statements) if versioned() else run(statements)


def _failure(connection: BaseDatabaseWrapper, result: pq.abc.PGresult) -> Exception:
    libpq = connection.connection.pgconn
    if libpq.status == pq.ConnStatus.OK:
        return errors.error_from_result(result)
    lost = OperationalError(libpq.get_error_message())
    connection.close()  # the next who asks connects anew
    return lost


def _script(statements: list[Statement]) -> tuple[str, list[Any]]:
    script = "; ".join([statement.sql for statement in statements])
    return script, [param for statement in statements for param in statement.params]


def inserts(rows: Iterable[models.Model]) -> list[Statement]:
    """What stores `rows`. Columns that the database fills are left to it, and stay unknown."""
    alike: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        alike.setdefault(type(row), []).append(row)
    return [_insert(model, same) for model, same in alike.items()]


def _insert(model: type[models.Model], rows: list[models.Model]) -> Statement:
    names, reads = _reading(model)
    for row in rows:
        _stored(row._state)
    return insert(model, names, [[read(row) for read in reads] for row in rows])


def insert(
    model: type[models.Model], names: tuple[str, ...], rows: Sequence[Sequence[Any]], finds: str = ""
) -> Statement:
    """What stores `rows`, each with the values of the fields `names` as the database takes them.

    It finds, if asked to, what has come into the column `finds` of each.
    """
    holes = []
    params: list[Any] = []
    for row in rows:
        holes.append(f"({', '.join([value.sql if type(value) is Given else '%s' for value in row])})")
        for value in row:
            if type(value) is Given:
                params += value.params
            else:
                params.append(value)
    sql = _head(model, names) + ", ".join(holes)
    return Statement(f"{sql} RETURNING {finds}" if finds else sql, params)


@functools.cache
def _head(model: type[models.Model], names: tuple[str, ...]) -> str:
    quote = get_connection().ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = ", ".join(quote(field.column) for field in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "


@functools.cache
def _reading(model: type[models.Model]) -> tuple[tuple[str, ...], list[Read]]:
    """The fields that a row brings along, and what reads the value of each for the database."""
    fields: list[Any] = list(model._meta.concrete_fields)
    brought = [f for f in fields if not isinstance(f, models.AutoField) and f.db_default is models.NOT_PROVIDED]
    return tuple(field.attname for field in brought), [_read(field) for field in brought]


def _read(field: Any) -> Read:
    kind = field.target_field if isinstance(field, models.ForeignKey) else field
    automatic = getattr(kind, "auto_now", False) or getattr(kind, "auto_now_add", False)
    if versioned() and isinstance(kind, AS_IT_IS) and not automatic:
        return attrgetter(field.attname)
    if versioned() and type(field) is models.JSONField and not field.encoder and not field.null:
        # What Django makes of it, in a tenth of the calls.
        return lambda row: Jsonb(getattr(row, field.attname))
    return lambda row: field.get_db_prep_save(field.pre_save(row, True), get_connection())


class _Selection(NamedTuple):
    """How one row of a model is read with its version, and how it is checked that it still has that."""

    names: list[str]
    read: str
    check: str


@functools.cache
def _selection(model: type[models.Model]) -> _Selection | None:
    """None where rows have no versions, or values need the ORM to be read."""
    meta, quote = model._meta, get_connection().ops.quote_name
    fields: list[Any] = list(meta.concrete_fields)
    if not versioned() or any(hasattr(field, "from_db_value") for field in fields):
        return None
    columns = ", ".join(quote(field.column) for field in fields)
    [key] = [field.column for field in fields if field.primary_key]
    place = f"FROM {quote(meta.db_table)} WHERE {quote(key)} = %s"
    return _Selection(
        names=[field.attname for field in fields],
        read=f"SELECT {VERSION}, {columns} {place}",
        check=f"SELECT 1 / count(*) {place} AND {VERSION} = %s",
    )


def _stored(state: ModelState) -> ModelState:
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    return state


class Seen(NamedTuple, Generic[M]):
    """A row as it was when it was read, of the version that it was then."""

    model: type[M]
    key: Any
    selection: _Selection
    version: str
    fields: dict[str, Any]

    def row(self) -> M:
        """A new object, which may be changed. Made as unpickling makes one: `Model.__init__` would be fifty calls."""
        row = self.model.__new__(self.model)
        row.__dict__.update(self.fields, _state=_stored(ModelState()))
        return row

    @property
    def check(self) -> Statement:
        """Fails with CHANGED if the row has another version by now, or is gone."""
        return Statement(self.selection.check, [self.key, self.version])


def see(model: type[M], key: Any) -> Seen[M] | None:
    """The row of this key and its version; None where there is none, or where the database or a field has no such."""
    selection = _selection(model)
    if selection is None:
        return None
    asked = _cursor()
    asked.execute(selection.read, [key])
    found = asked.fetchone()
    if found is None:
        return None
    return Seen(model, key, selection, found[0], dict(zip(selection.names, found[1:], strict=True)))


def find(model: type[M], key: Any) -> M | None:
    """The row of this key."""
    if _selection(model) is None:
        return model._default_manager.filter(pk=key).first()
    seen = see(model, key)
    return None if seen is None else seen.row()
