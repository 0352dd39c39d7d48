"""How the load generator is told what its clients do: a workload, in the words of one server's wire."""

import json
import subprocess
from typing import Any

from bench.contenders import PRODUCT, Contender
from bench.servers import ROOT, Cores, Failed, Running
from bench.workloads import Load

PROGRAM = ROOT / ".venv" / "loadgen"
PATIENCE = 150  # seconds for connecting and for what is late, beside what is measured

HELLO = '{"type":"hello","recover":true}'  # as the shop's own page; others do not know it and keep silent
JOIN = '{"type":"join-session","sessionId":"{room}","op":"join"}'
JOIN_EVENT = '420["join-session",{"sessionId":"{room}"}]'

BROWSER = "".join(
    f"{line}\r\n"
    for line in (
        "Pragma: no-cache",
        "Cache-Control: no-cache",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/131.0.0.0 Safari/537.36",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Accept-Language: en-GB,en;q=0.9,de-DE;q=0.8,de;q=0.7",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        f"Cookie: _ga=GA1.1.{'1234567890' * 2}; theme=dark; consent={'x' * 120}",
    )
)


def generate(contender: Contender, load: Load, up: Running, rooms: list[str], cores: Cores, quick: bool) -> Any:
    """What the generator saw of one server under `load`."""
    command = [str(PROGRAM), *_talk(contender, load), *_amount(load, quick), "-R", ",".join(rooms)]
    command += ["-p", _list(up.ports), "-S", _list(up.pids), "-C", str(cores.server)]
    if load.browser:
        command += ["-H", f"{BROWSER}Origin: http://127.0.0.1:{up.ports[0]}\r\n"]
    try:
        patience = PATIENCE + load.seconds * (1 + len(load.acts))
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired:
        raise Failed("the generator did not end") from None
    if done.returncode:
        raise Failed(done.stderr.strip())
    return json.loads(done.stdout)


def _talk(contender: Contender, load: Load) -> list[str]:
    """What clients say, and how their generator knows what they hear."""
    if contender.socketio:
        options = ["-k", "-P", "/socket.io/?EIO=4&transport=websocket", "-a", "43", "-t", load.words.event]
        joins = [JOIN_EVENT]
    else:
        options = ["-P", "/ws/", "-a", '{"type":"ack"', "-t", load.words.flat]
        joins = [HELLO, JOIN]
        options += ["-o"] if contender.command == PRODUCT else []
    for text in joins if load.joins else []:
        options += ["-j", text]
    for act in load.acts:
        options += ["-A", f"{act.kind}:{act.rate}:{act.what}"]
    for name, text in load.ears:
        options += ["-c", f"{name}={text}"]
    return [*options, "-x", load.words.marker]


def _amount(load: Load, quick: bool) -> list[str]:
    seconds, warm = (load.quick_seconds, 0.5) if quick else (load.seconds, 1.0)
    options = {
        "-m": load.mode,
        "-n": load.clients,
        "-L": load.slow,
        "-s": load.speakers,
        "-r": load.rate,
        "-w": load.in_flight,
        "-W": warm,
        "-d": seconds,
    }
    return [word for option, value in options.items() for word in (option, str(value))]


def _list(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))
