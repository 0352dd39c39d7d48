"""Files are the only bodies that may be long, and only so many of them come at once."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from accounts import tokens
from realtime.runtime import threads
from rest import guard
from support.models import Conversation
from tests import factories, sockets
from tests.support.desk import begun

pytestmark = pytest.mark.usefixtures("live_db")

PNG = b"\x89PNG\r\n\x1a\n"
MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "support": files}


@pytest.fixture
async def http(server: sockets.Address) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.http) as session:
        yield session


async def post(http: aiohttp.ClientSession, path: str, size: int, token: str = "") -> int:
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(PNG + b"\x00" * (size - len(PNG))), filename="mug.png")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with http.post(path, data=form, headers=headers) as answer:
        return answer.status


async def test_a_file_may_be_longer_than_any_other_body(http: aiohttp.ClientSession) -> None:
    customer = await threads.in_db(factories.user)
    conversation: Conversation = await threads.in_db(begun, customer)
    token = await threads.in_db(tokens.access_token, customer)
    path = f"/api/support/conversations/{conversation.pk}"
    assert await post(http, f"{path}/attachments", 10 * MIB, token) == 201
    assert await post(http, f"{path}/attachments", 11 * MIB, token) == 413
    assert await post(http, f"{path}/messages", 2 * MIB, token) == 413
    assert (await threads.in_db(conversation.attachments.get)).size == 10 * MIB


async def test_only_so_many_come_at_once(http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/api/support/conversations/00000000-0000-4000-8000-000000000000"
    monkeypatch.setattr(guard, "MAX_LONG", 0)
    assert await post(http, f"{path}/attachments", MIB) == 503
    assert await post(http, f"{path}/messages", 1024) != 503
