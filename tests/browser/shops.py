"""Shops on origins of their own, from the repository's examples."""

import contextlib
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.browser.test_elsewhere import Handler
from tests.journeys import server as servers

WRITTEN = "http://127.0.0.1:8000"  # where the examples have the server


@contextlib.contextmanager
def served(folder: Path, host: str = "localhost") -> Iterator[str]:
    """The address of a folder at an origin that is another site's than the server's, which is at 127.0.0.1."""
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *args: Handler(*args, directory=str(folder))
    ) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield f"http://{host}:{pages.server_port}/"
        pages.shutdown()
        thread.join()


def copied(example: str, server: str, to: Path) -> Path:
    """An example as its reader has it, with the address of their own server in it."""
    shutil.copytree(servers.ROOT / "examples" / example, to, dirs_exist_ok=True)
    for page in to.rglob("*.html"):
        page.write_text(page.read_text().replace(WRITTEN, server))
    return to
