"""What logging in to our pages means beside the session that it begins, and logging out beside its end."""

from typing import Any

from django.contrib.auth import SESSION_KEY, user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import guests
from accounts.models import User


@receiver(user_logged_in)
def end_trust(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """Whoever uses our pages needs no old client's word. The API's log-in, which old clients use, begins no session."""
    session = getattr(request, "session", None)
    if session is not None and session.get(SESSION_KEY) == str(user.pk):
        user.end_trust()


@receiver(user_logged_out)
def start_over(sender: object, request: HttpRequest, **_: Any) -> None:
    """The next person at this computer is another guest."""
    guests.forget(request)
