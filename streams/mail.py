"""The mail that reminds somebody of a show, and the link by which they want none."""

from email.utils import formatdate
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.defaultfilters import date
from django.urls import reverse

if TYPE_CHECKING:
    from streams.models import Reminder, Stream

_links = signing.Signer(sep=".", salt="streams.reminder")


def unsubscribe_token(pk: int) -> str:
    return _links.sign(str(pk))


def unsubscribed_by(token: str) -> int | None:
    """The id of the reminder whose mail has this link; None for one that is not ours."""
    try:
        return int(_links.unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def when(stream: "Stream") -> str:
    """When a show begins, by its host's clock, as people read it; empty for one without a time."""
    there = stream.starts_there
    return f"{date(there, 'j F Y, H:i')} ({stream.time_zone or 'UTC'})" if there is not None else ""


def reminder(about: "Reminder") -> EmailMessage:
    stream, token = about.stream, unsubscribe_token(about.pk)
    title = " ".join(stream.title.split())
    site = settings.SUPPORT.public_url
    begins = "has begun" if stream.is_on else f"begins at {when(stream)}"
    page, leave = (site + reverse("watch", args=[stream.pk]), site + reverse("reminder", args=[token]))
    return EmailMessage(
        subject=f"{title[:150]} {'has begun' if stream.is_on else 'begins soon'}",
        body=f"{title} {begins}.\n\nWatch it: {page}\n\n--\nNo more reminders: {leave}\n",
        to=[about.address],
        headers={
            "List-Unsubscribe": f"<{site}/api/reminders/{token}/unsubscribe>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Date": formatdate(),
        },
    )
