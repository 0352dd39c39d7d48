"""The allow-list for browsers of other origins, over REST and on sockets."""

import environ

NAMES = ("CORS_ORIGINS", "CORS_ORIGIN", "ORIGIN", "AVARI_FRONTEND_URL")


def origins(env: environ.Env) -> list[str]:
    """The union of what each of the old servers called it; `*` may stand for a part of an origin, or for all."""
    return sorted({origin.rstrip("/") for name in NAMES for origin in env.list(name, default=[]) if origin})


def patterns(allowed: list[str]) -> list[str]:
    """Regular expressions of the origins in which `*` stands for a part."""
    return ["^" + origin.replace(".", r"\.").replace("*", r"[^/]*") + "$" for origin in allowed if "*" in origin[1:]]
