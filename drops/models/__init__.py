"""Drops: so many pieces of a product for whoever is first, held for a while, and never oversold."""

from drops.models.claim import Claim
from drops.models.drop import Drop
from drops.models.states import Door, Mode, Outcome, State, Status

__all__ = ["Claim", "Door", "Drop", "Mode", "Outcome", "State", "Status"]
