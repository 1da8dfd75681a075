"""Logs of an account that lie on the dashboard's own machine: read there, without a call."""

import gzip
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.models import LogKind, LogName
from tests.dashboard.conftest import SITE, Connected, connected
from tests.fakes.files import log_path
from tests.fakes.pythonanywhere import USER, FakePythonAnywhere, fake_pythonanywhere
from tests.support import eventually, parse

LOGS = f"/accounts/acme/sites/{SITE}/logs"
ERROR = LogName(LogKind.ERROR)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Holds the log of one site of the account."""
    folder = tmp_path / "var" / "log"
    folder.mkdir(parents=True)
    (folder / f"{SITE}.error.log").write_text("ERROR:    first\n")
    return folder


@pytest.fixture
def fake() -> Iterator[FakePythonAnywhere]:
    with fake_pythonanywhere() as running:
        running.add_site(SITE)
        yield running


def beside_logs(
    fake: FakePythonAnywhere, folder: Path, data: Path, username: str = USER
) -> AbstractContextManager[Connected]:
    """A dashboard that may read the account's logs in the folder."""
    return connected(fake, data, own_logs={(username, "lab"): folder})


@pytest.fixture
def place(fake: FakePythonAnywhere, folder: Path, tmp_path: Path) -> Iterator[Connected]:
    with beside_logs(fake, folder, tmp_path / "data") as place:
        yield place


def messages(html: str) -> list[str]:
    return [row.get_text() for row in parse(html).select("li.log-line .msg")]


def error_count(place: Connected) -> int | None:
    site = place.services.sites.get("acme", SITE)
    return site.error_count if site is not None else None


def test_live_and_rotated_files_are_read_and_downloaded(place: Connected, folder: Path) -> None:
    (folder / f"{SITE}.error.log.1").write_text("yesterday\n")
    older = gzip.compress(b"long ago\n")
    (folder / f"{SITE}.error.log.2.gz").write_bytes(older)
    assert messages(place.get(LOGS)) == ["ERROR:    first"]
    assert messages(place.get(f"{LOGS}?name=error.1")) == ["yesterday"]
    assert place.get(f"{LOGS}/error/download") == "ERROR:    first\n"
    assert place.dashboard.client.get(f"{LOGS}/error.2.gz/download").content == older
    assert place.fake.count("files") == 0


def test_a_log_that_does_not_exist_yet_is_empty(place: Connected) -> None:
    assert "No lines yet" in place.get(f"{LOGS}?name=server")
    assert place.fake.count("files") == 0


def test_errors_are_counted_as_they_come(place: Connected, folder: Path) -> None:
    eventually(lambda: error_count(place) == 0, "nothing of unknown age is counted")
    with (folder / f"{SITE}.error.log").open("a") as log:
        log.write("ERROR:    second\n")
    eventually(lambda: error_count(place) == 1, "the new error is counted")
    assert place.fake.count("files") == 0


def test_clearing_is_left_to_the_host(place: Connected, folder: Path) -> None:
    place.fake.write_log(SITE, b"ERROR:    first\n")
    assert place.post(f"{LOGS}/error/delete").status_code == 303
    assert log_path(SITE) not in place.fake.files.contents
    assert [call.method for call in place.fake.calls if call.endpoint == "files"] == ["DELETE"]
    assert (folder / f"{SITE}.error.log").exists(), "the file is the host's to delete"


def test_removing_the_account_leaves_its_logs_where_they_are(
    place: Connected, folder: Path
) -> None:
    assert place.post("/accounts/acme/delete").status_code == 303
    assert place.services.accounts.all() == []
    assert (folder / f"{SITE}.error.log").read_text() == "ERROR:    first\n"


@pytest.mark.parametrize("domain", ["../secret", "..", "a/../../b.c", "/etc/passwd", "a.b\0c.d"])
def test_no_name_leads_out_of_the_folder(place: Connected, domain: str) -> None:
    with pytest.raises(InvalidInput):
        place.services.log_files.log(("acme", domain), ERROR)


def test_the_folder_of_another_user_is_not_read(
    fake: FakePythonAnywhere, folder: Path, tmp_path: Path
) -> None:
    fake.write_log(SITE, b"from the API\n")
    with beside_logs(fake, folder, tmp_path / "data", username="bob") as place:
        eventually(lambda: messages(place.get(LOGS)) == ["from the API"], "the log is fetched")


@pytest.mark.parametrize("name", [None, "syslog", "nothing.log", "UPPER.example.org.error.log"])
def test_a_folder_without_logs_of_sites_is_not_believed(
    fake: FakePythonAnywhere,
    folder: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str | None,
) -> None:
    (folder / f"{SITE}.error.log").unlink()
    if name is not None:
        (folder / name).write_text("something\n")
    fake.write_log(SITE, b"from the API\n")
    with beside_logs(fake, folder, tmp_path / "data") as place:
        assert "fetched through the API" in caplog.text
        eventually(lambda: messages(place.get(LOGS)) == ["from the API"], "the log is fetched")
