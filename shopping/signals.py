"""What happens to products, for the apps that show them. Each signal is sent in the transaction that makes it true."""

from django.dispatch import Signal

product_changed = Signal()
"""product: what people read about it has changed"""

product_removed = Signal()
"""product: it is deleted when the transaction ends"""
