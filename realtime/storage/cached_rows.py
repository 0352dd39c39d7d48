"""Rows that this process has read before, so that a verb need not read them again: optimistic locking.

Each row is kept with its version, and whoever stores something that depends on the row has the version checked in the
same transaction. The version is PostgreSQL's system column `xmin`, the number of the transaction that wrote the row;
Npgsql uses it as a concurrency token in the same way. Other databases have none, so there each row is read each time.
"""

import copy
import functools
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.expressions import RawSQL

from realtime.storage import rows

M = TypeVar("M", bound=models.Model)

CHANGED = "VT001"  # realtime_check_version() fails with this SQLSTATE; see migration 0002.
MAX_ROWS = 5000  # A process keeps so many; the one that was read first goes.

# A transaction that has written already may write this row twice, and both times xmin would be its own number.
VERSION = "CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN xmin::text END"


class CachedRow(NamedTuple, Generic[M]):
    """The values of a row at one version."""

    model: type[M]
    key: Hashable
    version: str
    values: Sequence[Any]

    def instance(self) -> M:
        """A new instance, which the caller may change."""
        values = self.values
        if documents := _documents(self.model):
            values = [*values]
            for at in documents:
                values[at] = _copy(values[at])
        return self.model.from_db(DEFAULT_DB_ALIAS, _names(self.model), values)

    def version_check(self) -> rows.Statement:
        """The statement that fails with CHANGED if the row has another version by now, or is gone."""
        return rows.Statement(_version_check(self.model), [self.key, self.version])


_rows: OrderedDict[tuple[type[models.Model], Hashable], CachedRow[Any]] = OrderedDict()


def get(model: type[M], key: Hashable) -> CachedRow[M] | None:
    """The row with this primary key, if this process has read it before."""
    return _rows.get((model, key))


def read(model: type[M], key: Hashable) -> M | None:
    """Reads the row with this primary key, and keeps it if its version will tell when it has changed."""
    manager = model._default_manager
    if not _is_versioned(model):
        return manager.filter(pk=key).first()
    _rows.pop((model, key), None)
    found = manager.filter(pk=key).values_list(RawSQL(VERSION, []), *_names(model)).first()
    if found is None:
        return None
    version, *values = found
    row = CachedRow(model, key, version, tuple(values))
    if version is not None:
        _rows[model, key] = row
        if len(_rows) > MAX_ROWS:
            _rows.popitem(last=False)
    return row.instance()


@functools.cache
def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


@functools.cache
def _documents(model: type[models.Model]) -> tuple[int, ...]:
    """Where the values stand that are JSON, which each instance has a copy of."""
    fields = enumerate(model._meta.concrete_fields)
    return tuple(at for at, field in fields if isinstance(field, models.JSONField))


def _copy(value: Any) -> Any:
    """Of JSON; a list of texts, which is most of it, takes a tenth of the time."""
    is_flat = isinstance(value, list) and all(type(each) is str for each in value)
    return value.copy() if is_flat else copy.deepcopy(value)


@functools.cache
def _is_versioned(model: type[models.Model]) -> bool:
    """Whether rows can be kept: PostgreSQL has versions, and what Django converts may be a mutable object."""
    converted = [field for field in model._meta.concrete_fields if hasattr(field, "from_db_value")]
    return rows.is_postgresql() and all(isinstance(field, models.JSONField) for field in converted)


@functools.cache
def _version_check(model: type[models.Model]) -> str:
    [key] = [field.column for field in model._meta.concrete_fields if field.primary_key]
    found = f'SELECT FROM "{model._meta.db_table}" WHERE "{key}" = %s AND xmin::text = %s'
    return f"SELECT realtime_check_version(EXISTS ({found}))"
