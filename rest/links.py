"""Addresses that people give and pages link to or show: none has a scheme that a page would run.

Browsers take `\\` for `/` and leave out control characters, so neither may stand where it changes the meaning.
"""

import re

from django.core.validators import RegexValidator

_REST = r"[^\x00-\x1f\x7f]*\Z"
_NO_BLANK = r"[^\x00-\x20\x7f]*"
_PATH = r"/(?![/\\])"  # on this server

PICTURE = rf"\A(https?://|{_PATH}){_REST}"
WEB = rf"\Ahttps?://[^/\\?#\x00-\x20\x7f]+([/?#]{_NO_BLANK})?\Z"
STREAM = rf"\A((https?|rtmps?|rtsp|srt|wss?)://|{_PATH}){_REST}"
WORD = r"\A[\w.-]+\Z"  # old clients say where a show is to be seen by a mere word too, such as "webrtc"

validate_picture = RegexValidator(PICTURE, "It must begin with http://, https:// or /", flags=re.IGNORECASE)
validate_web = RegexValidator(WEB, "It must begin with http:// or https://, and have no blanks", flags=re.IGNORECASE)
validate_stream = RegexValidator(
    STREAM,
    "streamUrl must begin with a scheme such as https://, or with one / for a path on this server",
    flags=re.IGNORECASE,
)
validate_stream_or_word = RegexValidator(
    f"{STREAM}|{WORD}", "It must begin with a scheme such as https://, or with one /", flags=re.IGNORECASE
)


def is_stream_or_word(text: str) -> bool:
    return re.match(f"{STREAM}|{WORD}", text, re.IGNORECASE) is not None
