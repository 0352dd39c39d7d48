"""Users: who they are, what they may, and when their access ends."""

import contextlib
from collections.abc import Iterator
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import looks, signals, texts
from accounts.models.by_mail import ByMail
from accounts.models.credentials import RefreshFamily, Ticket
from accounts.models.quota import QuotaReached
from accounts.models.role import Role

TAKEN = "This name looks like that of somebody else here"


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def shown_to(self, reader: object) -> Self:
        """Those who are named to `reader`: who has power here is no stranger's business."""
        if isinstance(reader, User) and reader.is_staff:
            return self
        return self.filter(role__in=[Role.VIEWER, Role.CREATOR])

    def named(self, username: str) -> Self:
        """Whatever the case: both sides are lowered by the database, as in the constraint, or the index is no use."""
        lowered = Lower(Value(User.normalize_username(username)))
        return self.alias(lowered_username=Lower("username")).filter(lowered_username=lowered)

    def declarable(self, user_id: Any) -> Self:
        """Whom an old client may claim to be: nobody with power, nor who has proved it by a token or a log-in."""
        known = self.active().filter(spoke_with_token=False, role__in=[Role.VIEWER, Role.CREATOR])
        return known.filter(pk=int(user_id)) if str(user_id).isascii() and str(user_id).isdigit() else known.none()

    def check_name(self, text: str, own: "User | None" = None) -> str:
        """The name that somebody chooses, as it is shown; `own` is their account, if they have one.

        Raises ValidationError for one that may not be shown, or looks like another account's or a reserved word.
        """
        name = texts.name(text)
        if not name:
            raise ValidationError("A name must have something that can be seen")
        look = looks.look(name)
        if own is not None and look == own.look:
            return name
        is_reserved = looks.is_reserved(name) and not (own is not None and own.is_staff)
        if is_reserved or (look and self.model._default_manager.filter(look=look).exists()):
            raise ValidationError(TAKEN)
        return name

    def get_by_natural_key(self, username: str) -> "User":
        return self.named(username).get()

    def register(self, username: str, email: str, password: str, role: str = Role.VIEWER) -> "User":
        """Someone makes an account for themselves and names their own role: never one with power over others.

        Where OPEN_REGISTRATION_AS_CREATOR is off, who asks to be a creator is a viewer whose request waits for staff.
        """
        asked = Role.named(role)
        if asked not in (Role.VIEWER, Role.CREATOR):
            raise ValidationError("Invalid role")
        self.check_new_password(password, username, email)
        try:
            username = self.check_name(username)
        except ValidationError:
            if not self.named(texts.name(username)).exists():  # or else it is said that there is one of this very name
                raise
        if asked == Role.CREATOR and not settings.OPEN_REGISTRATION_AS_CREATOR:
            return self.create_user(username, email, password, asks_to_create=True)
        return self.create_user(username, email, password, asked)

    def check_new_password(self, password: str, username: str, email: str) -> None:
        """Raises ValidationError for one that many have, or that is much like the name or address it belongs to."""
        validate_password(password, self.model(username=username, email=email))

    def create_user(
        self,
        username: str,
        email: str,
        password: str | None = None,
        role: str = Role.VIEWER,
        asks_to_create: bool = False,
    ) -> "User":
        user = self.model(
            username=User.normalize_username(texts.name(username) or username),
            email=email.strip(),
            role=Role.named(role),
            asks_to_create=asks_to_create,
        )
        user.clean_fields(exclude=["password"])
        user.set_password(password)
        with user.conflicts_explained():
            user.save(using=self.db)
        return user

    def create_superuser(self, username: str, email: str, password: str | None = None) -> "User":
        return self.create_user(username, email, password, Role.ADMIN)

    def prune_all_credentials(self) -> int:
        """Forgets everybody's refresh tokens and tickets that nobody can use any more."""
        return self.all().prune_credentials()

    def prune_credentials(self) -> int:
        """Forgets these users' refresh tokens and tickets that nobody can use any more; returns how many."""
        dead = Q(user__in=self, expires_at__lte=timezone.now())
        return RefreshFamily.objects.filter(dead).delete()[0] + Ticket.objects.filter(dead).delete()[0]


class User(ByMail, AbstractBaseUser, PermissionsMixin):
    """An account. Its role alone decides what it may do, in the API and in the admin."""

    username = models.CharField(max_length=150, unique=True, validators=[ProhibitNullCharactersValidator()])
    look = models.CharField(max_length=looks.MAX_LENGTH, default="", editable=False, db_index=True)
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    token_version = models.PositiveIntegerField(default=0, editable=False)
    asks_to_create = models.BooleanField(
        "asks to be a creator", default=False, editable=False, help_text="registered as one where that needs approval"
    )
    spoke_with_token = models.BooleanField(default=False, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Rights per row would be a second truth beside the role.
    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    objects = UserQuerySet.as_manager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email",
                violation_error_code="unique",
                violation_error_message="User with this email already exists",
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_username",
                violation_error_code="unique",
                violation_error_message="User with this username already exists",
            ),
            models.CheckConstraint(name="accounts_user_role", condition=Q(role__in=Role.values)),
        ]

    @property
    def is_staff(self) -> bool:
        """Whether the admin site lets them in."""
        return self.role in (Role.MODERATOR, Role.STAFF, Role.ADMIN)

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        return self.role == Role.ADMIN

    @property
    def may_present(self) -> bool:
        """Whether they may schedule and start shows of their own."""
        return self.role != Role.VIEWER

    def may_restrict(self, other: "User") -> bool:
        """Whether they may mute or ban `other`, or end that: nobody does so to their equals, or to themselves."""
        return Role(self.role).rank > Role(other.role).rank

    @property
    def sees_emails(self) -> bool:
        return self.role in (Role.STAFF, Role.ADMIN)

    def check_quota(
        self, name: str, nouns: str, used: "models.QuerySet[Any]", retry_after: float | None = None, more: int = 1
    ) -> None:
        """Raises QuotaReached if, with so many more, there are more rows of `used` than settings.QUOTAS allows.

        The account stays locked until the transaction ends, so that nobody adds another row meanwhile.
        """
        if most := settings.QUOTAS[name]:
            User.objects.select_for_update(no_key=True).filter(pk=self.pk).first()
            if used.count() + more > most:
                raise QuotaReached(most, nouns, retry_after)

    # --- what may change

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password ends what the old one opened, by whatever road it comes: REST, the admin, `changepassword`."""
        new_password = getattr(self, "_password", None) is not None and not self._state.adding
        self.look = looks.look(self.username)
        if not self._state.adding and kwargs.get("update_fields") is None:
            # A version read before someone else's revocation must not be written back over it.
            kwargs["update_fields"] = {field.attname for field in self._meta.concrete_fields} - {"id", "token_version"}
        with transaction.atomic():
            super().save(*args, **kwargs)
            if new_password:
                self._revoke_access()

    def update_profile(self, username: str = "", email: str = "", password: str = "") -> None:
        """Changes what is given; a new password ends all access, a new name or address none."""
        if username and username != self.username:
            namesakes = User.objects.named(texts.name(username)).exclude(pk=self.pk)
            name = username if namesakes.exists() else User.objects.check_name(username, self)
            self.username = self.normalize_username(name)
        if email:
            self.email_verified &= email.strip() == self.email
            self.email = email.strip()
        if password:
            User.objects.check_new_password(password, self.username, self.email)
            self.set_password(password)
        self.clean_fields(exclude=["password"])
        with self.conflicts_explained():
            self.save(update_fields=["username", "look", "email", "email_verified", "password", "updated_at"])

    @transaction.atomic
    def set_role(self, role: str) -> None:
        """Raises ValidationError for the last admin, without whom nobody could make another."""
        if Role.named(role) != Role.ADMIN:
            self.check_is_not_last_admin()
        self.role, self.asks_to_create = Role.named(role), False
        self._save_and_revoke("role", "asks_to_create")

    @transaction.atomic
    def deactivate(self) -> None:
        """Raises ValidationError for the last admin."""
        self.check_is_not_last_admin()
        self.is_active = False
        self._save_and_revoke("is_active")

    def check_is_not_last_admin(self) -> None:
        """All admins stay locked until the transaction ends: two of them cannot end each other."""
        admins = User.objects.active().filter(role=Role.ADMIN).order_by("pk").select_for_update(no_key=True)
        if list(admins.values_list("pk", flat=True)) == [self.pk]:
            raise ValidationError(f"{self} is the last admin and stays one")

    def reactivate(self) -> None:
        self.is_active = True
        self._save_and_revoke("is_active")

    def log_out(self) -> None:
        """Everywhere: access tokens name no device, so there is no way to end only one."""
        with transaction.atomic():
            self._revoke_access()

    def has_access(self) -> bool:
        """Whether what proved this user still does: nothing has been revoked since the row was read."""
        return User.objects.active().filter(pk=self.pk, token_version=self.token_version).exists()

    def end_trust(self) -> None:
        """From now on no socket is believed to be this user's without proof: see `User.objects.declarable`."""
        if not self.spoke_with_token:
            self.spoke_with_token = True
            self.save(update_fields=["spoke_with_token"])

    def _save_and_revoke(self, *fields: str) -> None:
        with transaction.atomic():
            self.save(update_fields=[*fields, "updated_at"])
            self._revoke_access()

    def _revoke_access(self) -> None:
        User.objects.filter(pk=self.pk).update(token_version=F("token_version") + 1)
        self.refresh_from_db(fields=["token_version"])
        RefreshFamily.objects.filter(user=self).delete()
        Ticket.objects.filter(user=self).delete()
        signals.access_revoked.send(sender=User, user_id=self.pk)

    @contextlib.contextmanager
    def conflicts_explained(self) -> Iterator[None]:
        """The database decides who was first with a name; the model then says it in words."""
        try:
            with transaction.atomic():
                yield
        except IntegrityError:
            self.validate_constraints()
            raise

    # --- what proves it

    def check_password(self, raw_password: str | None) -> bool:
        if self.password.startswith("$2"):  # a bcrypt hash as other software stores it, without the hasher's name
            self.password = f"bcrypt${self.password}"
        return super().check_password(raw_password)

    def get_session_auth_hash(self) -> str:
        """Page sessions end with the same version as tokens do."""
        return f"{super().get_session_auth_hash()}.{self.token_version}"
