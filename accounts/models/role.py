"""What someone is here."""

from django.core.exceptions import ValidationError
from django.db import models


class Role(models.TextChoices):
    """What someone is here; no role implies another, so rights name every role that has them."""

    VIEWER = "viewer"
    CREATOR = "creator"
    MODERATOR = "moderator"
    STAFF = "staff"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Who may restrict whom goes by this alone: see `User.may_restrict`."""
        return {Role.MODERATOR: 1, Role.STAFF: 2, Role.ADMIN: 3}.get(self, 0)

    @classmethod
    def named(cls, word: str) -> "Role":
        """The role that clients call `word`: some say `user` for a viewer."""
        try:
            return cls("viewer" if word == "user" else word)
        except ValueError:
            raise ValidationError("Invalid role") from None
