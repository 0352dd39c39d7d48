"""The package for npm, as `make package` lays it out."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import package

COMPILER = package.ROOT / "tests/journeys/node_modules/.bin/tsc"
IMPORT = re.compile(r"""(?:^import|^export|import\()[^;"]*?"(\.{1,2}/.*?)\"""", re.MULTILINE)

USE = """
import { Vitrine, newOp } from "@vitrine/client";
import { Refused, Together } from "@vitrine/client/shop";
import { reportPurchase } from "@vitrine/client/purchases";

const shop = new Vitrine({ url: "ws://127.0.0.1:1/ws/" });
const heard = shop.on("new-message", () => {});
const together = new Together({ server: "http://127.0.0.1:1" });
const ack = await shop.send("send-message", {}, { keep: false });
const kinds = [Refused, together.add, reportPurchase].map((each) => typeof each);
console.log(JSON.stringify([typeof heard, newOp().length, ack.code, ...kinds]));
"""

TYPED = """
import { Vitrine, type Ack } from "@vitrine/client";
import { Together } from "@vitrine/client/shop";
import type { Embed, Item } from "@vitrine/client/embed";

const shop = new Vitrine();
shop.on("new-message", ({ userName }) => userName.toUpperCase());
// @ts-expect-error a show's id is needed
shop.send("join-session", { sessionId: 1 });
const ack: Promise<Ack> = shop.send("join-session", { sessionId: "1" });
export const all: unknown[] = [ack, new Together({ server: "https://live.example" })];
window.Vitrine.cart({ onAddToCart: (item: Item) => item.quantity > 0 });
export const opened: ReturnType<Embed["open"]> = window.Vitrine.open({ show: "live", mode: "mini" });
// @ts-expect-error there is no such mode
window.Vitrine.open({ mode: "huge" });
"""

needs_node = pytest.mark.skipif(
    not (shutil.which("npm") and COMPILER.exists()), reason="needs npm and the packages of the journeys"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a project finds it that has installed it."""
    return package.build(tmp_path_factory.mktemp("project") / "node_modules" / "@vitrine" / "client")


def run(*command: str | Path, cwd: Path) -> str:
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_whatever_a_script_of_it_imports_is_in_it(built: Path) -> None:
    missing = [
        (script.name, name)
        for script in [*built.rglob("*.js"), *built.rglob("*.d.ts")]
        for name in IMPORT.findall(script.read_text())
        if not (script.parent / name).exists() and not (script.parent / name.replace(".js", ".d.ts")).exists()
    ]
    assert missing == []


def test_every_entrance_leads_to_a_file(built: Path) -> None:
    manifest: dict[str, Any] = json.loads((built / "package.json").read_text())
    assert manifest["name"] == "@vitrine/client"
    named = [path for entrance in manifest["exports"].values() for path in entrance.values()]
    assert [path for path in [*named, manifest["types"]] if not (built / path).exists()] == []
    assert {"types", "default"} <= manifest["exports"]["."].keys()


@needs_node
def test_npm_packs_it(built: Path) -> None:
    (packed,) = json.loads(run("npm", "pack", "--dry-run", "--json", cwd=built))
    files = {file["path"] for file in packed["files"]}
    assert {"package.json", "README.md", "realtime/client.js", "realtime/client.d.ts", "embed.d.ts"} <= files
    assert "recordings/vendor/rrweb-record/LICENSE" in files
    assert not any("replay" in path or "stage" in path for path in files)


@needs_node
def test_node_imports_it(built: Path) -> None:
    project = built.parents[2]
    (project / "use.mjs").write_text(USE)
    assert json.loads(run("node", "use.mjs", cwd=project)) == [
        "function", 24, "offline", "function", "function", "function",
    ]  # fmt: skip


@needs_node
def test_typescript_knows_its_types(built: Path) -> None:
    project = built.parents[2]
    (project / "typed.ts").write_text(TYPED)
    how = ["--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022"]
    run(COMPILER, *how, "--lib", "es2023,dom", "typed.ts", cwd=project)
