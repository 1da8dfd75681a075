"""The command line as a person types it: users, the local host, and clear refusals."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.process import ROOT, Product, signed_in_client
from tests.support import (
    PASSWORD,
    SAME_ORIGIN,
    attribute,
    eventually,
    free_port,
    get_from_site,
    one,
    parse,
)


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    product = Product(tmp_path / "data")
    yield product
    product.close()


def test_an_administrator_can_be_added_without_the_setup_page(product: Product) -> None:
    added = product.run(
        "user", "add", "owner", "--role", "admin", "--password-stdin", text=PASSWORD
    )
    assert (added.returncode, added.stdout) == (0, "Added owner as admin.\n")
    product.start()
    assert "Setup token" not in product.output
    form = {"username": "owner", "password": PASSWORD}
    answer = httpx2.post(f"{product.origin}/login", data=form, headers=SAME_ORIGIN)
    assert answer.headers["location"] == "/"


@pytest.fixture
def bare_copy(tmp_path: Path) -> Path:
    """The product where nothing is installed yet."""
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(ROOT / "main.py", copy)
    for name in ("app", "components"):
        (copy / name).symlink_to(ROOT / name)
    return copy


def run_without_libraries(
    folder: Path, *arguments: str, python: str | Path = sys.executable
) -> subprocess.CompletedProcess[str]:
    # -S leaves out the installed libraries.
    command = [str(python), "-S", str(folder / "main.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_any_python_hands_over_to_the_one_with_the_libraries(bare_copy: Path) -> None:
    python = bare_copy / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$0" "$@"\n')
    python.chmod(0o755)
    shown = run_without_libraries(bare_copy, "user", "list")
    assert shown.stdout == f"{python} {bare_copy}/main.py user list\n"


def test_without_libraries_one_line_says_how_to_get_them(bare_copy: Path) -> None:
    refused = run_without_libraries(bare_copy)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "make run" in refused.stderr


def test_libraries_missing_where_they_belong_are_handed_to_nobody_else(bare_copy: Path) -> None:
    python = bare_copy / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(Path(sys.executable).resolve())
    refused = run_without_libraries(bare_copy, python=python)
    assert "ModuleNotFoundError" in refused.stderr


def test_a_user_is_added_once(product: Product) -> None:
    add = ("user", "add", "owner", "--password-stdin")
    product.run(*add, text=PASSWORD)
    again = product.run("user", "add", "OWNER", "--password-stdin", text=PASSWORD)
    assert again.returncode == 1
    assert again.stderr == "sitedeck: There is already a user called OWNER.\n"


def test_users_are_listed_and_get_new_passwords(product: Product) -> None:
    for name, role in (("owner", "admin"), ("guest", "viewer")):
        product.run("user", "add", name, "--role", role, "--password-stdin", text=PASSWORD)
    assert product.run("user", "list").stdout == "guest\tviewer\nowner\tadmin\n"
    reset = product.run("user", "reset", "owner", "--password-stdin", text="another password")
    assert "all sessions were ended" in reset.stdout
    unknown = product.run("user", "reset", "nobody", "--password-stdin", text=PASSWORD)
    assert (unknown.returncode, "guest, owner" in unknown.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "text", "words"),
    [
        (("user", "add", "a b", "--password-stdin"), PASSWORD, "letters, digits"),
        (("user", "add", "owner", "--password-stdin"), "short", "at least 12 characters"),
        (("user", "add", "owner", "--password-stdin"), "", "at least 12 characters"),
    ],
)
def test_a_wrong_user_is_refused_in_plain_words(
    product: Product, arguments: tuple[str, ...], text: str, words: str
) -> None:
    refused = product.run(*arguments, text=text)
    assert refused.returncode == 1
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_named_with_a_way_out(product: Product) -> None:
    with socket.create_server(("127.0.0.1", product.port)):
        refused = product.run()
    assert refused.returncode == 2
    assert f"127.0.0.1:{product.port} is already in use" in refused.stderr
    assert "--listen" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_data_folder_that_cannot_be_written_is_named_with_a_way_out(product: Product) -> None:
    refused = product.run("--data", "/dev/null/data")
    assert refused.returncode == 2
    assert "/dev/null/data cannot be written" in refused.stderr
    assert "--data" in refused.stderr


def test_a_wrong_setting_is_named(product: Product) -> None:
    refused = product.run("--listen", "0.0.0.0:80")
    assert refused.returncode == 2
    assert "--public-origin" in refused.stderr


def test_a_port_of_the_sites_in_use_is_said_on_the_pages(product: Product) -> None:
    with socket.create_server(("127.0.0.1", product.sites_port)):
        product.start()
        with signed_in_client(product) as client:
            notice = one(parse(client.get("/").text), "#host-notice")
            assert "is in use by another program" in notice.get_text()
            assert attribute(one(notice, "form"), "action") == "/accounts/local/restart"
        shown = product.run("host", "status")
        assert "is in use by another program" in shown.stdout
        assert product.end() == 0
        elsewhere = Product(product.data)
        elsewhere.start()
        with httpx2.Client(base_url=elsewhere.origin, headers=SAME_ORIGIN, timeout=15) as client:
            client.post("/login", data={"username": "admin", "password": PASSWORD})
            assert client.post("/accounts/local/restart").status_code == 303
        shown = elsewhere.run("host", "status")
        assert f"sites at 127.0.0.1:{elsewhere.sites_port}" in shown.stdout
        assert "in use" not in shown.stdout
        assert elsewhere.end() == 0


def test_a_long_data_path_moves_the_sockets_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("a long name " * 8).strip() / "and another one for good measure"
    folder.mkdir(parents=True)
    product = Product(folder / "data")
    product.start()
    try:
        with signed_in_client(product) as client:
            assert client.post("/sites/sample").status_code == 303
        address = f"127.0.0.1:{product.sites_port}"
        eventually(lambda: get_from_site(address, "hello.localhost")[0] == 200, "an answer")
    finally:
        product.close()


def test_the_local_host_is_started_shown_and_stopped(product: Product) -> None:
    assert "does not run" in product.run("host", "status").stdout
    started = product.run("host", "start")
    assert started.returncode == 0
    assert f"sites at 127.0.0.1:{product.sites_port}" in started.stdout
    assert "have ended" in product.run("host", "stop").stdout
    assert "does not run" in product.run("host", "stop").stdout


def test_private_files_are_private(product: Product) -> None:
    product.start()
    for path in [product.data, *product.data.rglob("*")]:
        if not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0, path


def test_another_dashboard_on_the_same_data_shares_the_local_host(product: Product) -> None:
    product.start()
    second = Product(product.data, SITEDECK_LISTEN=f"127.0.0.1:{free_port()}")
    second.start()
    assert second.end() == 0
    assert "does not run" not in product.run("host", "status").stdout


def test_help_names_every_setting(product: Product) -> None:
    shown = product.run("--help").stdout
    assert "--public-origin" in shown and "SITEDECK_DATA" in shown
    assert os.linesep * 3 not in shown
