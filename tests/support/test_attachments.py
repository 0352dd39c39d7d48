"""Files: images and PDF alone, whatever they are called, for those who may read the message."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from config import jobs
from support import mail
from support.models import Attachment, Conversation, Said, Sender
from support.models import attachment as attachments
from tests import factories
from tests.support.desk import agent, begun, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
FILES = {
    "png": (PNG, "image/png"),
    "jpg": (b"\xff\xd8\xff\xe0" + b"\x00" * 32, "image/jpeg"),
    "gif": (b"GIF89a" + b"\x00" * 32, "image/gif"),
    "webp": (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    "pdf": (b"%PDF-1.7\n", "application/pdf"),
}
BAD = {
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "late": b"\n" + PNG,
    "zip": b"PK\x03\x04",
    "empty": b"",
}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "support": files}
    return tmp_path


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def upload(client: APIClient, conversation: Conversation, content: bytes = PNG, name: str = "mug.png") -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post(f"/api/support/conversations/{conversation.pk}/attachments", {"file": file}, format="multipart")


@pytest.mark.parametrize("ending", list(FILES))
def test_a_file_is_sent_with_a_message_and_read_by_both(ending: str) -> None:
    content, kind = FILES[ending]
    customer = factories.user()
    conversation, client = begun(customer), factories.client(customer)
    answer = upload(client, conversation, content, f"mug.{ending}")
    assert answer.status_code == 201, answer.content
    file = answer.json()["data"]
    assert (file["name"], file["contentType"], file["size"]) == (f"mug.{ending}", kind, len(content))
    sent = client.post(
        f"/api/support/conversations/{conversation.pk}/messages", {"message": "", "attachmentIds": [file["id"]]}
    )
    assert sent.status_code == 201, sent.content
    assert sent.json()["data"]["attachments"] == [file]
    assert factories.told(conversation.room_key)[-1]["line"]["attachments"][0]["id"] == file["id"]
    for reader in (client, factories.client(factories.user("staff"))):
        read = reader.get(file["url"])
        assert (read.status_code, read.content, read["Content-Type"]) == (200, content, kind)
        assert read["X-Content-Type-Options"] == "nosniff"
        assert read["Content-Security-Policy"] == "default-src 'none'; sandbox"
        how = "attachment" if ending == "pdf" else "inline"
        assert read["Content-Disposition"] == f'{how}; filename="mug.{ending}"'


@pytest.mark.parametrize("kind", list(BAD))
def test_what_is_no_image_or_pdf_is_refused(kind: str, folder: Path) -> None:
    customer = factories.user()
    conversation = begun(customer)
    answer = upload(factories.client(customer), conversation, BAD[kind], "mug.png")
    assert answer.status_code == 400
    assert not Attachment.objects.exists()
    assert stored(folder) == []


def test_a_file_that_is_too_big_is_refused(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    customer = factories.user()
    conversation, client = begun(customer), factories.client(customer)
    assert upload(client, conversation, PNG + b"x" * (2 * 1024 * 1024)).status_code == 201
    monkeypatch.setattr(attachments, "MAX_BYTES", 1024 * 1024)
    answer = upload(client, conversation, PNG + b"x" * (1024 * 1024))
    assert (answer.status_code, answer.json()["message"]) == (400, "A file must have 1 to 1 MiB")
    assert len(stored(folder)) == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ('a"b\r\nc.png', "a_b__c.png"),
        ("mug.html", "mug.html.png"),
        ("C:\\mugs\\red mug.PNG", "red mug.png"),
        ("x" * 300 + ".png", "x" * 145 + ".png"),
        (".png", "file.png"),
    ],
)
def test_a_name_is_made_harmless(given: str, kept: str) -> None:
    attachment = Attachment.objects.upload(*own(), given, PNG)
    assert attachment.name == kept


def own() -> tuple[Conversation, Sender]:
    sender = Sender(factories.identity(factories.user()))
    return Conversation.objects.say(sender, Said("Hello")).conversation, sender


def test_strangers_and_the_file_of_a_note() -> None:
    conversation, sender = own()
    one = agent()
    private = Attachment.objects.upload(conversation, one, "a.png", PNG)
    unsent = Attachment.objects.upload(conversation, sender, "b.png", PNG)
    note = Said("Look", conversation_id=conversation.pk, internal=True, attachment_ids=(private.pk,))
    Conversation.objects.say(one, note)
    customer, stranger = factories.client(sender.identity.user), factories.client(factories.user())
    paths = [f"/api/support/attachments/{attachment.pk}" for attachment in (private, unsent)]
    assert [customer.get(path).status_code for path in paths] == [404, 200]
    assert [stranger.get(path).status_code for path in paths] == [404, 404]
    assert upload(stranger, conversation).status_code == 404
    shown = customer.get(f"/api/support/conversations/{conversation.pk}/messages").json()["data"]
    assert [message["attachments"] for message in shown] == [[]]


def test_a_message_takes_only_files_that_its_author_uploaded_for_it() -> None:
    conversation, sender = own()
    other, _ = own()
    theirs = Attachment.objects.upload(conversation, agent(), "a.png", PNG)
    elsewhere = Attachment.objects.upload(other, agent(), "a.png", PNG)
    sent = Attachment.objects.upload(conversation, sender, "a.png", PNG)
    Conversation.objects.say(sender, Said("", conversation_id=conversation.pk, attachment_ids=(sent.pk,)))
    client = factories.client(sender.identity.user)
    for attachment in (theirs, elsewhere, sent):
        body = {"message": "Look", "attachmentIds": [str(attachment.pk)]}
        answer = client.post(f"/api/support/conversations/{conversation.pk}/messages", body)
        assert (answer.status_code, answer.json()["message"]) == (400, "There is no such attachment")


def test_files_go_with_their_conversation_and_unsent_ones_after_a_day(settings: Any, folder: Path) -> None:
    conversation, sender = own()
    kept = Attachment.objects.upload(conversation, sender, "a.png", PNG)
    unsent = Attachment.objects.upload(conversation, sender, "b.png", PNG)
    Conversation.objects.say(sender, Said("", conversation_id=conversation.pk, attachment_ids=(kept.pk,)))
    jobs.prune_support()
    assert len(stored(folder)) == 2
    Attachment.objects.filter(pk=unsent.pk).update(created_at=factories.ago(60 * 24 + 1))
    jobs.prune_support()
    assert [path.name for path in stored(folder)] == [str(kept.pk)]
    conversation.set_status(agent(), "resolved")
    long_ago = factories.ago(60 * 24 * (settings.HISTORY_KEPT.days + 1))
    Conversation.objects.filter(pk=conversation.pk).update(resolved_at=long_ago)
    jobs.prune_support()
    assert stored(folder) == []


def test_the_link_of_a_mail_opens_the_files_of_its_conversation_alone(client: APIClient) -> None:
    colleague = agent()

    def sent(conversation: Conversation, **more: Any) -> Attachment:
        attachment = Attachment.objects.upload(conversation, colleague, "care.pdf", FILES["pdf"][0])
        said(colleague, "Here", conversation_id=conversation.pk, attachment_ids=(attachment.pk,), **more)
        return attachment

    mine, other = begun(), begun()
    answers = {
        name: client.get(f"/support/{mail.link_token(mine.pk)}/files/{file.pk}")
        for name, file in {"mine": sent(mine), "note": sent(mine, internal=True), "other": sent(other)}.items()
    }
    assert {name: answer.status_code for name, answer in answers.items()} == {"mine": 200, "note": 404, "other": 404}
    assert answers["mine"].content == FILES["pdf"][0]
    assert "sandbox" in answers["mine"]["Content-Security-Policy"]
    assert client.get(f"/support/nothing/files/{other.attachments.get().pk}").status_code == 404
