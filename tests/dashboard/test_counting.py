"""Whose errors are counted in the background."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.models import Account, AccountKind, LogKind, Site, SiteStatus
from app.store.accounts import Accounts
from app.store.database import Database
from app.store.sites import Sites
from tests.support import eventually, free_port, running_dashboard

ACME = Account("acme", AccountKind.PYTHONANYWHERE, "Acme", "alice", "lab")
GOOD, ODD = "shop.example.org", "my_shop.example.org"


def test_a_site_whose_domain_names_no_file_is_quietly_not_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(tmp_path / "sitedeck.db")
    Accounts(database).add(ACME, "")
    for domain in (ODD, GOOD):
        url, now = f"https://{domain}", datetime.now(UTC)
        Sites(database).save(Site(ACME.id, domain, "/x", True, SiteStatus.RUNNING, url, now))
    database.close()
    nowhere = f"http://127.0.0.1:{free_port()}"
    with running_dashboard(tmp_path, api_hosts={"lab": nowhere}) as dashboard:
        log_files = dashboard.app.state.services.log_files

        def is_tried() -> bool:
            state = log_files.state((ACME.id, GOOD), LogKind.ERROR)
            return bool(state and state[1])

        eventually(is_tried, "the log of the other site is looked at")
    assert "A background task failed" not in caplog.text
