"""What `make cluster` starts: the shape of deploy/ on one machine and without containers.

nginx with the configuration of deploy/nginx, two server processes, a worker for background tasks, a PostgreSQL and a
Redis. Everything listens on 127.0.0.1 or in a private folder and ends with this process.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tools import backends  # noqa: E402 - after the path is set

MANAGE = [sys.executable, "manage.py"]
# On Linux a program ends with whoever has started it, even if that is killed.
MORTAL = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGTERM); os.execv(sys.argv[1], sys.argv[1:])"
)
LAUNCH = [sys.executable, "-c", MORTAL] if sys.platform == "linux" else []
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
PROCESSES = 2
START_SECONDS = 120
STOP_SECONDS = 60
INCLUDES = ROOT / "deploy" / "nginx" / "vitrine"
STATIC = "/srv/vitrine/staticfiles/"  # where deploy/nginx looks for static files
PROXY = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
worker_processes 1;
{user}
events {{
    worker_connections 4096;
}}
http {{
    include {mime};
    {temporary}
    include vitrine/http.conf;
    include vitrine/upstreams.conf;
    server {{
        listen 127.0.0.1:{port};
        include vitrine/locations.conf;
    }}
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
MIME = "types { text/html html; text/css css; text/javascript js mjs; image/svg+xml svg; }"


class Process:
    """A program that is started, asked to end, and started again."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], folder: Path) -> None:
        self.name, self.command, self.environment = name, command, dict(environment)
        self.log = folder / f"{name}.log"
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [*LAUNCH, *self.command], cwd=ROOT, env={**os.environ, **self.environment}, stdout=log, stderr=log
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Its exit status; a process that does not end in time is killed."""
        if self.running is None:
            return 0
        self.running.send_signal(how)
        try:
            return self.running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.running.kill()
            return self.running.wait()
        finally:
            self.running = None

    def wait_until(self, url: str) -> None:
        """Returns once something answers at `url` with 200."""
        deadline = time.monotonic() + START_SECONDS
        while not answers(url):
            if self.running is None or self.running.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.name} does not answer:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Cluster:
    """Server processes on `ports` behind an nginx on `port`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], port: int, ports: list[int], static: Path) -> None:
        self.port, self.ports = port, ports
        shared = {**environment, "HOST": "127.0.0.1", "TRUSTED_PROXIES": "127.0.0.1"}
        self.servers = [
            Process(f"server-{number}", [*MANAGE, "serve"], {**shared, "PORT": str(each)}, folder)
            for number, each in enumerate(ports, start=1)
        ]
        command = [str(NGINX), "-c", str(write_proxy(folder, port, ports, static)), "-p", str(folder)]
        self.proxy = Process("nginx", command, {}, folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        for server in self.servers:
            server.start()
        for server, port in zip(self.servers, self.ports, strict=True):
            server.wait_until(f"http://127.0.0.1:{port}/readyz")
        self.proxy.start()
        self.proxy.wait_until(f"{self.url}/health")

    def restart(self) -> None:
        """One server after the other, each only once the one before serves again."""
        for server, port in zip(self.servers, self.ports, strict=True):
            server.stop()
            server.start()
            server.wait_until(f"http://127.0.0.1:{port}/readyz")

    def stop(self) -> None:
        self.proxy.stop(signal.SIGQUIT)
        for server in self.servers:
            server.stop()


def write_proxy(folder: Path, port: int, ports: list[int], static: Path) -> Path:
    """nginx's configuration with the includes of deploy/nginx, in which nothing but places is changed."""
    includes = folder / "vitrine"
    includes.mkdir(exist_ok=True)
    for name in ("http.conf", "locations.conf", "upstreams.conf"):
        (includes / name).write_text(placed((INCLUDES / name).read_text(), ports, static))
    temporary = [f"{name}_temp_path {folder}/{name};" for name in TEMPORARY]
    system = Path("/etc/nginx/mime.types")
    written = PROXY.format(
        folder=folder,
        user="user root;" if os.geteuid() == 0 else "",  # which alone can read a private folder
        mime=system if system.exists() else f"{folder}/mime.types",
        temporary="\n    ".join(temporary),
        port=port,
    )
    (folder / "mime.types").write_text(MIME)
    (folder / "nginx.conf").write_text(written)
    return folder / "nginx.conf"


def placed(conf: str, ports: list[int], static: Path) -> str:
    """The processes of `ports` instead of the two that it names, and static files in another folder."""
    lines = []
    for line in conf.replace(STATIC, f"{static}/").splitlines():
        if ":8001" in line:
            lines += [line.replace(":8001", f":{port}") for port in ports]
        elif ":8002" not in line:
            lines.append(line)
    return "\n".join(lines) + "\n"


# --- the command


def production(folder: Path, port: int) -> dict[str, str]:
    """Settings as in production, but without HTTPS. The secret stays the same from start to start."""
    secret = folder / "secret"
    if not secret.exists():
        secret.write_text(secrets.token_urlsafe(50))
    return {
        "DEBUG": "0",
        "SECRET_KEY": secret.read_text(),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "APP_URL": f"http://127.0.0.1:{port}",
        "SECURE_SSL_REDIRECT": "0",
        "RUN_JOBS": "1",
    }


def manage(environment: Mapping[str, str], *words: str) -> None:
    subprocess.run([*MANAGE, *words], cwd=ROOT, env={**os.environ, **environment}, check=True)


@contextlib.contextmanager
def standing(folder: Path, port: int) -> Iterator[Cluster]:
    """The whole of it, until the block is left."""
    with backends.services(durable=True) as urls:
        environment = {**production(folder, port), **urls}
        manage(environment, "migrate", "-v0")
        manage(environment, "collectstatic", "--noinput", "-v0")
        ports = [port + number for number in range(1, PROCESSES + 1)]
        cluster = Cluster(folder, environment, port, ports, ROOT / "staticfiles")
        worker = Process("tasks", [*MANAGE, "db_worker"], environment, folder)
        try:
            worker.start()
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
            worker.stop()


def main() -> None:
    """Until Ctrl-C or SIGTERM. SIGHUP restarts the servers one after the other."""
    if NGINX is None:
        sys.exit("This needs nginx: apt-get install nginx-light")
    folder = ROOT / "var" / "cluster"
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt), standing(folder, int(os.environ.get("PORT", "8000"))) as cluster:
        signal.signal(signal.SIGHUP, lambda *_: cluster.restart())
        print(
            f"nginx on {cluster.url}, servers on {', '.join(map(str, cluster.ports))}, logs in var/cluster", flush=True
        )
        print(f"kill -HUP {os.getpid()} restarts the servers one after the other; Ctrl-C stops it all", flush=True)
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
