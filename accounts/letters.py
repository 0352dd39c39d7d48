"""Mails about an account, and what their links prove: who opens one reads the mail of that address."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

if TYPE_CHECKING:
    from accounts.models import User

VERIFICATION_SECONDS = 3 * 24 * 60 * 60  # that a link is good
SALT = "accounts.verification"


def verification_token(user: "User") -> str:
    """Proves that its bearer reads the mail of the address that the account has now."""
    return signing.dumps([user.pk, user.email], salt=SALT)


def verified_by(token: str) -> tuple[int, str] | None:
    """The account and the address that a token is about; None for one that is not ours, or too old."""
    try:
        pk, email = signing.loads(token, salt=SALT, max_age=VERIFICATION_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(pk), str(email)


def uid_of(user: "User") -> str:
    return urlsafe_base64_encode(force_bytes(user.pk))


def verification(user: "User") -> EmailMessage:
    link = _link("verify", verification_token(user))
    return _mail(user, "Please confirm your e-mail address", f"Open this page to confirm that it is yours: {link}")


def reset(user: "User", token: str) -> EmailMessage:
    link = _link("password_reset_confirm", uid_of(user), token)
    words = f"Choose a new password here: {link}\n\nIf you have not asked for this, nothing happens without you."
    return _mail(user, "A new password", f"Somebody wants a new password for {user.username}.\n\n{words}")


def _link(name: str, *arguments: str) -> str:
    address: str = settings.SUPPORT.public_url
    return address + reverse(name, args=arguments)


def _mail(user: "User", subject: str, text: str) -> EmailMessage:
    headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    return EmailMessage(subject=subject, body=f"{text}\n", to=[user.email], headers=headers)
