"""What other apps hear of drops; each signal is sent in the transaction that makes it true."""

from django.dispatch import Signal

drop_changed = Signal()
"""drop, status: it has been announced, was opened, has sold out or was closed; `status` is what it is from now on"""

claims_changed = Signal()
"""drop, claims: these have been made, or stand otherwise than before; `claim.state` is how"""
