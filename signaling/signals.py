"""What happens at matches, to calls and to broadcasts, as facts.

Each is sent inside the transaction that makes it true; an error in a receiver aborts the whole.
"""

from django.dispatch import Signal

seat_taken = Signal()
"""seat, peer, count: by a connection, perhaps again; peer is the other seat or None, count how many are there now"""

seat_replaced = Signal()
"""seat, connection: the one that has it no longer, for a newer one of the same user does"""

seat_lost = Signal()
"""seat, peer: its connection broke, and it is kept for a while"""

seat_left = Signal()
"""seat, peer: its user is gone, or was given up after the connection was lost"""

call_rung = Signal()
"""call, by, peer, glare, busy: whose seats they are; both call each other; the peer is in another call"""

call_accepted = Signal()
"""by, peer: whose seats they are"""

call_rejected = Signal()
"""by, peer, reason"""

call_ended = Signal()
"""by, peer, reason: as its sender gave it, or empty"""

call_timed_out = Signal()
"""call, caller, callee: nobody took it; the seats of those who are still there, else None"""

broadcast_offered = Signal()
"""broadcaster, viewers: these can see what it sends, as soon as they have a place"""

viewers_seated = Signal()
"""broadcaster, viewers: these have a place, so it is to send to them"""

viewers_queued = Signal()
"""broadcaster, viewers, places: these wait, for all places are taken"""

viewers_departed = Signal()
"""broadcaster, viewers: these had a place and are gone"""

broadcast_stopped = Signal()
"""broadcaster, viewers, reason: these see it no longer, because it has stopped, left, been replaced or ended"""
