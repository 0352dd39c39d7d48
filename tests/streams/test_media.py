"""Agora's tokens, checked byte for byte, and once against Agora's own library."""

import base64
import hashlib
import hmac
import json
import shutil
import struct
import subprocess
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.media import agora
from streams.media.access import Role

APP_ID = "970CA35de60c44645bbae8a215061b33"
CERTIFICATE = "5CFd2fd1755d40ecb72977518be15d3b"
CHANNEL = "5e3d2a0c-2a4c-4b89-9b7e-0d8c8a2a7a11"
NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)
DAY = 24 * 60 * 60

NODE_FOLDER = Path(__file__).parent.parent / "journeys"
PEER = """
const { AccessToken2, ServiceRtc } = require("agora-token/src/AccessToken2");
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const made = asked.map(([appId, certificate, channel, uid, privileges, lifetime, now, salt]) => {
  const token = new AccessToken2(appId, certificate, now, lifetime);
  token.salt = salt;
  const service = new ServiceRtc(channel, uid);
  for (const privilege of privileges) service.add_privilege(privilege, lifetime);
  token.add_service(service);
  return token.build();
});
console.log(JSON.stringify(made));
"""


class Decoded(NamedTuple):
    signature: bytes
    signed: bytes
    app_id: str
    issued: int
    lifetime: int
    salt: int
    privileges: dict[int, int]
    channel: str
    uid: str


def inflated(token: str) -> bytes:
    assert token.startswith("007")
    return zlib.decompress(base64.b64decode(token[3:], validate=True))


def decode(token: str) -> Decoded:
    """Reads a token field by field, as its format is described."""
    content, at = inflated(token), 0

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(form, content, at)
        at += struct.calcsize(form)
        return int(value)

    def text() -> bytes:
        nonlocal at
        length = number("<H")
        at += length
        return content[at - length : at]

    signature, start = text(), at
    app_id, issued, lifetime, salt = text().decode(), number("<I"), number("<I"), number("<I")
    assert (number("<H"), number("<H")) == (1, 1)  # one service, of the kind that carries picture and sound
    privileges = {number("<H"): number("<I") for _ in range(number("<H"))}
    channel, uid = text().decode(), text().decode()
    assert at == len(content)
    return Decoded(signature, content[start:], app_id, issued, lifetime, salt, privileges, channel, uid)


def signature(decoded: Decoded, certificate: str) -> bytes:
    key = certificate.encode()
    for number in (decoded.issued, decoded.salt):
        key = hmac.new(number.to_bytes(4, "little"), key, hashlib.sha256).digest()
    return hmac.new(key, decoded.signed, hashlib.sha256).digest()


def token(role: Role = "publisher", uid: int = 7, salt: int = 12345, lifetime: int = DAY) -> str:
    return agora.token(APP_ID, CERTIFICATE, CHANNEL, uid, role, lifetime, int(NOW.timestamp()), salt)


def test_a_publishers_token_lets_them_send_for_a_day() -> None:
    decoded = decode(token())
    assert (decoded.app_id, decoded.channel, decoded.uid) == (APP_ID, CHANNEL, "7")
    assert (decoded.issued, decoded.lifetime, decoded.salt) == (int(NOW.timestamp()), DAY, 12345)
    assert decoded.privileges == {1: DAY, 2: DAY, 3: DAY, 4: DAY}


def test_a_subscribers_token_lets_them_only_in() -> None:
    assert decode(token("subscriber")).privileges == {1: DAY}


def test_a_token_for_a_guest_names_nobody() -> None:
    assert decode(token("subscriber", uid=0)).uid == ""


def test_a_token_is_signed_with_the_certificate() -> None:
    decoded = decode(token())
    assert decoded.signature == signature(decoded, CERTIFICATE)
    assert decoded.signature != signature(decoded, CERTIFICATE[::-1])
    assert CERTIFICATE.encode() not in inflated(token())


def test_two_tokens_of_one_moment_differ() -> None:
    salts = {decode(token(salt=0)).salt for _ in range(20)}
    assert len(salts) > 1
    assert all(0 < salt < 10**8 for salt in salts)


def test_agoras_own_library_makes_the_same_tokens() -> None:
    if shutil.which("node") is None or not (NODE_FOLDER / "node_modules" / "agora-token").is_dir():
        pytest.skip("needs node, and npm ci in tests/journeys")
    cases: list[tuple[Role, int, int, int]] = [
        ("publisher", 1, 1, 60),
        ("publisher", 2**32 - 1, 99_999_999, DAY),
        ("subscriber", 7, 12345, DAY),
        ("subscriber", 0, 54321, 3600),
    ]
    now = int(NOW.timestamp())
    asked = [
        [APP_ID, CERTIFICATE, CHANNEL, uid, agora.PRIVILEGES[role], lifetime, now, salt]
        for role, uid, salt, lifetime in cases
    ]
    ran = subprocess.run(
        ["node", "-e", PEER], input=json.dumps(asked), cwd=NODE_FOLDER, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    for (role, uid, salt, lifetime), theirs in zip(cases, json.loads(ran.stdout), strict=True):
        # The text differs where another zlib packed the same bytes.
        assert inflated(token(role, uid, salt, lifetime)) == inflated(theirs)
