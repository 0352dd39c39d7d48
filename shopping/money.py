"""Money as an integer of minor units and an ISO 4217 currency, and as the decimals that the wire documents."""

from decimal import ROUND_HALF_UP, Decimal

MAX_DIGITS = 12  # A price has at most so many, decimals included; JavaScript's numbers would be exact up to 15.

# These currencies do not have two decimals (ISO 4217).
EXPONENTS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"], 0),
    **dict.fromkeys(["XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


NOT_REDUCED = "The price before must be above the price"


def is_reduced(price: Decimal | None, before: Decimal | None) -> bool:
    """Whether a price that was different `before` is lower now; without a price before there is nothing to compare."""
    return price is None or before is None or before > price


def exponent(currency: str) -> int:
    return EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` in minor units, as 9995 for 99.95 USD; what is finer than the currency is rounded half up."""
    return int((amount * 10 ** exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))
