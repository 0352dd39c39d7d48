"""What happens in conversations, for the apps above; each signal is sent in the transaction that makes it true."""

from django.dispatch import Signal

message_said = Signal()
"""message: the customer or the staff have written it; notes of the staff are not told"""

conversation_resolved = Signal()
"""conversation: the staff have done with it, until its customer writes again"""
