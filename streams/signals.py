"""What other apps hear of shows. What only this app needs to know is a call into `broadcasts`.

A verb sends each signal inside the transaction that makes it true; an error in a receiver aborts the whole.
"""

from django.dispatch import Signal

stream_started = Signal()
"""stream: it has gone live for the first time"""

message_held = Signal()
"""held: a line waits until someone who keeps order has looked at it; it is stored when the transaction ends"""

stream_ended = Signal()
"""stream: it is over for good"""

status_changed = Signal()
"""stream, at: it stands in another status, `stream.status`, since then"""

product_clicked = Signal()
"""stream, product_id, identity: someone who watches looked at a listed product"""

product_clicked_later = Signal()
"""stream, product_id, identity: the same while they watched a show that is over"""

viewers_entered = Signal()
"""stream_id, presences: these people have come to watch"""

viewers_left = Signal()
"""stream_id, presences, at: these people have gone; `at` is when, or None for just now"""

showcase_changed = Signal()
"""stream: another product is on its screen, `stream.active_product`, or none"""

pins_changed = Signal()
"""stream, product_ids: its pins from now on, in order"""

message_pinned = Signal()
"""stream: another message is kept in view, `stream.pinned_message_id`, or none"""

reactions_counted = Signal()
"""stream_id, counts: so often people have reacted in each way since the last time"""
