"""Who can be tried in a demo shop. Their passwords are known to all, so they are made and offered only with DEBUG."""

from django.conf import settings

from accounts.models import Role, User

ACCOUNTS = {
    "viewer": (Role.VIEWER, "watch and ask"),
    "creator": (Role.CREATOR, "present shows in the studio"),
    "moderator": (Role.MODERATOR, "look after the chat"),
    "admin": (Role.ADMIN, "look after everything"),
}


def password_of(username: str) -> str:
    return f"{username}-demo"


def offered() -> list[dict[str, str]]:
    """What the log-in page fills in: nothing without DEBUG, and only accounts that are there."""
    if not settings.DEBUG:
        return []
    there = set(User.objects.filter(username__in=ACCOUNTS, is_active=True).values_list("username", flat=True))
    return [
        {"username": name, "password": password_of(name), "purpose": purpose}
        for name, (_, purpose) in ACCOUNTS.items()
        if name in there
    ]
