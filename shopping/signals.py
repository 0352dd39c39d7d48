"""What happens to goods, as facts. Each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

product_changed = Signal()
"""product: what shoppers read about it is no longer what they were told"""

product_removed = Signal()
"""product: gone when the transaction ends"""
