"""Thousands want a drop's pieces at the same moment: `python -m bench.dropping [BUYERS] [PIECES]`.

Two processes serve on one core, with the database and Redis that `tools.backends` starts. Every buyer has a socket of
their own, and all claim at once; measured is how long each waits for the answer. None may be oversold, and the line has
to hold all others: the figures are printed only then. They mean something on a machine that does nothing else.
"""

import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections import Counter

import psycopg

from bench import contenders, servers
from bench.resume import Client
from tools import backends

BUYERS, PIECES = (500, 5_000), 50
CONNECT = 200  # sockets that are opened at once
PATIENCE = 120  # seconds
GOAL_BUYERS, GOAL_P95 = 500, 1.0  # seconds, for so many buyers

UNLIMITED = json.dumps({name: {"address": [0, 0]} for name in ("claim", "message", "join", "bytes")})
VITRINE = contenders.Contender(
    "Vitrine, 2 processes", contenders.PRODUCT, (("LIMITS", UNLIMITED), ("QUOTAS", '{"guest-claims": 0}')), processes=2
)


def prepare(pieces: int, buyers: int) -> None:
    """In a process of its own: prints the show, the drop and a cookie for each buyer, as JSON."""
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    from accounts import identity as identities
    from accounts.models import User
    from drops.models import Drop
    from shopping.models import Product
    from streams.models import Stream

    name = f"bench-{secrets.token_hex(4)}"
    host = User.objects.create_user(name, f"{name}@example.org", role="creator")
    product = Product.objects.offer(host, name="Mug", description="Holds tea.", price_minor=950, category="Kitchen")
    show = Stream.objects.schedule(host, [product.pk], title="A drop")
    show.start()
    rules = {"quantity": pieces, "hold_seconds": 3600}
    drop = Drop.objects.announce(show, identities.Identity(host, ""), product.pk, **rules)
    drop.open()
    cookies = [identities.new_visitor()[1] for _ in range(buyers)]
    print(json.dumps({"show": str(show.pk), "drop": str(drop.pk), "cookies": cookies}))


class Buyer:
    def __init__(self, port: int, cookie: str) -> None:
        self.client = Client(port, "/ws/", cookie)

    async def claim(self, show: str, drop: str, start: asyncio.Event) -> float:
        """Seconds from the claim to its answer."""
        await start.wait()
        begin = time.monotonic()
        self.client.say(type="claim-drop", sessionId=show, dropId=drop, op="1")
        async with asyncio.timeout(PATIENCE):
            await self.client.hear(b'"type":"ack"')
        seconds = time.monotonic() - begin
        if b'"ok":true' not in self.client.heard:
            raise servers.Failed(bytes(self.client.heard[-300:]).decode(errors="replace"))
        return seconds


async def all_claim(ports: list[int], show: str, drop: str, cookies: list[str]) -> list[float]:
    buyers = [Buyer(ports[index % len(ports)], cookie) for index, cookie in enumerate(cookies)]
    for begin in range(0, len(buyers), CONNECT):
        await asyncio.gather(*(buyer.client.connect() for buyer in buyers[begin : begin + CONNECT]))
    start = asyncio.Event()
    claims = [asyncio.create_task(buyer.claim(show, drop, start)) for buyer in buyers]
    await asyncio.sleep(1)
    start.set()
    waits = await asyncio.gather(*claims)
    for buyer in buyers:
        buyer.client.close()
    return waits


def states(url: str, drop: str) -> Counter[str]:
    with psycopg.connect(url) as connection:
        query = "SELECT state, count(*) FROM drops_claim WHERE drop_id = %s GROUP BY state"
        return Counter(dict(connection.execute(query, [drop]).fetchall()))


def measure(urls: dict[str, str], buyers: int, pieces: int) -> str:
    command = [sys.executable, "-m", "bench.dropping", "prepare", str(buyers), str(pieces)]
    done = subprocess.run(command, cwd=servers.ROOT, env=servers.environment(urls), stdout=subprocess.PIPE, check=True)
    made, cores = json.loads(done.stdout), servers.Cores.shared_out()
    servers.open_many_files()
    os.sched_setaffinity(0, cores.rest)
    with servers.running(VITRINE, urls, cores) as up:
        waits = asyncio.run(all_claim(up.ports, **made))
    found = states(urls["DATABASE_URL"], made["drop"])
    if found != Counter(held=pieces, waiting=buyers - pieces):
        raise servers.Failed(f"there are {dict(found)}")
    p95 = statistics.quantiles(waits, n=20)[-1]
    figures = " | ".join(f"{figure:.2f}" for figure in (statistics.median(waits), p95, max(waits)))
    goal = "no goal" if buyers > GOAL_BUYERS else "yes" if p95 < GOAL_P95 else "**no**"
    return f"| {buyers:,} | {pieces:,} | {figures} | {goal} |"


def main() -> None:
    if sys.argv[1:2] == ["prepare"]:
        buyers, pieces = map(int, sys.argv[2:])
        prepare(pieces, buyers)
        return
    given = [*map(int, sys.argv[1:])]
    pieces = given[1] if len(given) > 1 else PIECES
    print("| buyers | pieces | p50, s | p95, s | longest, s | p95 below 1 s |\n| --- | --- | --- | --- | --- | --- |")
    for buyers in given[:1] or BUYERS:
        with backends.services(durable=True) as urls:
            print(measure(urls, buyers, pieces), flush=True)


if __name__ == "__main__":
    main()
