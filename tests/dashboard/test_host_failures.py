"""What goes wrong with the local host while the dashboard runs, and how it comes back."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import HostUnavailable
from app.localhost.ask import ask
from app.localhost.start import is_answering
from app.models import SiteStatus
from app.store.database import DatabaseError
from tests.dashboard.conftest import WORKS, Deck
from tests.support import SAME_ORIGIN, attribute, eventually, get_from_site, one, parse


def daemon_pid(deck: Deck) -> int:
    """0 while none answers."""
    try:
        return int(ask(deck.paths, "GET", "/api/host/")["pid"])
    except HostUnavailable:
        return 0


def test_a_killed_daemon_is_started_again_and_the_site_never_ends(deck: Deck) -> None:
    before, site = daemon_pid(deck), deck.site(WORKS).pid
    os.kill(before, signal.SIGKILL)
    eventually(lambda: daemon_pid(deck) not in (0, before), "a new daemon")
    assert deck.wait_for(WORKS, SiteStatus.RUNNING).pid == site
    eventually(lambda: get_from_site(deck.sites_address, WORKS)[0] == 200, "the proxy is back")


def test_a_daemon_of_another_version_is_replaced_without_stopping_its_sites(deck: Deck) -> None:
    site = deck.site(WORKS).pid
    deck.ask("POST", "/api/host/stop/", {"stop_sites": False})
    eventually(lambda: not is_answering(deck.paths.socket), "the daemon ends")
    start_old_daemon(deck)
    client = deck.dashboard.client
    eventually(lambda: "still runs version 0.0.9" in client.get("/").text, "the offer", 20)
    button = one(parse(client.get("/").text), "#host-notice form")
    answer = client.post(attribute(button, "action"), headers=SAME_ORIGIN | {"hx-request": "true"})
    assert "Local host restarted" in answer.text
    eventually(lambda: not parse(client.get("/").text).select("#host-notice .notice"), "no offer")
    assert deck.wait_for(WORKS, SiteStatus.RUNNING).pid == site


def start_old_daemon(deck: Deck) -> None:
    program = (
        "import sys; from app.localhost.daemon import main;"
        f"sys.exit(main(['--data', {str(deck.paths.folder)!r},"
        f" '--listen', {deck.sites_address!r}], '0.0.9'))"
    )
    root = Path(__file__).parents[2]
    # Away from this process at once, as the one of an earlier installation would be.
    if (child := os.fork()) == 0:
        os.setsid()
        if os.fork() == 0:
            os.chdir(root)
            os.execv(sys.executable, [sys.executable, "-c", program])
        os._exit(0)
    os.waitpid(child, 0)
    eventually(lambda: is_answering(deck.paths.socket), "the old daemon")


def test_a_stopped_local_host_is_started_by_its_button(deck: Deck) -> None:
    deck.ask("POST", "/api/host/stop/", {"stop_sites": True})
    eventually(lambda: not is_answering(deck.paths.socket), "the daemon ends")
    deck.wait_for(WORKS, SiteStatus.UNKNOWN)
    client = deck.dashboard.client
    answer = client.post("/accounts/local/start", headers=SAME_ORIGIN)
    assert answer.headers["location"] == "/"
    assert "Local host started" in client.get("/").text
    deck.wait_for(WORKS, SiteStatus.RUNNING)


@pytest.mark.long
def test_after_a_locked_database_the_pages_are_right_again(deck: Deck, tmp_path: Path) -> None:
    site = deck.site(WORKS).pid
    assert site is not None
    with locked(tmp_path / "data" / "sitedeck.db"):
        os.kill(site, signal.SIGKILL)
        with pytest.raises(DatabaseError):
            deck.services.sites.set_error_count("local", WORKS, 99)
    eventually(lambda: deck.site(WORKS).pid not in (site, None), "the new process", 20)
    deck.wait_for(WORKS, SiteStatus.RUNNING)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process holds the write lock: locks of one process do not exclude each other."""
    program = (
        f"import sqlite3; c = sqlite3.connect({str(database)!r}, isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        yield
        holder.communicate("\n")
