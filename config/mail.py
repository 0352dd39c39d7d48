"""Mail: through which server it goes out, from whom, and how the answers to support's come in."""

from typing import Any, NamedTuple

import environ

TIMEOUT = 20  # seconds that a mail server may take


class Support(NamedTuple):
    """The mail of support. Without an address to reply to, and a secret, no answers to it are taken in."""

    public_url: str  # where customers reach this server
    reply_to: str
    inbound_secret: str
    seconds: int  # after which a reply that its customer has not read is mailed


def server(env: environ.Env) -> dict[str, Any]:
    """Django's settings about mail. Without EMAIL_URL it is written to the console."""
    return {
        **env.email_url("EMAIL_URL", default="consolemail://"),
        "EMAIL_TIMEOUT": TIMEOUT,
        "DEFAULT_FROM_EMAIL": env.str("DEFAULT_FROM_EMAIL", default="support@localhost"),
    }


def support(env: environ.Env, host: str, port: int) -> Support:
    return Support(
        public_url=env.str("PUBLIC_URL", default=f"http://{host}:{port}").rstrip("/"),
        reply_to=env.str("SUPPORT_REPLY_TO", default=""),
        inbound_secret=env.str("SUPPORT_INBOUND_SECRET", default=""),
        seconds=env.int("SUPPORT_MAIL_SECONDS", default=120),
    )
