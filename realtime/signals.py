"""The kernel's signals. Each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

person_banned = Signal()
"""`identity` (an Identity key) may not enter `room` until `until`: empty is all rooms, None is for good."""

speech_changed = Signal()
"""`identity` (an Identity key) was muted in `room`, or is no longer: empty is all rooms."""
