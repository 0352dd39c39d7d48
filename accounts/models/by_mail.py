"""What of an account hangs on its e-mail address: that it is theirs, a new password, and the end of it all."""

from typing import TYPE_CHECKING, Any

from django.db import models, transaction

ERASED = "erased"  # how the name of an account begins that is no more


class ByMail(models.Model):
    """The part of an account that its mail opens and closes."""

    email_verified = models.BooleanField(
        default=False, editable=False, help_text="whoever has the account reads the mail of its address"
    )

    class Meta:
        abstract = True

    if TYPE_CHECKING:
        username: str
        email: str
        is_active: bool

        def set_password(self, raw_password: str | None) -> None: ...

        def set_unusable_password(self) -> None: ...

        def check_is_not_last_admin(self) -> None: ...

    @property
    def mail_address(self) -> str:
        """Where mails to this person go; nowhere as long as the address may be somebody else's."""
        return self.email if self.email_verified else ""

    def confirm_address(self) -> None:
        """Notes that whoever has this account reads the mail of its address."""
        self.email_verified = True
        self.save(update_fields=["email_verified"])

    @transaction.atomic
    def reset_password(self, password: str) -> None:
        """A new password by the link in a mail, which also proves the address."""
        type(self).objects.check_new_password(password, self.username, self.email)  # type: ignore[attr-defined]
        self.set_password(password)
        self.email_verified = True
        facts: Any = ["password", "email_verified", "updated_at"]
        self.save(update_fields=facts)

    @transaction.atomic
    def erase(self) -> None:
        """Forgets the name and the address, which are free again, and closes the account for good.

        What it has made keeps an owner without a name. Raises ValidationError for the last admin.
        """
        self.check_is_not_last_admin()
        self.username, self.email = f"{ERASED}-{self.pk}", f"{ERASED}-{self.pk}@invalid.invalid"
        self.is_active = self.email_verified = False
        self.set_unusable_password()
        facts: Any = ["username", "look", "email", "email_verified", "is_active", "password", "updated_at"]
        self.save(update_fields=facts)
