"""The allow-lists of other origins: which may ask us, over REST and on sockets, and which may frame our player."""

import re

import environ

NAMES = ("CORS_ORIGINS", "CORS_ORIGIN", "ORIGIN", "AVARI_FRONTEND_URL")


def origins(env: environ.Env) -> list[str]:
    """The union of what each of the old servers called it; `*` may stand for a part of an origin, or for all."""
    return sorted({origin.rstrip("/") for name in NAMES for origin in env.list(name, default=[]) if origin})


def patterns(allowed: list[str]) -> list[str]:
    """Regular expressions of the origins in which `*` stands for a part."""
    return ["^" + origin.replace(".", r"\.").replace("*", r"[^/]*") + "$" for origin in allowed if "*" in origin[1:]]


# A source as a Content Security Policy has it: one origin, `*` as the first label of its host or as its port.
EMBEDDER = re.compile(
    r"(\*|https?://(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?(:([0-9]{1,5}|\*))?)\Z"
)
LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1)(:|\Z)")


def embedders(env: environ.Env) -> list[str]:
    """The origins whose pages may have the player in a frame; `*` alone is every page there is."""
    return sorted({origin.rstrip("/") for origin in env.list("EMBED_ORIGINS", default=[]) if origin})
