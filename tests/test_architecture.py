"""Who may import whom, read from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OPEN = {"app", "app.models", "app.errors", "app.settings", "app.urls"}
ALLOWED = {
    "main": {"app.cli"},
    "app.cli": {"app.serve", "app.settings", "app.store", "app.security", "app.logs"}
    | {"app.localhost"},
    "app.serve": {"app.factory", "app.store", "app.security", "app.localhost", "app.routes"},
    "app.factory": {"app", "components"},
    "app.wiring": {"app", "components"},
    "app.lifespan": {"app.hosting", "app.logs", "app.routes", "app.store"},
    "app.routes": {"app.routes", "app.hosting", "app.logs", "app.security", "app.store"}
    | {"components"},
    "app.hosting": {"app.hosting", "app.store"},
    "app.logs": {"app.logs", "app.store"},
    "app.logs.remote": {"app.logs", "app.store", "app.hosting"},
    "app.security": {"app.security", "app.store"},
    "app.store": {"app.store"},
    "app.models": {"app.models"},
    "app.localhost": {"app.localhost"},
    "components": {"components"},
}
# What is open to the rest of the app but not to these layers.
CLOSED = {
    "components": {"app", "app.errors", "app.settings"},
    "app.localhost": {"app.settings", "app.urls"},
    "app.store": {"app.settings", "app.urls"},
}
ONLY_IN = {
    "httpx": {"app/hosting/client.py", "app/hosting/probe.py"},
    "apsw": {"app/store/database.py"},
    "fastlite": {"app/store/database.py"},
}
# A program that is shipped as text and run as a site of its own.
SHIPPED = {ROOT / "app/hosting/sample_site.py"}


def product_files() -> list[Path]:
    files = [ROOT / "main.py", *ROOT.glob("app/**/*.py"), *ROOT.glob("components/**/*.py")]
    return sorted(set(files) - SHIPPED)


def imports_of(path: Path) -> Iterator[str]:
    """Every imported module, with the names taken from packages: `app.routes.sites`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert [alias.name for alias in node.names] != ["*"], f"{path}: star import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                place = ROOT / name.replace(".", "/")
                is_module = place.with_suffix(".py").exists() or place.is_dir()
                yield name if is_module else str(node.module)


def layer_of(module: str) -> str:
    fitting = [layer for layer in ALLOWED if module == layer or module.startswith(f"{layer}.")]
    return max(fitting, key=len, default=module)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", product_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    layer = layer_of(module_of(path))
    for name in imports_of(path):
        if not name.startswith(("app", "components")) and name != "main":
            continue
        if name in OPEN and name not in CLOSED.get(layer, set()):
            continue
        if layer == "components" and name in {"app", "app.urls", "app.models"}:
            continue
        allowed = ALLOWED.get(layer, set())
        fits = any(name == other or name.startswith(f"{other}.") for other in allowed)
        assert fits, f"{layer} must not import {name}"


@pytest.mark.parametrize(("library", "homes"), ONLY_IN.items())
def test_some_libraries_have_one_home(library: str, homes: set[str]) -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in product_files()
        if any(name.split(".")[0] == library for name in imports_of(path))
    }
    assert found == homes


def test_the_localhost_daemon_loads_neither_pages_nor_clients() -> None:
    for path in ROOT.glob("app/localhost/**/*.py"):
        for name in imports_of(path):
            assert name.split(".")[0] not in {"fasthtml", "httpx", "fastlite", "components"}


def test_only_the_log_view_makes_markup_from_strings() -> None:
    makers = ("logview.py", "logtext.py", "tracebackrow.py")
    for path in ROOT.glob("components/*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        assert "NotStr" not in names
        assert "Safe" not in names or path.name in makers
        for node in nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Script":
                assert not node.args, "scripts are files"


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in product_files()
        if not path.is_relative_to(ROOT / "app/localhost")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert readers == {"app/cli.py"}, "the command line hands it to Settings.from_env"
