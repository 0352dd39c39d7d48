"""Our signatures are those of Standard Webhooks, as the receivers' own library makes and reads them."""

import secrets
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from rest import signatures

BODY = b'{"type": "a", "data": {}}'


def test_their_library_verifies_ours_and_we_verify_theirs() -> None:
    secret = signatures.new_secret()
    key = signatures.key_of(secret)
    ours = dict(signatures.headers([key], "msg_1", BODY))
    assert Webhook(secret).verify(BODY, ours) == {"type": "a", "data": {}}
    now = datetime.now(UTC)
    theirs = Webhook(secret).sign("msg_2", now, BODY.decode())
    headers = {"webhook-id": "msg_2", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": theirs}
    assert signatures.verify([key], headers, BODY) == "msg_2"


def test_each_of_several_keys_will_do() -> None:
    old, new = secrets.token_bytes(24), secrets.token_bytes(24)
    headers = dict(signatures.headers([new, old], "msg_1", BODY))
    assert signatures.verify([old], headers, BODY) == signatures.verify([new], headers, BODY) == "msg_1"
    assert "webhook-signature" not in dict(signatures.headers([], "msg_1", BODY))


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(int(time.time()) - 400)},
        {"webhook-timestamp": str(int(time.time()) + 400)},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1,ä"},
    ],
)
def test_what_does_not_fit_is_forged(change: dict[str, str]) -> None:
    key = secrets.token_bytes(24)
    headers = dict(signatures.headers([key], "msg_1", BODY))
    with pytest.raises(signatures.Forged):
        signatures.verify([key], headers | change, BODY)
    with pytest.raises(signatures.Forged):
        signatures.verify([key], headers, BODY + b" ")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "whsec_!", "abc", "whsec_" + "A" * 200])
def test_a_secret_is_long_enough_and_no_other_text(secret: str) -> None:
    with pytest.raises(ValueError):
        signatures.key_of(secret)
