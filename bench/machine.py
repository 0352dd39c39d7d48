"""What the figures were measured on: a figure without its machine says nothing."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median

import psycopg
import redis

from bench.servers import ROOT, Cores

FSYNCS = 100
PRODUCT = {"accounts", "analytics", "config", "realtime", "recordings", "shopping", "signaling", "storefront"}
PRODUCT |= {"streams", "support", "tools"}


def facts(urls: dict[str, str], cores: Cores) -> dict[str, str]:
    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        fsync, commit, version = (
            _setting(connection, name) for name in ("fsync", "synchronous_commit", "server_version")
        )
    packages = ("uvicorn", "uvloop", "Django", "channels", "channels-redis", "msgspec", "psycopg")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": said("git", "describe", "--always", "--dirty") + f", sources {sources()}",
        "processor": f"{processor()}, {os.cpu_count()} cores, {memory()}; {platform.system()} {platform.release()}",
        "cores": f"server on {cores.server}; generator, PostgreSQL and Redis on {sorted(cores.rest)}",
        "load before": f"{os.getloadavg()[0]:.1f} (one minute)",
        "PostgreSQL": f"{version}, fsync {fsync}, synchronous_commit {commit}",
        "disk": f"{sync_milliseconds():.2f} ms for 8 KB and fdatasync (median)",
        "Redis": str(redis.Redis.from_url(urls["REDIS_URL"]).info("server")["redis_version"]),
        "Python": f"{platform.python_version()}, {python_build()}; "
        + ", ".join(f"{name} {metadata.version(name)}" for name in packages),
        "Node": said("node", "--version") + "; " + ", ".join(node_packages()),
    }


def _setting(connection: "psycopg.Connection[tuple[str]]", name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return row[0]


def sources() -> str:
    """A fingerprint of the product's code: rounds of which each measured something else say nothing."""
    found = hashlib.sha256()
    for path in sorted(ROOT.glob("*/**/*.py")):
        if path.relative_to(ROOT).parts[0] in PRODUCT:
            found.update(path.read_bytes())
    return found.hexdigest()[:12]


def python_build() -> str:
    """An interpreter that was not built with profile-guided optimisation takes up to half as long again."""
    if sys.base_prefix == "/usr":
        return "the distribution's build"
    optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    return "an optimised build" if optimised else "**a build without optimisations**"


def said(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return "none"
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip() or "unknown"


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"


def sync_milliseconds() -> float:
    """How long the disk under the database takes to keep a commit."""
    times = []
    with tempfile.TemporaryFile(dir="/tmp") as file:
        for _ in range(FSYNCS):
            start = time.perf_counter()
            os.write(file.fileno(), bytes(8192))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return median(times) * 1000


def node_packages() -> list[str]:
    manifests = (ROOT / "bench" / "peers" / "node_modules").glob("*/package.json")
    wanted = ("ws", "socket.io", "pg", "redis")
    return [f"{path.parent.name} {_version(path)}" for path in sorted(manifests) if path.parent.name in wanted]


def _version(manifest: Path) -> str:
    return manifest.read_text().partition('"version":')[2].split('"')[1]
