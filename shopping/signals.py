"""What happens to goods, as facts. Each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

product_changed = Signal()
"""product: what shoppers read about it is no longer what they were told"""

product_removed = Signal()
"""product: gone when the transaction ends"""

participant_joined = Signal()
"""participant: is here from now on"""

participant_left = Signal()
"""participant, reason: is here no longer; the reason, if any, is for the others"""

participant_removed = Signal()
"""participant: was sent away by the host, after participant_left"""

host_changed = Signal()
"""participant: leads its session from now on, or leads it under another id"""

synced = Signal()
"""participant, payload, op, told: did something that the others see; `told` learns the number of the event"""

cart_changed = Signal()
"""session, operation: the cart is another one, by an operation or not; it learns the number of the event"""

voted = Signal()
"""session, product: the votes on the product are others"""

session_ended = Signal()
"""session, reason: everyone has been sent away"""
