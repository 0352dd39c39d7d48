"""How many Python functions one chat message enters, from the frame that comes in to those that go out.

`DATABASE_URL=... REDIS_URL=... python -m bench.calls`: a server in this process, one viewer who writes, one who reads.
Only the server's threads are counted. It prints calls into this repository's own code, and calls of Python in all.
"""

import asyncio
import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = str(Path(__file__).resolve().parent.parent) + os.sep
VENV = ROOT + ".venv"
WARM, MEASURED = 50, 200  # messages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "1")


class Calls:
    """Counts while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.own = self.all = 0
        self.by_file: Counter[str] = Counter()

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        if not self.on or event != "call":
            return
        self.all += 1
        name = frame.f_code.co_filename
        if name.startswith(ROOT) and not name.startswith(VENV):
            self.own += 1
            self.by_file[name.removeprefix(ROOT)] += 1


async def speak(port: int, show: str, calls: Calls) -> None:
    """Writes one message at a time, as a plain WebSocket client in a thread of its own."""
    import websockets

    address = f"ws://127.0.0.1:{port}/ws/streams/"
    one, other = (websockets.connect(address, compression=None) for _ in range(2))
    async with one as reader, other as writer:
        for client in (reader, writer):
            await client.send(json.dumps({"type": "join-session", "op": "j", "sessionId": show}))
            while json.loads(await client.recv())["type"] != "ack":
                pass
        for number in range(WARM + MEASURED):
            calls.on = number >= WARM
            op = f"m{number}"
            message = {"type": "send-message", "op": op, "sessionId": show, "message": "Still in stock?"}
            await writer.send(json.dumps(message))
            while json.loads(await reader.recv())["type"] != "new-message":
                pass
            while json.loads(await writer.recv()).get("op") != op:
                pass
        calls.on = False


def main() -> None:
    calls = Calls()
    spoken: list[BaseException | None] = []
    ready = threading.Event()
    place: dict[str, Any] = {}

    def client() -> None:
        ready.wait()
        try:
            asyncio.run(speak(place["port"], place["show"], calls))
            spoken.append(None)
        except BaseException as error:
            spoken.append(error)

    speaker = threading.Thread(target=client, daemon=True)
    speaker.start()  # before the profile is set, which only later threads take over
    threading.setprofile(calls.profile)
    sys.setprofile(calls.profile)

    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings

    settings.LIMITS = {}
    call_command("migrate", verbosity=0)
    from config.asgi import application
    from tests import sockets

    async def serve() -> None:
        show = await asyncio.to_thread(sockets.make_show)
        async with sockets.serving(application) as address:
            place.update(port=address.port, show=show.id)
            ready.set()
            await asyncio.to_thread(speaker.join)

    asyncio.run(serve())
    if spoken and spoken[0] is not None:
        raise spoken[0]
    print(f"own calls {calls.own / MEASURED:.0f}, all calls {calls.all / MEASURED:.0f} a message")
    for name, count in calls.by_file.most_common(40):
        print(f"{count / MEASURED:8.1f}  {name}")


if __name__ == "__main__":
    main()
