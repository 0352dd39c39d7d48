"""How much an account may have."""

from django.core.exceptions import PermissionDenied


class QuotaReached(PermissionDenied):
    """An account has as many of something as it may; `retry_after` is when one goes by itself, if that is known."""

    def __init__(self, most: int, nouns: str, retry_after: float | None = None) -> None:
        super().__init__(f"An account may have at most {most:,} {nouns}")
        self.retry_after = retry_after
