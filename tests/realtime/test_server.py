"""The production server: where it listens, how it is chosen, and what it does about garbage."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from django.core.management import call_command

from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.endpoints import server
from realtime.runtime import garbage


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where the command would have listened."""
    served: list[tuple[str, int]] = []
    monkeypatch.setattr(server, "serve", lambda host, port: served.append((host, port)))
    return served


def test_it_listens_where_the_settings_say_unless_the_command_says_otherwise(
    served: list[tuple[str, int]], settings: Any
) -> None:
    settings.HOST, settings.PORT = "192.0.2.1", 8001
    call_command("serve")
    call_command("serve", "--host", "192.0.2.2", "--port", "8002")
    assert served == [("192.0.2.1", 8001), ("192.0.2.2", 8002)]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_development_defaults_are_served_to_this_machine_alone(
    settings: Any, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr(uvicorn_adapter.Server, "run", lambda *_: pytest.fail("it listens"))
    settings.DEBUG, settings.SECRET_KEY = False, settings.DEVELOPMENT_KEY
    with pytest.raises(SystemExit, match="Set DEBUG=0 and a SECRET_KEY of your own"):
        call_command("serve", "--host", host)


def test_uvicorn_knows_every_option(settings: Any) -> None:
    settings.PLAIN_ADAPTERS = []
    assert uvicorn.Config("config.asgi:application", **server.options()).ws == server.options()["ws"]


def test_the_road_is_chosen_by_the_release_and_the_settings(settings: Any) -> None:
    settings.PLAIN_ADAPTERS = []
    config = uvicorn.Config("config.asgi:application", **server.options())
    config.load()
    assert config.ws_protocol_class is uvicorn_adapter.WebSocketProtocol
    assert config.http_protocol_class is uvicorn_adapter.HttpProtocol
    settings.PLAIN_ADAPTERS = ["uvicorn"]
    assert (server.options()["ws"], server.options()["http"]) == ("auto", "h11")
    assert server.options()["h11_max_incomplete_event_size"] == 64 * 1024


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector as Python starts with it, and afterwards as it was before."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_what_is_loaded_at_the_start_is_looked_through_no_more(collector: None) -> None:
    before = gc.get_freeze_count()
    garbage.spare_loaded_objects()
    spared = gc.get_freeze_count()
    assert gc.get_threshold() == garbage.THRESHOLDS
    assert spared > before
    loaded_later = [[n] for n in range(100)]
    garbage.spare_loaded_objects()
    assert gc.get_freeze_count() <= spared, f"a second start would spare {len(loaded_later)} more"
