"""Replies that were not read go out by mail, and answers to it come in."""

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from support import mail, tasks
from support.models import Conversation, Sender, SupportMessage
from tests import factories
from tests.mailbox import Mailbox, serving
from tests.support.desk import agent, begun, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

INBOUND = "/api/support/inbound"


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    settings.SUPPORT = settings.SUPPORT._replace(reply_to="support@shop.example", inbound_secret="inbound-secret")
    with serving(settings) as found:
        yield found


def replied(address: str = "ann@example.com", *texts: str) -> Conversation:
    """A guest's conversation, answered ten minutes ago."""
    conversation = begun(email=address)
    for text in texts or ("Yes, at 30 degrees.",):
        said(agent(), text, conversation_id=conversation.pk)
    SupportMessage.objects.filter(conversation=conversation).update(created_at=factories.ago(10))
    return conversation


def test_a_reply_that_was_not_read_goes_out_once(mailbox: Mailbox) -> None:
    conversation = replied("ann@example.com", "Yes, at 30 degrees.", "And no bleach.")
    said(agent(), "a note", conversation_id=conversation.pk, internal=True)
    assert tasks.mail_unread() == 1
    assert tasks.mail_unread() == 0
    [sent] = mailbox.mails
    assert (sent["To"], sent["Subject"]) == ("ann@example.com", "A reply to your question")
    text = sent.get_content().replace("\r\n", "\n")
    assert "Yes, at 30 degrees.\n\nAnd no bleach." in text
    assert "a note" not in text
    assert mail.answered_by(sent["Reply-To"]) == conversation.pk
    assert len(sent["Reply-To"].partition("@")[0]) <= 64
    said(agent(), "One thing more.", conversation_id=conversation.pk)
    SupportMessage.objects.update(created_at=factories.ago(10))
    assert tasks.mail_unread() == 1
    assert "30 degrees" not in mailbox.mails[1].get_content()
    assert "One thing more." in mailbox.mails[1].get_content()


def test_what_was_read_or_is_fresh_is_not_mailed(mailbox: Mailbox) -> None:
    customer = factories.user()
    read = begun(customer)
    sender = Sender(factories.identity(customer))
    reply = said(agent(), "Yes", conversation_id=read.pk)
    read.mark(sender, read=reply.pk)
    SupportMessage.objects.update(created_at=factories.ago(10))
    fresh = begun(email="fresh@example.com")
    said(agent(), "Yes", conversation_id=fresh.pk)
    nameless = begun()
    said(agent(), "Yes", conversation_id=nameless.pk)
    nameless.messages.update(created_at=factories.ago(10))
    assert tasks.mail_unread() == 0
    assert mailbox.mails == []


def test_one_who_has_read_meanwhile_is_not_mailed(mailbox: Mailbox) -> None:
    conversation = replied()
    claimed = conversation.claim_unread()
    assert claimed is not None
    conversation.refresh_from_db()
    Conversation.objects.update(customer_read_seq=claimed[1])
    tasks.send_replies.call(str(conversation.pk), *claimed)
    assert mailbox.mails == []


def test_an_account_is_mailed_at_its_address(mailbox: Mailbox) -> None:
    customer, unconfirmed = factories.user(), factories.user()
    customer.confirm_address()
    for each in (customer, unconfirmed):
        said(agent(), "Yes", conversation_id=begun(each).pk)
    SupportMessage.objects.update(created_at=factories.ago(10))
    tasks.mail_unread()
    assert [sent["To"] for sent in mailbox.mails] == [customer.email]


def test_a_mail_that_could_not_be_sent_is_sent_later(mailbox: Mailbox, settings: Any) -> None:
    replied()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    tasks.mail_unread()
    settings.EMAIL_PORT = port
    assert tasks.mail_unread() == 1
    assert len(mailbox.mails) == 1
    assert tasks.mail_unread() == 0


# --- the link


def test_the_link_opens_this_conversation_to_read_and_to_answer(mailbox: Mailbox) -> None:
    conversation = replied("ann@example.com", "<b>Yes</b>")
    said(agent(), "a note", conversation_id=conversation.pk, internal=True)
    tasks.mail_unread()
    found = re.search(r"https://shop\.example(/support/\S+/)", mailbox.mails[0].get_content())
    assert found is not None
    client = Client()
    shown = client.get(found[1])
    assert shown["Cache-Control"].startswith("max-age=0")
    assert "&lt;b&gt;Yes&lt;/b&gt;" in shown.content.decode()
    assert "a note" not in shown.content.decode()
    conversation.refresh_from_db()
    assert conversation.customer_read_seq == conversation.messages.get(kind="staff").seq
    for text in ("", "x" * 4001):
        assert client.post(found[1], {"text": text}).status_code == 400
    assert client.post(found[1], {"text": "Thanks"}).status_code == 302
    newest = conversation.messages.order_by("-seq")[0]
    assert (newest.kind, newest.author, newest.text) == ("customer", conversation.customer, "Thanks")


def test_a_link_is_of_one_conversation_and_for_a_while(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = factories.user()
    mine, other = begun(customer), begun(customer, is_new=True)
    sender = Conversation.objects.granted(mine)
    assert Conversation.objects.find(sender, mine.pk) == mine
    with pytest.raises(Conversation.DoesNotExist):
        Conversation.objects.find(sender, other.pk)
    token = mail.link_token(mine.pk)
    assert mail.opened_by(token) == mine.pk
    assert mail.opened_by(token[:-1]) is None
    assert Client().get(f"/support/{token[:-1]}/").status_code == 404
    later = time.time() + mail.LINK_LIFETIME.total_seconds() + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert mail.opened_by(token) is None


# --- answers by mail


def post(body: dict[str, Any], signature: str | None = None, at: int | None = None) -> Any:
    content = json.dumps(body).encode()
    signed = mail.signature(content, int(time.time()) if at is None else at) if signature is None else signature
    return Client().post(INBOUND, content, content_type="application/json", headers={"Vitrine-Signature": signed})


def answer(conversation: Conversation, text: str, sender: str = "Ann@example.com", id: str = "<1@x>") -> dict[str, Any]:
    return {"to": mail.reply_address(conversation.pk), "sender": sender, "text": text, "messageId": id}


def test_an_answer_by_mail_is_the_customers_and_taken_in_once(mailbox: Mailbox) -> None:
    conversation = replied()
    conversation.set_status(agent(), "resolved")
    body = answer(
        conversation, "Thank you!\r\n\r\nOn Mon, 1 Jan 2030 at 10:00, Shop wrote:\r\n> Yes, at 30 degrees.\r\n"
    )
    for _ in range(2):
        taken = post(body)
        assert taken.status_code == 201, taken.content
    newest = conversation.messages.order_by("-seq")[0]
    assert (newest.kind, newest.text) == ("customer", "Thank you!")
    assert conversation.messages.filter(kind="customer").count() == 2
    conversation.refresh_from_db()
    assert conversation.status == "open"


@pytest.mark.parametrize("wrong", ["", "t=1,v1=" + "0" * 64, "v1=x"])
def test_what_is_not_signed_is_refused(mailbox: Mailbox, wrong: str) -> None:
    conversation = replied()
    assert post(answer(conversation, "Hi"), signature=wrong).status_code == 403
    assert conversation.messages.filter(kind="customer").count() == 1


def test_a_signature_is_of_this_body_of_this_secret_and_of_now(mailbox: Mailbox, settings: Any) -> None:
    conversation = replied()
    body = answer(conversation, "Hi")
    assert post(body, signature=mail.signature(b"{}", int(time.time()))).status_code == 403
    assert post(body, at=int(time.time()) - mail.TOLERANCE - 60).status_code == 403
    settings.SUPPORT = settings.SUPPORT._replace(inbound_secret="")
    assert post(body).status_code == 403


def test_only_the_one_who_was_mailed_can_answer(mailbox: Mailbox) -> None:
    conversation, other = replied(), replied("bob@example.com")
    for body in (
        answer(conversation, "Hi", sender="eve@example.com"),
        answer(other, "Hi"),
        answer(conversation, "Hi") | {"to": "support@shop.example"},
        answer(conversation, "Hi") | {"to": mail.reply_address(conversation.pk).replace("+", "+0")},
    ):
        assert post(body).status_code == 404
    assert post(answer(conversation, "> only a quotation")).status_code == 400
    assert SupportMessage.objects.filter(kind="customer").count() == 2


def test_what_a_mail_quotes_is_left_out() -> None:
    for quoting in (
        "On Mon, Ann wrote:\n> old",
        "Am 1.1.2030 schrieb Shop:\n> old",
        "-----Original Message-----\nold",
        "> old\n> older",
    ):
        assert mail.newly_written(f"New.\n\n{quoting}") == "New."
    assert mail.newly_written("> Washable?\nYes.\n> Bleach?\nNo.") == "Yes.\nNo."


def test_a_long_wait_is_none_of_the_mails_business(settings: Any) -> None:
    settings.SUPPORT = settings.SUPPORT._replace(seconds=3600)
    conversation = replied()
    assert Conversation.objects.unread() == []
    conversation.messages.update(created_at=timezone.now() - timedelta(hours=2))
    assert Conversation.objects.unread() == [conversation]
