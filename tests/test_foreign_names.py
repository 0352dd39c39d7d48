"""No name that another library keeps to itself is used outside of the adapters."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "storefront", "analytics", "streams", "signaling", "shopping", "realtime", "accounts", "rest")
ADAPTERS = "realtime.adapters"

# Underscore names that their libraries document: Django's model API, and named tuples.
DOCUMENTED = {"_meta", "_default_manager", "_state", "_replace", "_asdict", "_fields"}


def modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if ".migrations" not in found.name:
                yield importlib.import_module(found.name)


MODULES = [module for module in modules() if not module.__name__.startswith(ADAPTERS)]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def trees() -> Iterator[tuple[str, ast.Module]]:
    for module in MODULES:
        yield module.__name__, ast.parse(Path(inspect.getfile(module)).read_text())


def own_names() -> set[str]:
    """Every private name that this repository defines: functions, classes, assigned names and attributes of self."""
    found: set[str] = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
                found.add(node.attr)
    return found


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def test_no_private_attribute_of_another_library_is_named() -> None:
    own = own_names()
    foreign = {
        f"{module}:{node.lineno} {node.attr}"
        for module, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own | DOCUMENTED
    }
    assert not foreign


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_private_method_of_another_library_is_overridden(module: ModuleType) -> None:
    overridden = {
        f"{cls.__qualname__}.{name}"
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__
        for name, value in vars(cls).items()
        if is_private(name) and inspect.isfunction(value) and value.__module__ == module.__name__
        for base in cls.__mro__[1:]
        if base.__module__.partition(".")[0] not in PACKAGES and name in vars(base)
    }
    assert not overridden
