"""How a line of the log is written, whoever logs it: short, without secrets, and without anybody's whole address."""

import ipaddress
import logging
import re
from typing import Any

MAX_MESSAGE = 1000  # characters; a path may have 60,000
MAX_TRACEBACK = 20_000
IPV4_KEPT, IPV6_KEPT = 24, 48  # bits of an address: the network, not the household

HIDDEN = "[hidden]"
# What lets its holder in: tokens, tickets and invitations, wherever they stand in a line.
SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(ticket|\w*token|password|secret|signature|credential)(=|%3D)[^\s&;\"']+"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?i)\bbearer[ +][^\s\"',]+"), f"Bearer {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\bguest\.[\w.:-]+"), f"guest.{HIDDEN}"),
    (re.compile(r"\b(sess_[\w-]{3})[\w-]{7}(?![\w-])"), r"\1…"),
    (re.compile(r"\b(DETAIL|CONTEXT):.*"), rf"\1: {HIDDEN}"),  # PostgreSQL quotes the values that it refuses.
)
ADDRESSES = re.compile(
    r"(?<![\w.:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,5}(?:(?:\.[0-9]{1,3}){3})?(?::[0-9]{1,5})?(?![\w:])"
    r"|(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.])"
)
# These loggers write with a traceback what a client did wrong, and what the application did, which begins so.
CLIENT_FACING = ("uvicorn", "websockets", "django.security")
OWN_FAULT = "Exception in ASGI application"


def configure(level: str) -> dict[str, Any]:
    """The setting LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Formatter, "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        # Without handlers of its own: in development Django would write each line a second time, in full.
        "loggers": {"django": {}, "daphne": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
    }


class Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        shown = logging.makeLogRecord(record.__dict__)
        shown.msg, shown.args = _bounded(_in_one_line(record.getMessage()), MAX_MESSAGE), None
        shown.exc_text = None
        if _is_clients_fault(record):
            shown.exc_info = shown.stack_info = None
        return scrubbed(super().format(shown))

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's name
        text = super().formatException(ei)  # type: ignore[arg-type]
        return text if len(text) <= MAX_TRACEBACK else "…" + text[-MAX_TRACEBACK:]


def scrubbed(text: str) -> str:
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return ADDRESSES.sub(_network, text)


def _is_clients_fault(record: logging.LogRecord) -> bool:
    """Whether a traceback would only show what a client sent; our own faults are logged as errors."""
    raised = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if record.levelno < logging.ERROR or getattr(raised, "is_clients_fault", False):
        return True
    return record.name.startswith(CLIENT_FACING) and not record.getMessage().startswith(OWN_FAULT)


def _in_one_line(text: str) -> str:
    """Nobody adds a line of their own to the log."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text.rstrip())


def _bounded(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters)"


def _network(found: re.Match[str]) -> str:
    text = found[0]
    for address, port in _readings(text):
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            continue
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        whole = mapped or parsed
        if whole.is_loopback or whole.is_unspecified:
            return text
        kept = IPV4_KEPT if isinstance(whole, ipaddress.IPv4Address) else IPV6_KEPT
        return f"{ipaddress.ip_network((whole, kept), strict=False)}{port}"
    return text


def _readings(text: str) -> list[tuple[str, str]]:
    """As an address, and as one with the port behind it that uvicorn writes without brackets."""
    address, _, port = text.rpartition(":")
    return [(text, ""), (address, f":{port}")]
