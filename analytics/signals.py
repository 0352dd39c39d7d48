"""What the figures make known; each signal is sent in the transaction that makes it true."""

from django.dispatch import Signal

show_counted = Signal()
"""stream, figures: the show is over and has been counted for the first time; see `rollups.SECTIONS`"""

purchase_reported = Signal()
"""purchase: a buyer's page says so, and the shop has not yet"""

purchase_confirmed = Signal()
"""purchase: the shop says so"""

purchase_refunded = Signal()
"""purchase, refund: the shop has paid back so much"""
