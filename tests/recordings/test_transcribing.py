"""What was said is written down by a command or a webhook, as docs/recordings-transcripts.md has it."""

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import pytest
from django.db.models.functions import Now

from recordings import transcribing
from recordings.models import Recording, Transcript, track_transcript, transcript
from tests.conftest import Commits
from tests.recordings import replays, sounds

pytestmark = [pytest.mark.everywhere, pytest.mark.django_db]

SAID = {"text": "all of it", "segments": [{"id": 0, "start": 0.25, "end": 0.9, "text": " I look for the price. "}]}


class Stub:
    """A speech-to-text server, as OpenAI's API and whisper.cpp are one: what it was asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[Message, bytes]] = []
        self.answer: bytes = json.dumps(SAID).encode()
        self.status, self.headers = 200, {"Content-Type": "application/json"}
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stub.asked.append((self.headers, body))
                self.send_response(stub.status)
                for name, value in stub.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(stub.answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/inference"

    def fields(self) -> dict[str, Message]:
        """The fields of the form that came last."""
        headers, body = self.asked[-1]
        form: Any = message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        return {part.get_param("name", header="content-disposition"): part for part in form.get_payload()}


@pytest.fixture
def stub(settings: Any) -> Iterator[Stub]:
    stub = Stub()
    thread = threading.Thread(target=stub.server.serve_forever)
    thread.start()
    settings.TRANSCRIBE, settings.TRANSCRIBE_SECONDS = stub.url, 20
    yield stub
    stub.server.shutdown()
    thread.join()
    stub.server.server_close()


Command = Callable[[str], None]


@pytest.fixture
def command(settings: Any, tmp_path: Path) -> Command:
    """Has TRANSCRIBE name a program."""

    def write(program: str) -> None:
        (tmp_path / "say it.py").write_text(program)
        settings.TRANSCRIBE = f"'{sys.executable}' '{tmp_path / 'say it.py'}'"

    return write


@pytest.fixture
def recording() -> Recording:
    """A finished one of which two parts can be heard."""
    parts = ((sounds.webm(1.0), 0), (sounds.mp4(1.0), 5000))
    return replays.finished(replays.stored(replays.page(0, "https://shop.example/"), sounds=parts))


def write(recording: Recording) -> Transcript:
    Transcript.objects.ask(recording)
    Transcript.objects.write(recording.pk)
    return Transcript.objects.get(recording=recording)


def passages(recording: Recording) -> list[tuple[int, int, int, str]]:
    return [(part, *passage) for part, passage in track_transcript.passages(recording)]


# --- a webhook


def test_a_webhook_is_sent_each_track_and_what_it_answers_is_kept(
    stub: Stub, recording: Recording, settings: Any
) -> None:
    settings.TRANSCRIBE_TOKEN, settings.TRANSCRIBE_MODEL = "secret", "small"
    assert write(recording).status == "done"
    assert passages(recording) == [(0, 250, 900, "I look for the price."), (1, 5250, 5900, "I look for the price.")]
    assert len(stub.asked) == 2
    assert stub.asked[0][0]["Authorization"] == "Bearer secret"
    fields = stub.fields()
    assert str(fields["response_format"].get_payload()) == "verbose_json"
    assert str(fields["model"].get_payload()) == "small"
    assert (fields["file"].get_content_type(), fields["file"].get_filename()) == ("audio/mp4", "1.m4a")
    audio: Any = fields["file"].get_payload(decode=True)
    with av.open(io.BytesIO(audio)) as heard:
        assert heard.streams.audio[0].codec_context.name == "aac"


@pytest.mark.parametrize(
    "answer",
    [b"", b"{", b"[]", b"{}", b'{"segments": [{"start": "0"}]}', b'{"segments": null}', b"[" * 100_000],
)
def test_an_answer_that_was_not_agreed_is_a_failure(stub: Stub, recording: Recording, answer: bytes) -> None:
    stub.answer = answer
    failed = write(recording)
    assert (failed.status, failed.tries) == ("waiting", 1)
    assert "not what was agreed" in failed.error


def test_an_answer_without_end_is_a_failure(stub: Stub, recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcribing, "MAX_ANSWER", 100)
    stub.answer = b" " * 101
    assert "longer than 100" in write(recording).error


def test_more_segments_than_were_agreed_are_a_failure(stub: Stub, recording: Recording, monkeypatch: Any) -> None:
    monkeypatch.setattr(transcribing, "MAX_PASSAGES", 0)
    assert "more than 0 segments" in write(recording).error


@pytest.mark.parametrize("status", [302, 400, 500])
def test_another_status_is_a_failure_and_no_redirect_is_followed(stub: Stub, recording: Recording, status: int) -> None:
    stub.status = status
    stub.headers["Location"] = stub.url
    assert f"answered {status}" in write(recording).error
    assert len(stub.asked) == 1


def test_an_address_that_cannot_be_reached_is_a_failure(stub: Stub, recording: Recording, settings: Any) -> None:
    settings.TRANSCRIBE = "http://127.0.0.1:1/"
    assert "can't be reached" in write(recording).error


def test_odd_texts_are_put_right() -> None:
    segments = [
        {"start": 3, "end": 4, "text": "later"},
        {"start": -1, "end": 0.5, "text": "a\0b\n c" + "x" * 6000},
        {"start": 1, "end": 2, "text": "  "},
        {"start": 2, "end": 1, "text": "backwards"},
    ]
    first, second = transcribing.read(json.dumps({"segments": segments}).encode())
    assert (first.start, first.end, first.text[:4], len(first.text)) == (0, 500, "ab c", transcribing.MAX_TEXT)
    assert second == (3000, 4000, "later")


# --- a command


def test_a_command_hears_the_audio_and_its_answer_is_kept(command: Command, recording: Recording) -> None:
    command(
        "import json, os, sys\n"
        "audio = sys.stdin.buffer.read()\n"
        "known = sorted(set(os.environ) - {'PATH', 'HOME', 'LANG', 'TMPDIR', 'LC_CTYPE'})\n"
        "text = f\"{os.environ['AUDIO_TYPE']} {os.environ['AUDIO_NAME']} {len(audio)} {known}\"\n"
        "json.dump({'segments': [{'start': 0, 'end': 1, 'text': text}]}, sys.stdout)\n"
    )
    assert write(recording).status == "done"
    sizes = dict(recording.tracks.values_list("part", "size"))
    assert [text for *_, text in passages(recording)] == [
        f"audio/webm 0.webm {sizes[0]} ['AUDIO_NAME', 'AUDIO_TYPE']",
        f"audio/mp4 1.m4a {sizes[1]} ['AUDIO_NAME', 'AUDIO_TYPE']",
    ]


def test_a_command_may_answer_before_it_has_heard_everything(command: Command) -> None:
    command("print('{\"segments\": []}')")
    pieces = (bytes(64 * 1024) for _ in range(100))
    assert transcribing.transcribe(transcribing.Audio("0.webm", "audio/webm", 6_400_000, pieces)) == []


def test_a_command_that_fails_is_a_failure(command: Command, recording: Recording) -> None:
    command("import sys; sys.stdin.buffer.read(); sys.exit(3)")
    assert "ended with 3" in write(recording).error


def test_a_command_that_does_not_exist_is_a_failure(recording: Recording, settings: Any) -> None:
    settings.TRANSCRIBE = "/there/is/none"
    assert "can't be run" in write(recording).error


def test_a_command_that_does_not_end_is_ended(command: Command, recording: Recording, settings: Any) -> None:
    settings.TRANSCRIBE_SECONDS = 0.5
    command("import threading; threading.Event().wait()")
    assert "signal 9" in write(recording).error


# --- when it is done


def test_nothing_is_lost_until_a_new_transcript_is_whole(stub: Stub, recording: Recording) -> None:
    write(recording)
    stub.status = 500
    assert write(recording).status == "waiting"
    assert len(passages(recording)) == 2
    stub.status, stub.answer = 200, b'{"segments": []}'
    assert write(recording).status == "done"
    assert passages(recording) == []


def test_it_is_tried_again_later_and_given_up_in_the_end(stub: Stub, recording: Recording) -> None:
    stub.status = 500
    Transcript.objects.ask(recording)
    mine = Transcript.objects.filter(recording=recording)
    for tries in range(1, transcript.MAX_TRIES + 1):
        Transcript.objects.write(recording.pk)
        Transcript.objects.write(recording.pk)  # It is not due yet.
        assert mine.get().tries == tries
        assert len(stub.asked) == tries
        mine.update(due_at=Now())
    assert (mine.get().status, mine.get().error) == ("failed", "The webhook answered 500")
    Transcript.objects.write(recording.pk)
    assert len(stub.asked) == transcript.MAX_TRIES


def test_what_is_due_is_found_after_a_worker_has_died(stub: Stub, recording: Recording) -> None:
    Transcript.objects.ask(recording)
    Transcript.objects.filter(recording=recording).update(tries=1)
    assert Transcript.objects.enqueue_due() == 1
    recording.remove()
    assert Transcript.objects.enqueue_due() == 0


def test_a_recording_that_is_finished_is_written_down(stub: Stub, commits: Commits) -> None:
    with commits():
        recording = replays.finished(
            replays.stored(replays.page(0, "https://shop.example/"), sounds=((sounds.webm(1.0), 0),))
        )
    assert Transcript.objects.get(recording=recording).status in ("waiting", "done")


def test_without_sound_or_setting_nothing_is_asked(stub: Stub, settings: Any) -> None:
    silent = replays.finished(replays.stored(replays.page(0, "https://shop.example/")))
    assert not Transcript.objects.ask(silent)
    settings.TRANSCRIBE = ""
    assert not Transcript.objects.ask(silent)
    assert Transcript.objects.enqueue_due() == 0
