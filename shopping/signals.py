"""What happens to products and sessions, for the apps that show them.

Each signal is sent in the transaction that makes it true.
"""

from django.dispatch import Signal

product_offered = Signal()
"""product: it is new in the shop"""

product_changed = Signal()
"""product: what people read about it has changed"""

product_removed = Signal()
"""product: it is deleted when the transaction ends"""

catalogue_changed = Signal()
"""products: many have changed at once, and more may be new"""

variants_removed = Signal()
"""product, variant_ids: these forms of it are deleted when the transaction ends"""

session_ended = Signal()
"""session: everyone has been sent away"""

cart_filled = Signal()
"""participant, product, quantity: they have put so many more into their session's cart"""
