"""How fast clients may send: token buckets, "per second, burst" for each scope. A message class names its limit."""

import re
from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

Limits = dict[str, dict[str, tuple[float, int]]]

KIB, MIB = 1024, 1024 * 1024

# The scope `room-address` is what one address may do in one room: a small part of what the room has, so that nobody can
# take a show's chat from the others. Offices and schools speak from one address, hence the wide bursts.
LIMITS: Limits = {
    "message": {"connection": (50, 500), "address": (500, 1000)},
    "bytes": {"address": (2 * MIB, 32 * MIB), "room": (512 * KIB, 8 * MIB)},  # of whatever is sent, refused or not
    "chat": {"connection": (1, 5), "identity": (1, 5), "room": (200, 400), "room-address": (10, 60)},
    "reaction": {"connection": (10, 30), "identity": (10, 30), "address": (200, 1000)},
    "shown-reaction": {"room": (20, 20)},  # to everyone, one by one; the totals count all
    "like": {"connection": (5, 30), "identity": (5, 30), "address": (20, 500)},
    "join": {"connection": (5, 20), "address": (20, 1000)},
    "claim": {"connection": (2, 10), "identity": (2, 10), "address": (50, 500)},
    "click": {"connection": (5, 20), "identity": (5, 20), "address": (50, 500)},
    "manage": {"connection": (10, 30)},
    "party": {"connection": (0.2, 5), "address": (0.5, 60)},
    "sync": {"connection": (20, 100), "address": (200, 1000)},
    "pointer": {"connection": (60, 256), "address": (1200, 2560)},
    "relay": {"connection": (100, 500), "address": (1000, 4000)},
    "cart": {"connection": (5, 20), "address": (50, 200), "room": (20, 100)},
    "call": {"connection": (2, 60), "address": (20, 400)},
    "record": {"connection": (200, 2000), "address": (2000, 20_000)},  # four pieces of audio a second, and moves
    "shop-call": {"connection": (0.05, 3), "identity": (0.05, 3), "address": (0.1, 10)},  # each rings at somebody
    "support": {"connection": (1, 10), "identity": (1, 10), "address": (5, 50)},
    "typing": {"connection": (2, 20), "identity": (2, 20)},  # and marks of what was read
    "report": {"identity": (0.1, 10), "address": (1, 50)},
    "upload": {"identity": (0.2, 10), "address": (1, 50)},
    "signal": {"connection": (50, 500)},  # a broadcaster's viewers may come all at once, and each takes a dozen
}

# Over REST, from one address; an empty text is no limit.
REST = {
    "login": "20/min",
    "login-account": "5/min",  # of one account, from addresses that it is not known at, after many failures
    "register": "20/min",
    "account-mail": "20/hour",  # mails about accounts that are asked for, and their links
    "mail-account": "5/hour",  # such mails to one account, whoever asks for them
    "refresh": "60/min",
    "guest": "120/min",
    "ice": "120/min",
    "match": "60/min",
    "shop-call": "10/min",
    "party": "60/min",
    "bag": "120/min",
    "picture": "60/min",
    "search": "600/min",  # suggestions are asked for while people type
    "support": "20/min",  # conversations that are begun
    "reminder": "30/hour",  # people of one address who want to be mailed before a show, or not any more
    "purchase": "60/min",  # what pages report of checkouts and purchases
}

# What one account may have at a time; 0 is no limit.
QUOTAS = {
    "products": 10_000,
    "shows": 100,  # that have not ended
    "tickets": 100,  # that have not been used and have not expired
    "guest-claims": 20,  # in one drop, of the guests of one address together: of an account its limit holds alone
}


def changed(changes: Mapping[str, Mapping[str, tuple[float, int]]]) -> Limits:
    """LIMITS with those that an operator has changed, each as a whole; a scope of `[0, 0]` has no limit."""
    for name, scopes in changes.items():
        if name not in LIMITS:
            raise ImproperlyConfigured(f"LIMITS has no {name}: there are {', '.join(LIMITS)}")
        for scope, (rate, burst) in scopes.items():
            if (rate <= 0 or burst < 1) and (rate, burst) != (0, 0):
                raise ImproperlyConfigured(f"LIMITS: nothing at all may pass {name} per {scope}; [0, 0] is no limit")
    limited = {
        name: {scope: (rate, burst) for scope, (rate, burst) in scopes.items() if rate}
        for name, scopes in changes.items()
    }
    return LIMITS | limited


def rest_changed(changes: Mapping[str, str]) -> dict[str, str]:
    """REST with those rates that an operator has changed."""
    for name, rate in changes.items():
        if name not in REST:
            raise ImproperlyConfigured(f"REST_RATES has no {name}: there are {', '.join(REST)}")
        if rate and not re.fullmatch(r"[1-9][0-9]*/(s|min|hour|day)", rate):
            raise ImproperlyConfigured(f"REST_RATES: {rate} is no rate such as 20/min")
    return REST | dict(changes)


def quotas_changed(changes: Mapping[str, int]) -> dict[str, int]:
    """QUOTAS with those that an operator has changed."""
    for name, most in changes.items():
        if name not in QUOTAS:
            raise ImproperlyConfigured(f"QUOTAS has no {name}: there are {', '.join(QUOTAS)}")
        if type(most) is not int or most < 0:
            raise ImproperlyConfigured(f"QUOTAS: {most} {name} is no number of them")
    return QUOTAS | dict(changes)
