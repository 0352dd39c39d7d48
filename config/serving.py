"""Where `manage.py serve` listens, and how long it takes to let its clients go."""

import environ


def process(env: environ.Env) -> tuple[str, int, float]:
    """HOST, PORT and DRAIN_SECONDS."""
    host: str = env.str("HOST", default="127.0.0.1")
    port: int = env.int("PORT", default=8000)
    drain: float = env.float("DRAIN_SECONDS", default=5.0)  # seconds over which all are asked to come back, at most
    return host, port, drain
