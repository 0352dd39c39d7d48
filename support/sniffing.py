"""What an uploaded file is by its content: its name and its declared type are only its sender's word."""

import re

MAX_NAME = 150  # characters of a file's name
HEAD = 16  # bytes that are looked at

# By type, how a file begins and what its name ends with. Nothing that a browser would run is among them.
KINDS: dict[str, tuple[re.Pattern[bytes], tuple[str, ...]]] = {
    "image/png": (re.compile(rb"\x89PNG\r\n\x1a\n"), (".png",)),
    "image/jpeg": (re.compile(rb"\xff\xd8\xff"), (".jpg", ".jpeg")),
    "image/gif": (re.compile(rb"GIF8[79]a"), (".gif",)),
    "image/webp": (re.compile(rb"RIFF....WEBP", re.DOTALL), (".webp",)),
    "application/pdf": (re.compile(rb"%PDF-"), (".pdf",)),
}


def kind_of(head: bytes) -> str | None:
    """The type of a file that begins so; None for one that is not taken."""
    return next((kind for kind, (begin, _) in KINDS.items() if begin.match(head)), None)


def safe_name(name: str, kind: str) -> str:
    """A file's name without a path or characters that a header or a file system would trip over."""
    endings = KINDS[kind][1]
    own = re.sub(r"[^\w .()-]", "_", re.split(r"[/\\]", name)[-1])
    ending = next((ending for ending in endings if own.lower().endswith(ending)), "")
    stem = own[: len(own) - len(ending)][: MAX_NAME - 5].strip(" .") or "file"
    return stem + (ending or endings[0])
