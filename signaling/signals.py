"""What happens to broadcasts, for the apps whose rooms their peers are in, and to calls.

Each signal is sent in the transaction that makes it true; an error in a receiver aborts the transaction.
"""

from django.dispatch import Signal

broadcast_offered = Signal()
"""broadcaster, viewers: these can see what it sends, as soon as they have a slot"""

viewers_admitted = Signal()
"""broadcaster, viewers: these have a slot, so the broadcaster is to send to them"""

viewers_queued = Signal()
"""broadcaster, viewers, slots: these wait, because all slots are taken"""

viewers_departed = Signal()
"""broadcaster, viewers: these had a slot and are gone"""

broadcast_stopped = Signal()
"""broadcaster, viewers, reason: these see it no longer, because it has stopped, left, been replaced or ended"""

call_changed = Signal()
"""call: it has begun or ended, so those who are in it are free or no longer"""
