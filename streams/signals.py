"""What happens to shows, as facts.

Each is sent inside the transaction that makes it true; an error in a receiver aborts the whole.
"""

from django.dispatch import Signal

stream_started = Signal()
"""stream: it has gone live for the first time"""

stream_paused = Signal()
"""stream: it was live and can be resumed"""

stream_resumed = Signal()
"""stream: it was paused and is live again"""

stream_ended = Signal()
"""stream: it is over for good"""

stream_headlined = Signal()
"""stream: it is the current show from now on, or announced as such again"""

product_showcased = Signal()
"""stream, product: the one that viewers are shown now"""

showcase_cleared = Signal()
"""stream: none is shown any more"""

chat_posted = Signal()
"""message: stored when the transaction ends"""

chat_deleted = Signal()
"""message: its text is gone"""

chat_erased = Signal()
"""stream, lobby_seqs: all that was said in it is gone; the numbers of what was told in the lobby"""

product_clicked = Signal()
"""stream, product_id, identity: someone who watches looked at a listed product"""

viewers_entered = Signal()
"""stream_id, presences: who has come to watch"""

viewers_left = Signal()
"""stream_id, presences, at: who has gone; at is when, or None for just now"""

likes_changed = Signal()
"""stream, changes: who has just begun (True) or stopped (False) to like it"""

pins_changed = Signal()
"""stream, pins: the products that are kept in view now, in order"""
