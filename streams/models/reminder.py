"""Those who want to be reminded of a show before it begins: one mail for each of them, and no other."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models.functions import Lower, Now

from accounts import identity as identities
from accounts.models import User
from realtime import database, event_log
from streams import mail
from streams.models.stream import Stream

MAX_REMINDERS = 10_000  # of a show
MAX_OF_ADDRESS = 20  # shows that one address waits for
MAX_TRIES = 5  # to hand a mail to the server
AT_ONCE = 500  # mails that one run of the job enqueues
LATE = timedelta(hours=1)  # After it began nobody is reminded of a show any more.
KEPT = timedelta(days=7)  # after the mail, or after the show


class ReminderQuerySet(models.QuerySet["Reminder"]):
    @event_log.verb
    def ask(self, stream: Stream, identity: identities.Identity, address: str = "") -> "Reminder":
        """Has somebody reminded of a show that is to come; once is enough. Users are mailed at their own address.

        Raises ValidationError for a show that has begun, for no address, and where there are too many.
        """
        user = identity.user if identity.verified else None
        if user is None:
            validate_email(address)
        stream.lock()
        if stream.status != Stream.Status.SCHEDULED:
            raise ValidationError("This show has begun already")
        stream.check_is_public("reminders")
        email = user.email if user is not None else address
        known = models.Q(user=user) if user is not None else models.Q(pk=None)
        if (found := self.filter(known | self.at(email), stream=stream).first()) is not None:
            return found
        if self.filter(stream=stream).count() >= MAX_REMINDERS:
            raise ValidationError(f"At most {MAX_REMINDERS:,} people can be reminded of a show")
        if self.filter(self.at(email), sent_at=None).count() >= MAX_OF_ADDRESS:
            raise ValidationError(f"One address can wait for {MAX_OF_ADDRESS} shows at most")
        return self.create(stream=stream, user=user, email=email)

    @staticmethod
    def at(email: str) -> models.Q:
        return models.Q(email__iexact=email)

    def withdraw(self, stream: Stream, identity: identities.Identity) -> int:
        """Forgets that a user wanted to be reminded; returns how many reminders that were."""
        if not identity.verified:
            raise PermissionDenied("Log in, or use the link in the mail")
        return self.filter(stream=stream, user=identity.user).delete()[0]

    def waits(self, stream: Stream, identity: identities.Identity) -> bool:
        """Whether this user will be reminded of the show."""
        return identity.verified and self.filter(stream=stream, user=identity.user).exists()

    def opened_by(self, token: str) -> "Reminder":
        """The reminder whose mail has this link. Raises DoesNotExist for one that is not ours, or was used."""
        found = self.filter(pk=mail.unsubscribed_by(token) or 0).select_related("stream", "user").first()
        if found is None:
            raise Reminder.DoesNotExist("This link is not good any longer")
        return found

    def due(self) -> Self:
        """Selects whom to mail now: their show is about to begin, or has just begun."""
        soon = models.Q(
            stream__status=Stream.Status.SCHEDULED,
            stream__starts_at__lte=Now() + timedelta(minutes=settings.SHOWS.remind_minutes),
            stream__starts_at__gt=Now() - LATE,
        )
        begun = models.Q(stream__status=Stream.Status.LIVE, stream__started_at__gt=Now() - LATE)
        known = models.Q(user=None) | models.Q(user__email_verified=True, user__is_active=True)
        waiting = self.filter(soon | begun, known, sent_at=None, tries__lt=MAX_TRIES)
        return waiting.order_by("stream__starts_at", "pk")

    def forget(self) -> int:
        """Deletes those that were sent long ago, or whose show is over or was never held; returns how many."""
        long_ago = Now() - KEPT
        over = models.Q(sent_at__lt=long_ago) | models.Q(stream__ended_at__lt=long_ago)
        never = models.Q(stream__status=Stream.Status.SCHEDULED, stream__starts_at__lt=long_ago)
        return database.delete(self.filter(over | never))

    def erase(self, user: User) -> int:
        return self.filter(models.Q(user=user) | self.at(user.email)).delete()[0]


class Reminder(models.Model):
    """Somebody wants a mail before a show begins. `sent_at` is set before it goes out, so that none goes out twice."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="reminders", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="reminders")
    email = models.EmailField()
    at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("stream", Lower("email"), name="reminder_once"),
            models.UniqueConstraint(
                fields=["stream", "user"], condition=models.Q(user__isnull=False), name="reminder_of_user_once"
            ),
        ]
        indexes = [
            models.Index(Lower("email"), name="reminder_email"),
            models.Index(fields=["stream"], condition=models.Q(sent_at=None), name="reminder_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.email} of {self.stream_id}"

    @property
    def address(self) -> str:
        """Where the mail goes: to the address that an account has now, or nowhere before it is confirmed."""
        return self.user.mail_address if self.user is not None else self.email

    @event_log.verb
    def claim(self) -> bool:
        """Takes it on to send the mail, for one caller."""
        taken = Reminder.objects.filter(pk=self.pk, sent_at=None).update(sent_at=Now(), tries=models.F("tries") + 1)
        return bool(taken)

    def release(self) -> None:
        """Has the mail sent again, because the server did not take it."""
        Reminder.objects.filter(pk=self.pk).update(sent_at=None)

    def unsubscribe(self) -> int:
        """Forgets all that this address waits for; returns how many shows those are."""
        waiting = Reminder.objects.filter(Reminder.objects.at(self.address or self.email), sent_at=None)
        own: dict[str, Any] = {"pk": self.pk}
        return waiting.exclude(**own).delete()[0] + Reminder.objects.filter(**own).delete()[0]
