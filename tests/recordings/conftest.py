"""A folder of their own for the files of recordings, an S3 in this process, and a server."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from config import recordings as configuration
from config.asgi import application
from realtime import limits
from recordings import space, storage
from tests import sockets


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    """Where recordings have their files in this test."""
    folder = tmp_path / "recordings"
    local = {
        "BACKEND": "recordings.storage.LocalFiles",
        "OPTIONS": {"location": folder, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    }
    settings.RECORDINGS_FOLDER = folder
    settings.STORAGES = {**settings.STORAGES, storage.ALIAS: local}
    settings.RECORDINGS_MIN_FREE_BYTES = 0
    settings.REQUIRE_CONSENT = False
    return folder


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits and the disk guard remember nothing of another test."""
    limits.reset()
    monkeypatch.setattr(space, "_asked_at", float("-inf"))


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(settings: Any, moto: str) -> Any:
    """A bucket that recordings have their files in; the test may look into it."""
    name = f"recordings-{uuid.uuid4().hex}"
    given = {"S3_BUCKET": name, "S3_ENDPOINT": moto, "S3_REGION": "us-east-1"}
    keys = {"S3_ACCESS_KEY": "access", "S3_SECRET_KEY": "secret"}
    settings.STORAGES = {**settings.STORAGES, storage.ALIAS: configuration.storage(Env({**given, **keys}), Path())}
    client = boto3.resource(
        "s3",
        endpoint_url=moto,
        region_name="us-east-1",
        aws_access_key_id="access",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket=name)
    return client.Bucket(name)


class Env:
    """Stands for the environment."""

    def __init__(self, given: dict[str, str]) -> None:
        self.given = given

    def str(self, name: str, default: str) -> str:
        return self.given.get(name, default)


@pytest.fixture(scope="session")
async def server(live_db: None) -> AsyncIterator[sockets.Address]:
    async with sockets.serving(application) as address:
        yield address
