"""Lays out `@vitrine/client`, a package for npm, in var/package: the scripts for other sites' pages, with their types.

make package && npm pack ./var/package
"""

import json
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "package"

# What of each app's scripts is for other people's pages; they import each other by these same paths.
APPS = {
    "realtime": ["*.js", "*.d.ts"],
    "shopping": ["*.js", "*.d.ts"],
    "signaling": ["*.js"],
    "support": ["*.js", "*.d.ts", "widget/*.js"],
    "recordings": ["*.js", "*.d.ts", "vendor/rrweb-record/*"],
}
EMBED = Path("storefront/static/storefront/embedding/embed.d.ts")

EXPORTS = {
    ".": "realtime/client",
    "./shop": "shopping/sdk",
    "./purchases": "shopping/purchases",
    "./peer": "realtime/peer",
    "./match": "signaling/match",
    "./support": "support/widget",
    "./capture": "recordings/capture",
}

README = """\
# @vitrine/client

The scripts of a Vitrine server for pages and programs of your own, as the server itself serves them.

```js
import { Vitrine } from "@vitrine/client";

const shop = new Vitrine({ url: "wss://live.example/ws/" });
shop.on("new-message", ({ userName, message }) => console.log(userName, message));
shop.enter("join-session", { sessionId });
shop.connect();
```

In a package they do not know where their server is: say `url` or `server`. `/shop` is shopping together, `/purchases`
reports orders, `/support` is the window of support, `/capture` records visits, `/peer` and `/match` are calls. The
player comes from the server as `/embed.js`; its types are `@vitrine/client/embed`.
"""


def manifest() -> dict[str, Any]:
    exports: dict[str, Any] = {name: _export(path) for name, path in EXPORTS.items()}
    return {
        "name": "@vitrine/client",
        "version": tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
        "description": "Speaks to a Vitrine server: live shopping shows, shopping together, support, recorded visits",
        "type": "module",
        "exports": exports | {"./embed": {"types": "./embed.d.ts"}},
        "types": "./realtime/client.d.ts",
        "sideEffects": ["./support/widget.js", "./recordings/capture.js"],
    }


def _export(path: str) -> dict[str, str]:
    """Types come first, as TypeScript reads them; a script without such a file has them in its comments."""
    app, _, name = path.partition("/")
    typed = (ROOT / app / "static" / app / f"{name}.d.ts").exists()
    return ({"types": f"./{path}.d.ts"} if typed else {}) | {"default": f"./{path}.js"}


def build(folder: Path = FOLDER) -> Path:
    """Anew; what was there before goes."""
    shutil.rmtree(folder, ignore_errors=True)
    for app, patterns in APPS.items():
        home = ROOT / app / "static" / app
        for path in sorted({path for pattern in patterns for path in home.glob(pattern)}):
            target = folder / app / path.relative_to(home)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copyfile(ROOT / EMBED, folder / "embed.d.ts")
    (folder / "package.json").write_text(json.dumps(manifest(), indent=2) + "\n")
    (folder / "README.md").write_text(README)
    return folder


if __name__ == "__main__":
    sys.stdout.write(f"{build().relative_to(ROOT)} is ready: npm pack ./{FOLDER.relative_to(ROOT)}\n")
