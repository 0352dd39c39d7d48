"""The facts that accounts make known; heard by whoever holds something open for a user."""

from django.dispatch import Signal

# access_revoked(user_id: int), inside the transaction: whatever this user holds open or will present is no longer good.
access_revoked = Signal()

# visitor_forgotten(visitor: str), inside a transaction: a browser starts over, and what it holds open is to end.
visitor_forgotten = Signal()
