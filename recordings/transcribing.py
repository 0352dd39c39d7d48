"""Has what was said written down by the command or webhook that TRANSCRIBE names; docs/recordings-transcripts.md is the
contract. The audio goes there as a stream and is never written anywhere in the clear.
"""

import os
import secrets
import shlex
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from recordings import sealing

MAX_ANSWER = 8 * 1024 * 1024  # bytes
MAX_PASSAGES = 20_000  # of a track
MAX_TEXT = 5000  # characters of a passage
MAX_ERROR = 500  # characters of what went wrong that are kept


class Failed(Exception):
    """It could not be written down; the words are for staff."""


class Audio(NamedTuple):
    """A track: its size in bytes, and the pieces that it is made of."""

    name: str
    mime: str
    size: int
    pieces: Iterable[bytes]


class Passage(NamedTuple):
    """In ms from the track's beginning."""

    start: int
    end: int
    text: str


class Segment(msgspec.Struct):
    start: float
    end: float
    text: str


class Answer(msgspec.Struct):
    segments: list[Segment]


def transcribe(audio: Audio) -> list[Passage]:
    """Raises Failed, and sealing.Damaged where the track can't be read."""
    if urlsplit(settings.TRANSCRIBE).scheme in ("http", "https"):
        return read(_post(audio))
    return read(_run(audio))


def read(answer: bytes) -> list[Passage]:
    """Raises Failed for what the contract does not know."""
    try:
        found = msgspec.json.decode(answer, type=Answer).segments
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Failed(f"The answer is not what was agreed: {error}"[:MAX_ERROR]) from None
    if len(found) > MAX_PASSAGES:
        raise Failed(f"The answer has more than {MAX_PASSAGES} segments")
    passages = []
    for each in found:
        text = " ".join(each.text.replace("\0", "").split())[:MAX_TEXT]
        start, end = round(max(0.0, each.start) * 1000), round(max(0.0, each.end) * 1000)
        if text and start <= end <= 2**31 - 1:
            passages.append(Passage(start, end, text))
    return sorted(passages)


# --- a webhook


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What was said goes to the address that the operator has named, and nowhere else."""

    def redirect_request(self, *args: Any) -> None:
        return None


def _post(audio: Audio) -> bytes:
    boundary = secrets.token_hex(16)
    head, tail = _frame(audio, boundary)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head) + audio.size + len(tail)),
        "Accept": "application/json",
    }
    if settings.TRANSCRIBE_TOKEN:
        headers["Authorization"] = f"Bearer {settings.TRANSCRIBE_TOKEN}"
    body: Any = _chain(head, audio.pieces, tail)
    request = urllib.request.Request(settings.TRANSCRIBE, body, headers, method="POST")
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=settings.TRANSCRIBE_SECONDS) as answer:
            return _bounded(answer)
    except urllib.error.HTTPError as error:
        error.close()
        raise Failed(f"The webhook answered {error.code}") from None
    except OSError as error:
        raise Failed(f"The webhook can't be reached: {error}"[:MAX_ERROR]) from None


def _frame(audio: Audio, boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after the audio: the form that OpenAI's transcriptions and whisper.cpp's server take."""
    fields = {"response_format": "verbose_json"}
    if settings.TRANSCRIBE_MODEL:
        fields["model"] = settings.TRANSCRIBE_MODEL
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{audio.name}"\r\n'
    head = "".join(parts) + file + f"Content-Type: {audio.mime}\r\n\r\n"
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()


def _chain(head: bytes, pieces: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from pieces
    yield tail


def _bounded(answer: IO[bytes]) -> bytes:
    found = answer.read(MAX_ANSWER + 1)
    if len(found) > MAX_ANSWER:
        raise Failed(f"The answer is longer than {MAX_ANSWER} bytes")
    return found


# --- a command


def _run(audio: Audio) -> bytes:
    """The command gets the audio on its standard input; no shell reads its line."""
    given = {"AUDIO_NAME": audio.name, "AUDIO_TYPE": audio.mime}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    try:
        process = subprocess.Popen(
            shlex.split(settings.TRANSCRIBE),
            env=kept | given,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        raise Failed(f"The command can't be run: {error}"[:MAX_ERROR]) from None
    with process:
        clock = threading.Timer(settings.TRANSCRIBE_SECONDS, process.kill)
        clock.start()
        try:
            return _spoken_with(process, audio)
        finally:
            clock.cancel()
            process.kill()


def _spoken_with(process: "subprocess.Popen[bytes]", audio: Audio) -> bytes:
    """Feeds the command in a thread of its own: it may answer before it has heard everything."""
    assert process.stdin is not None
    assert process.stdout is not None
    damaged: list[sealing.Damaged] = []
    feeder = threading.Thread(target=_feed, args=(process.stdin, audio, damaged))
    feeder.start()
    try:
        answer = _bounded(process.stdout)
    except Failed:
        process.kill()
        raise
    finally:
        feeder.join(settings.TRANSCRIBE_SECONDS)
    if damaged:
        raise damaged[0]
    code = process.wait()
    if code < 0:
        raise Failed(f"The command was ended by signal {-code}; it may take {settings.TRANSCRIBE_SECONDS} s")
    if code:
        raise Failed(f"The command ended with {code}")
    return answer


def _feed(pipe: IO[bytes], audio: Audio, damaged: list[sealing.Damaged]) -> None:
    try:
        with pipe:
            for piece in audio.pieces:
                pipe.write(piece)
    except sealing.Damaged as error:
        damaged.append(error)
    except OSError:
        pass  # It has heard enough.
