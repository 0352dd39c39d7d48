"""How fast clients may send: token buckets, "per second, burst" for each scope. A message class names its limit."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

Limits = dict[str, dict[str, tuple[float, int]]]

LIMITS: Limits = {
    "message": {"connection": (50, 500), "address": (500, 1000)},
    "chat": {"connection": (1, 5), "identity": (1, 5), "room": (200, 400)},
    "reaction": {"connection": (10, 30), "identity": (10, 30)},
    "shown-reaction": {"room": (20, 20)},  # to everyone, one by one; the totals count all
    "join": {"connection": (5, 20)},
    "click": {"connection": (5, 20), "identity": (5, 20)},
    "manage": {"connection": (10, 30)},
    "party": {"connection": (0.2, 5), "address": (2, 60)},
    "sync": {"connection": (20, 100), "address": (200, 1000)},
    "pointer": {"connection": (60, 256), "address": (1200, 2560)},
    "relay": {"connection": (100, 500), "address": (1000, 4000)},
    "cart": {"connection": (5, 20), "address": (50, 200)},
    "signal": {"connection": (50, 500)},  # a broadcaster's viewers may come all at once, and each takes a dozen
}

# Over REST, from one address.
REST = {
    "login": "20/min",
    "login-account": "5/min",  # of one account, from addresses that it is not known at, after many failures
    "register": "20/min",
    "refresh": "60/min",
    "guest": "120/min",
    "ice": "120/min",
    "match": "60/min",
    "party": "60/min",
}


def changed(changes: Mapping[str, Mapping[str, tuple[float, int]]]) -> Limits:
    """LIMITS with those that an operator has changed, each as a whole."""
    for name, scopes in changes.items():
        if name not in LIMITS:
            raise ImproperlyConfigured(f"LIMITS has no {name}: there are {', '.join(LIMITS)}")
        for scope, (rate, burst) in scopes.items():
            if rate <= 0 or burst < 1:
                raise ImproperlyConfigured(f"LIMITS: nothing at all may pass {name} per {scope}")
    return LIMITS | {name: dict(scopes) for name, scopes in changes.items()}
