"""The facts that the kernel makes known, inside the transaction that makes them true."""

from django.dispatch import Signal

person_banned = Signal()
"""identity, room: it may not be in this room any more; in none at all where `room` is empty"""
