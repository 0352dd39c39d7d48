"""A forgotten password is chosen anew by mail, and an address is confirmed by it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import letters, tasks
from accounts.models import User
from tests import factories
from tests.mailbox import Mailbox, serving

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

NEW = "another long secret"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with serving(settings) as found:
        yield found


def link_in(mailbox: Mailbox) -> str:
    found = re.search(r"https://shop\.example(/\S+)", mailbox.mails[-1].get_content())
    assert found is not None
    return found[1]


def test_a_forgotten_password_is_chosen_anew_on_the_page(client: Client, mailbox: Mailbox) -> None:
    user = factories.user()
    version = user.token_version
    page = client.post("/password-reset/", {"email": user.email.upper()})
    assert "a mail with a link is on its way" in page.content.decode()
    assert mailbox.mails[0]["To"] == user.email
    link = link_in(mailbox)
    assert client.get(link).status_code == 200
    assert client.post(link, {"password": "short"}).status_code == 200
    assert client.post(link, {"password": user.username}).status_code == 200
    assert "Your password was changed" in client.post(link, {"password": NEW}).content.decode()
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert user.email_verified
    assert user.token_version > version
    assert client.get(link).status_code == 400
    assert client.post(link, {"password": NEW + "!"}).status_code == 400


def test_and_over_rest(mailbox: Mailbox) -> None:
    user = factories.user()
    rest = factories.client()
    assert rest.post("/api/auth/password-reset", {"email": user.email}).status_code == 200
    _, _, uid, token, _ = link_in(mailbox).split("/")
    said = {"uid": uid, "resetToken": token, "password": NEW}
    for wrong in ({"uid": "x"}, {"uid": "MQ\0"}, {"resetToken": "1-2"}, {"resetToken": "\0"}, {"password": "123"}):
        assert rest.post("/api/auth/password-reset/confirm", said | wrong).status_code == 400, wrong
    assert rest.post("/api/auth/password-reset/confirm", said).status_code == 200
    assert rest.post("/api/auth/login", {"username": user.username, "password": NEW}).status_code == 200
    assert rest.post("/api/auth/password-reset/confirm", said).status_code == 400


def test_nobody_learns_who_has_an_account(client: Client, mailbox: Mailbox) -> None:
    user = factories.user()
    known, unknown = (client.post("/password-reset/", {"email": each}) for each in (user.email, "no@example.com"))
    shown = [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", each.content.decode()) for each in (known, unknown)]
    assert shown[0] == shown[1]
    gone = factories.user()
    gone.deactivate()
    client.post("/password-reset/", {"email": gone.email})
    assert [sent["To"] for sent in mailbox.mails] == [user.email]


def test_mails_to_one_account_are_bounded(mailbox: Mailbox, settings: Any) -> None:
    settings.REST_RATES = settings.REST_RATES | {"mail-account": "2/hour"}
    user = factories.user()
    for _ in range(5):
        tasks.mail_reset(user.email)
    assert len(mailbox.mails) == 2


def test_requests_of_one_address_are_bounded(client: Client, settings: Any) -> None:
    settings.REST_RATES = settings.REST_RATES | {"account-mail": "1/hour"}
    answers = [client.post("/password-reset/", {"email": "a@example.com"}).status_code for _ in range(2)]
    answers.append(factories.client().post("/api/auth/password-reset", {"email": "a@example.com"}).status_code)
    assert answers == [200, 429, 429]


def test_an_address_is_confirmed_by_the_mail_that_registering_sends(client: Client, mailbox: Mailbox) -> None:
    facts = {"username": "ann", "email": "ann@example.com", "password": NEW}
    assert factories.client().post("/api/auth/register", facts).status_code == 201
    user = User.objects.get()
    assert not user.email_verified
    assert user.mail_address == ""
    link = link_in(mailbox)
    assert client.get(link).status_code == 200
    assert User.objects.filter(email_verified=False).exists()
    assert client.post(link).status_code == 200
    user = User.objects.get()
    assert user.mail_address == "ann@example.com"
    assert tasks.mail_verification(user) is False


def test_another_address_is_another_to_confirm(client: Client) -> None:
    user = factories.user()
    token = letters.verification_token(user)
    user.confirm_address()
    user.update_profile(email=user.email)
    assert user.email_verified
    user.update_profile(email="other@example.com")
    assert user.mail_address == ""
    assert client.post(f"/verify/{token}/").status_code == 400
    answer = factories.client().post("/api/auth/verification/confirm", {"verificationToken": token})
    assert answer.status_code == 400


@pytest.mark.parametrize("token", ["x", "a:b:c", "\0", "1" * 2000])
def test_a_link_that_is_not_ours_confirms_nothing(token: str) -> None:
    answer = factories.client().post("/api/auth/verification/confirm", {"verificationToken": token})
    assert answer.status_code == 400


def test_who_is_logged_in_asks_for_the_mail_again(mailbox: Mailbox) -> None:
    assert factories.client(factories.user()).post("/api/auth/verification").status_code == 200
    assert len(mailbox.mails) == 1
    assert factories.client().post("/api/auth/verification").status_code == 401
