"""The kernel's signals. Each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

person_banned = Signal()
"""`identity` (a subject) may not enter `room` until `until`: empty is all rooms, None is for good.

A subject is an Identity key, or `address:` and the hash of an address for everybody new who comes from there.
"""

speech_changed = Signal()
"""`identity` (a subject) was muted in `room`, or is no longer: empty is all rooms."""
