"""The mails about accounts, which go out in the background: nobody learns from the time that it takes who has one."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django_tasks import task

from accounts import letters
from accounts.models import User
from rest import throttling


@task()
def send_reset(pk: int) -> None:
    user = User.objects.active().filter(pk=pk).first()
    if user is not None:
        letters.reset(user, default_token_generator.make_token(user)).send()


@task()
def send_verification(pk: int) -> None:
    user = User.objects.active().filter(pk=pk, email_verified=False).first()
    if user is not None:
        letters.verification(user).send()


def mail_reset(email: str) -> None:
    """Has whoever has this address choose a new password. Nothing says whether anybody has it."""
    user = User.objects.active().filter(email__iexact=email).first()
    if user is not None and may_mail(user):
        send_reset.enqueue(user.pk)


def mail_verification(user: User) -> bool:
    """Asks whether the address is theirs; returns whether a mail goes out: not for one that is confirmed."""
    if user.email_verified or not may_mail(user):
        return False
    send_verification.enqueue(user.pk)
    return True


def may_mail(user: User) -> bool:
    """Counts a mail to one account: whoever asks for many of them annoys somebody else."""
    return not throttling.take("mail-account", str(user.pk), settings.REST_RATES["mail-account"])
