"""Replies by mail, and what stands for a conversation in it: a link that opens it, and an address that answers it."""

import hmac
import re
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.utils import crypto

LINK_LIFETIME = timedelta(days=30)
TOLERANCE = 300  # seconds that a signed request may be old
MAX_MAIL = 20  # replies in one mail

_links = signing.TimestampSigner(sep=".", salt="support.link")

# Where the mail that is answered begins, as the usual programs introduce it.
ANSWERED = re.compile(
    r"^(On .{1,200} wrote:|Am .{1,200} schrieb.{0,200}:|-+ ?Original Message ?-+|_{20,}) *$", re.MULTILINE
)


# --- the link


def link_token(conversation_id: uuid.UUID) -> str:
    return _links.sign(conversation_id.hex)


def opened_by(token: str) -> uuid.UUID | None:
    """The conversation that a link opens; None for one that is not ours, or too old."""
    try:
        return uuid.UUID(_links.unsign(token, max_age=LINK_LIFETIME))
    except (signing.BadSignature, ValueError):
        return None


# --- the address


def reply_address(conversation_id: uuid.UUID) -> str:
    """Where an answer to a mail goes, or an empty text where none is taken in. It is signed: nobody can guess one."""
    mailbox, at, domain = settings.SUPPORT.reply_to.rpartition("@")
    return f"{mailbox}+{_address_token(conversation_id)}@{domain}" if at else ""


def answered_by(address: str) -> uuid.UUID | None:
    """The conversation that a mail to `address` answers."""
    found = re.search(r"\+([0-9a-f]{32})([0-9a-f]{16})@", address.lower())
    if found is None:
        return None
    conversation_id = uuid.UUID(found[1])
    is_ours = crypto.constant_time_compare(_address_token(conversation_id), found[1] + found[2])
    return conversation_id if is_ours else None


def _address_token(conversation_id: uuid.UUID) -> str:
    """Short, for what stands before the @ has 64 characters at most."""
    mac = crypto.salted_hmac("support.address", conversation_id.hex, algorithm="sha256").hexdigest()[:16]
    return conversation_id.hex + mac


# --- what goes out


def message(to: str, conversation_id: uuid.UUID, replies: Sequence[str]) -> EmailMessage:
    """The mail that brings a customer the replies that they have not read."""
    link = f"{settings.SUPPORT.public_url}/support/{link_token(conversation_id)}/"
    text = "\n\n".join(replies[-MAX_MAIL:])
    answer_to = reply_address(conversation_id)
    return EmailMessage(
        subject="A reply to your question",
        body=f"{text}\n\n--\nThe whole conversation, to read and to go on with: {link}\n",
        to=[to],
        reply_to=[answer_to] if answer_to else None,
        headers={"X-Auto-Response-Suppress": "All"},
    )


# --- what comes in


def signature(body: bytes, at: int) -> str:
    """The header Vitrine-Signature of a request with this body: when it was signed, and an HMAC of both."""
    signed = hmac.new(settings.SUPPORT.inbound_secret.encode(), b"%d." % at + body, "sha256")
    return f"t={at},v1={signed.hexdigest()}"


def is_signed(body: bytes, header: str) -> bool:
    """Whether a request was signed by someone who knows the secret, and lately: an old one may have been copied."""
    found = re.fullmatch(r"t=([0-9]{1,12}),v1=[0-9a-f]{64}", header)
    if found is None or not settings.SUPPORT.inbound_secret or abs(time.time() - int(found[1])) > TOLERANCE:
        return False
    return crypto.constant_time_compare(signature(body, int(found[1])), header)


def newly_written(text: str) -> str:
    """A mail's text without the mail that it answers."""
    text = text.replace("\r\n", "\n")
    answered = ANSWERED.search(text)
    own = text[: answered.start()] if answered else text
    return "\n".join(line for line in own.split("\n") if not line.startswith(">")).strip()
