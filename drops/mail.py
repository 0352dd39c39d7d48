"""The mail that tells somebody who is away that their turn has come."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage


def message(to: str, stream_id: UUID, what: str, pieces: int, until: datetime) -> EmailMessage:
    page = f"{settings.SUPPORT.public_url}/watch/{stream_id}/"
    many = f"{pieces} of {what}" if pieces > 1 else what
    return EmailMessage(
        subject=f"It is your turn: {what}"[:200].replace("\n", " ").replace("\r", " "),
        body=(
            f"You waited for it, and now it is kept for you: {many}\n\n"
            f"It is yours until {until:%H:%M} UTC on {until:%Y-%m-%d}. Pay for it by then, or it goes to the next in "
            f"line:\n{page}\n"
        ),
        to=[to],
        headers={"X-Auto-Response-Suppress": "All"},
    )
