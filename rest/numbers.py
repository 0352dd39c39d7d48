"""Which numbers are taken, everywhere: those that JSON can hold and a column of the database too."""

import math
from typing import Any

MAX = 2**63 - 1
OUT_OF_RANGE = "Numbers must be finite and have at most 64 bits"


def is_out_of_range(value: Any) -> bool:
    """Python reads `1e400` as infinity, and integers of any length."""
    return (type(value) is int and abs(value) > MAX) or (type(value) is float and not math.isfinite(value))
