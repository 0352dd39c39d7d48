"""The server under attack, what is on it that is worth attacking, and the one verdict on how it stood."""

import asyncio
import json
import os
import re
import time
import urllib.request
from collections import Counter
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from accounts import tokens
from accounts.models import Role, User
from shopping.models import JoinRequest, Product, ShoppingSession
from tests import factories, sockets
from tests.chaos.cluster import ENDING, RECORD
from tests.journeys import server

SEED = int(os.environ.get("ATTACK_SEED", "1"))

# What no client may make a server say, whatever it sends.
COMPLAINT = re.compile(r"Traceback|Internal Server Error|Exception ignored|was never (?:awaited|retrieved)| CRITICAL ")
CONTEXT = 1500  # characters of a complaint that are shown

Faults = dict[str, str]  # the first of each kind


def complaints(log: str) -> Faults:
    """The records that complain."""
    found: Faults = {}
    for record in filter(COMPLAINT.search, RECORD.split(log)):
        kind = (ENDING.findall(record) or [record.partition(" ")[2]])[-1]
        shown = record if len(record) <= CONTEXT else f"{record[: CONTEXT // 5]}\n[...]\n{record[-CONTEXT:]}"
        found.setdefault(re.sub(r"0x\w+|[0-9a-f]{8,}|\d+|'.*?'", "#", kind), shown)
    return found


ROLES: dict[str, str] = {role.value: role.value for role in Role}

# Guards count by address and by time; where a fuzzer shall reach the handlers, they stand aside.
UNLIMITED = {
    "LIMITS": json.dumps({name: {} for name in settings.LIMITS}),
    "MAX_CONNECTIONS_PER_IP": "0",
    "MAX_CONNECTIONS_PER_USER": "0",
}

# The tests take these bounds from every server; here they are put back.
AS_IT_IS_RUN = {"MAX_CONNECTIONS_PER_IP": "200", "MAX_CONNECTIONS_PER_USER": "20"}


class Props(NamedTuple):
    """Rows that inputs may name: an attack that names nothing real is refused at the first look."""

    show: sockets.Show
    products: list[str]
    tokens: dict[str, str]  # access tokens by role, and None's of a guest is ""
    party: str

    @property
    def ids(self) -> dict[str, list[str]]:
        """What may stand in a field of such a name."""
        show, users = str(self.show.stream.pk), [str(self.show.creator.pk), "1"]
        return {
            "sessionid": [show, self.party],
            "session_id": [show],
            "streamid": [show],
            "id": [show, *self.products, *users],
            "_id": [show],
            "showid": [show],
            "productid": self.products,
            "product_id": self.products,
            "userid": users,
            "key": [self.show.key, f"shopping:{self.party}", "lobby:main", "control:all"],
            "room": [self.show.key, f"shopping:{self.party}", "lobby:main", "control:all"],
            "matchid": ["match-1"],
            "token": [*self.tokens.values()],
        }


def make_props() -> Props:
    show = sockets.make_show()
    products = [str(factories.product(show.creator).pk) for _ in range(3)]
    for product in products:
        show.stream.add_product(Product.objects.get(pk=product).pk)
    people: dict[str, User] = {role: sockets.make_user(role) for role in ROLES} | {"owner": show.creator}
    host = JoinRequest(factories.identity(), connection="", user_id="host", name="Host")
    party = ShoppingSession.objects.open(host).participant.session.pk
    proofs = {role: tokens.access_token(user) for role, user in people.items()} | {"guest": ""}
    return Props(show, products, proofs, party)


class Target:
    """One server process, seen from outside."""

    def __init__(self, database_url: str, log: Path, **environment: str) -> None:
        self.server = server.Server("uvicorn", database_url, log, **environment)
        self.server.wait_until_healthy()
        self.address = self.server.address
        self.read = 0  # bytes of the log
        self.answers = Counter[int]()  # HTTP statuses
        self.found: list[str] = []

    # --- what is noted while it is attacked

    def note(self, status: int) -> None:
        self.answers[status] += 1
        if status >= 500:
            self.fault(f"an answer of status {status}")

    def fault(self, what: str) -> None:
        self.found.append(what)

    # --- the verdict

    def faults(self) -> Faults:
        """What has gone wrong since the last call: notes, complaints in the log, an end, no answer."""
        found, self.found = {what: what for what in self.found}, []
        with self.server.log.open("rb") as log:
            log.seek(self.read)
            said = log.read().decode(errors="replace")
            self.read = log.tell()
        found |= complaints(said)
        if self.has_ended():
            found["end"] = f"the process has ended with {self.server.process.poll()}"
        else:
            try:
                self.health()
            except OSError as error:
                found["silence"] = f"it does not answer: {error!r}"
            except HTTPException as error:  # such as what was meant for another connection
                found["garbled"] = f"it answers what is no HTTP: {error!r}"
        return found

    def has_ended(self) -> bool:
        return self.server.process.poll() is not None

    def leftovers(self, patience: float = sockets.PATIENCE) -> Faults:
        """What attackers that are gone have left behind: clients still counted, sockets still open."""
        deadline = time.monotonic() + patience
        while True:
            counted, opened = self.health()["activeConnections"], self.sockets()
            if counted == opened == 0:
                return {}
            if time.monotonic() > deadline:
                return {"leftovers": f"{counted} clients are counted and {opened} sockets open, and nobody is there"}
            time.sleep(0.1)

    # --- from outside

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.address.http}/health", timeout=sockets.PATIENCE) as answer:
            told: dict[str, Any] = json.load(answer)
            return told

    def sockets(self) -> int:
        """Connections to its port that it has open."""
        port, listening = f":{self.address.port:04X}", "0A"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(port) and row[3] != listening and row[9] != "0" for row in rows)

    def memory(self) -> int:
        """Kilobytes that are resident."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) if found else 0

    def seconds(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.server.stop()


async def faults_of(target: Target) -> Faults:
    return await asyncio.to_thread(target.faults)
