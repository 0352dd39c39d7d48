"""The facts of a day as a Parquet file, where pyarrow is installed: it is no part of what Vitrine needs."""

from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any

from analytics import export

TIMES = ("at", "confirmedAt")
INTEGERS = ("userId", "seconds", "count", "value")
NEEDED = "Parquet needs pyarrow: pip install pyarrow"


class NotInstalled(Exception):
    """There is no pyarrow."""


def write(chunks: Iterable[list[export.Row]], file: IO[bytes]) -> int:
    """Writes the chunks as row groups, one of them in memory; returns how many rows. Raises NotInstalled.

    Columns are those of `export.COLUMNS`: times as timestamps of milliseconds in UTC, numbers as 64 bits, else text.
    """
    try:
        import pyarrow as arrow
        from pyarrow.parquet import ParquetWriter
    except ImportError:
        raise NotInstalled(NEEDED) from None
    kinds = dict.fromkeys(TIMES, arrow.timestamp("ms", tz="UTC")) | dict.fromkeys(INTEGERS, arrow.int64())
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in export.COLUMNS])
    written = 0
    with ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in chunks:
            writer.write_table(arrow.Table.from_pylist([_typed(row) for row in rows], schema=schema))
            written += len(rows)
    return written


def _typed(row: export.Row) -> dict[str, Any]:
    return row | {name: datetime.fromisoformat(row[name]) for name in TIMES if row.get(name)}
