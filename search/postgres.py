"""Finds a page of rows by PostgreSQL's full-text search, in one query.

A query may have few rows or a million. So at most MAX_FOUND rows that match are collected first, by whichever index
suits. Where that is all of them they are sorted; where there are more, matches are so frequent that walking the index
of the order meets a page of them soon. The most relevant ones are chosen among those that were collected.
"""

from typing import Any, NamedTuple

from django.db import connection

from search import tsquery
from search.sources import RELEVANCE, Filters, Order, Source
from search.words import Query

MAX_FOUND = 10_000  # rows; more are not counted either, and no page lies behind them


class Found(NamedTuple):
    rows: list[Any]
    total: int


# The words as they are; where none has them, the words that they are a part of or misspell.
COLLECTED = """
wanted AS MATERIALIZED (SELECT {nearby} AS query),
exact AS MATERIALIZED (SELECT id, {exact_key} AS key FROM {table} WHERE {exact} LIMIT {most}),
near AS MATERIALIZED (SELECT id, {near_key} AS key FROM {table}
    WHERE NOT EXISTS (SELECT FROM exact) AND {near} LIMIT {most}),
"""
FILTERED = """
exact AS MATERIALIZED (SELECT id, {exact_key} AS key FROM {table} WHERE {exact} LIMIT {most}),
near AS (SELECT * FROM exact WHERE false),
"""
PAGE = """
found AS (SELECT * FROM exact UNION ALL SELECT * FROM near),
page AS (SELECT * FROM found WHERE {few} ORDER BY key {direction}, id {direction} LIMIT %s OFFSET %s),
{walk}
chosen AS (SELECT * FROM page {and_walked})
SELECT (SELECT count(*) FROM found), {columns} FROM (SELECT 1) AS once
LEFT JOIN (chosen JOIN {table} AS it USING (id)) ON true ORDER BY chosen.key {direction}, id {direction}
"""
WALK = """
walked AS (SELECT id, {exact_key} AS key FROM {table} WHERE NOT ({few}) AND {exact}
    ORDER BY {exact_key} {direction}, id {direction} LIMIT %s OFFSET %s),
"""
FEW = "(SELECT count(*) FROM exact) < {most}"


def find(source: Source, query: Query | None, filters: Filters, sort: str, rows: slice, most: int = MAX_FOUND) -> Found:
    """The rows of a page, and of how many; without a `query` all that `filters` let pass."""
    if query is not None and not query:
        return Found([], 0)
    statement, parameters = _statement(source, query, filters, sort, rows, most)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        answered = cursor.fetchall()
    fields = [column.attname for column in source.model._meta.concrete_fields]
    key = 1 + fields.index(source.model._meta.pk.attname)  # a row without one says only how many there are
    found = [source.model.from_db(connection.alias, fields, row[1:]) for row in answered if row[key] is not None]
    return Found(found, min(answered[0][0], most))


def explain(source: Source, query: Query | None, filters: Filters, sort: str, rows: slice) -> str:
    """The plan by which PostgreSQL has found the page."""
    statement, parameters = _statement(source, query, filters, sort, rows, MAX_FOUND)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, COSTS off) " + statement, parameters)
        return "\n".join(line for (line,) in cursor.fetchall())


def _statement(
    source: Source, query: Query | None, filters: Filters, sort: str, rows: slice, most: int
) -> tuple[str, list[Any]]:
    order = source.orders.get(sort) or Order("", descending=True)
    if query is None and sort == RELEVANCE:
        order = source.orders["newest"]
    conditions = source.conditions(filters)
    where = "".join(f" AND {condition}" for condition, _ in conditions)
    given = [value for _, value in conditions]
    limit = [rows.stop - rows.start, rows.start]

    sought, values = tsquery.exact(query) if query else ("", [])
    nearby, near_values = tsquery.near(query) if query else ("", [])
    names = {
        "table": source.table,
        "most": most + 1,
        "nearby": nearby,
        "exact_key": order.key or f"ts_rank(search_vector, {sought})",
        "near_key": order.key or "ts_rank(search_vector, (SELECT query FROM wanted))",
        "exact": f"search_vector @@ {sought}{where}" if query else f"true{where}",
        "near": f"search_vector @@ (SELECT query FROM wanted){where}",
        "few": FEW.format(most=most + 1) if order.column else "true",
        "direction": order.direction,
        "columns": ", ".join(f"it.{column}" for column in source.columns),
        "and_walked": "UNION ALL SELECT * FROM walked" if order.column else "",
    }
    names["walk"] = WALK.format(**names) if order.column else ""
    parameters = [*near_values, *([] if order.column else values), *values, *given]
    parameters += [*given, *limit] if query else limit
    if order.column:
        parameters += [*values, *given, *limit]
    return "WITH " + ((COLLECTED if query else FILTERED) + PAGE).format(**names), parameters
