"""Deleting much, a chunk at a time: no lock is held long, and no statement takes longer than the database allows."""

from typing import Any

from django.db import models

CHUNK = 1000  # rows deleted in one statement


def delete(rows: "models.QuerySet[Any]") -> int:
    """Deletes `rows`, the oldest first; returns how many. What they cascade to is not counted."""
    deleted, oldest = 0, rows.order_by("pk").values_list("pk", flat=True)
    while chunk := list(oldest[:CHUNK]):
        rows.model._default_manager.filter(pk__in=chunk).delete()
        deleted += len(chunk)
    return deleted
