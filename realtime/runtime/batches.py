"""Batches of which one item may be bad: the others must not fail with it."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import DataError, IntegrityError

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


def run_bisecting(run: Callable[[list[T]], R], batch: list[T]) -> list[tuple[list[T], R | Exception]]:
    """Calls `run(batch)`, and on data that the database refuses each half by itself, until the bad item fails alone.

    Returns the parts in their order, each with what `run` returned for it or the error. Any other error fails the whole
    part at once, because the next would meet it too.
    """
    try:
        return [(batch, run(batch))]
    except (DataError, IntegrityError) as error:
        if len(batch) == 1:
            return [(batch, error)]
        middle = len(batch) // 2
        return [*run_bisecting(run, batch[:middle]), *run_bisecting(run, batch[middle:])]
    except Exception as error:
        logger.exception("a batch of %d failed", len(batch))
        return [(batch, error)]
