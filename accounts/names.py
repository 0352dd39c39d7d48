"""The names that people are shown by beside what they say, where that is not their account's own."""

from django.core.exceptions import ValidationError

from accounts import identity as identities
from accounts import looks, texts
from accounts.models import User


def chosen(text: str, by: identities.Identity) -> str:
    """A name that somebody chooses on a page of ours; raises ValidationError for one that they may not bear."""
    return User.objects.check_name(text, by.user)


def declared(text: str | None, by: identities.Identity) -> str:
    """A name that a client says beside something else, or nothing where it may not be borne: that refuses nobody."""
    try:
        return chosen(texts.cut(text or ""), by)
    except ValidationError:
        return ""


def of_customer(text: str) -> str:
    """The name that a customer gives to support, or nothing. Only staff read it, so it may be another's as well."""
    try:
        name = texts.name(texts.cut(text))
    except ValidationError:
        return ""
    return "" if looks.is_reserved(name) else name
