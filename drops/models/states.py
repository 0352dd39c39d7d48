"""How drops and claims may stand."""

from django.db import models


class Status(models.TextChoices):
    """A drop is announced, open, sold out and closed, in this order; pieces that come back open it again."""

    ANNOUNCED = "announced"
    OPEN = "open"
    SOLD_OUT = "sold_out"
    CLOSED = "closed"


class Mode(models.TextChoices):
    CLAIMED = "claimed", "first claimed: a claim keeps a piece, and there is a line"
    PAID = "paid", "first paid: a claim keeps a piece for the way to the checkout alone, and nobody waits"


class Outcome(models.TextChoices):
    """Why a drop was closed."""

    SOLD_OUT = "sold_out", "every piece was paid for"
    OVER = "over", "its time was over"
    CLOSED = "closed", "by whoever runs the show"
    UNDONE = "undone", "it was a mistake"
    STOCK = "stock", "the shop has fewer pieces"
    ENDED = "ended", "the show is over"


class State(models.TextChoices):
    """How a claim stands. Only a held one and a paid one have pieces."""

    HELD = "held"
    WAITING = "waiting"
    PAID = "paid"
    EXPIRED = "expired", "the hold was not paid for in time"
    RETURNED = "returned", "given back by whoever had it"
    PASSED = "passed", "passed on by whoever runs the show"
    CANCELLED = "cancelled", "the drop was undone, or the shop has fewer pieces"
    LOST = "lost", "the drop was closed while it waited"
    LATE = "late", "paid for after its time: staff decide"
    REFUSED = "refused", "paid for after its time, and to be paid back"
    REFUNDED = "refunded"


class Door(models.TextChoices):
    """How a claim came."""

    BUTTON = "button"
    CHAT = "chat"
    STAFF = "staff", "for somebody else"


UNFINISHED = (Status.ANNOUNCED, Status.OPEN, Status.SOLD_OUT)
SELLING = (Status.OPEN, Status.SOLD_OUT)
LIVE = (State.HELD, State.WAITING, State.PAID)  # these count against what a person may have
GONE = (State.EXPIRED, State.RETURNED, State.PASSED, State.CANCELLED, State.LOST)
CLAIM_STATES = [(state, state) for state in State.values]  # as the API's document spells them
