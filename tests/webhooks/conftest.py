"""A receiver for each test, and leave to send to it."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
    with receiving() as server:
        yield server
