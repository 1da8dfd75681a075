"""The log pages: the end of a log, hostile lines, one line whole, downloads."""

from pathlib import Path

import pytest
from bs4 import Tag

from app.models import LogKind, LogName, Role
from tests.dashboard.conftest import WORKS, Deck
from tests.support import SAME_ORIGIN, attribute, eventually, get_from_site, one, parse

LOGS = f"/accounts/local/sites/{WORKS}/logs"


def log_of(deck: Deck, kind: LogKind = LogKind.ERROR) -> Path:
    return deck.paths.log_file(WORKS, LogName(kind))


def rows(html: str) -> list[Tag]:
    return parse(html).select("li.log-line")


def test_it_opens_on_the_last_500_lines(deck: Deck) -> None:
    log_of(deck).write_text("".join(f"line {number}\n" for number in range(1, 1201)))
    page = deck.dashboard.client.get(LOGS).text
    found = rows(page)
    assert len(found) == 500
    assert [found[0]["id"], found[-1]["id"]] == ["L701", "L1200"]
    assert one(found[-1], ".msg").get_text() == "line 1200"


def test_earlier_lines_come_as_a_fragment(deck: Deck) -> None:
    log_of(deck).write_text("".join(f"line {number}\n" for number in range(1, 1201)))
    page = parse(deck.dashboard.client.get(LOGS).text)
    before = attribute(one(page, "#logview"), "data-before")
    answer = deck.dashboard.client.get(f"{LOGS}/error", params={"before": before})
    found = rows(answer.text)
    assert "<html" not in answer.text
    assert [found[0]["id"], found[-1]["id"]] == ["L201", "L700"]


HOSTILE = [
    (b"<script>alert(1)</script>", "<script>alert(1)</script>"),
    (b"\x1b[31mred\x1b[0m \x1b]0;title\x07", "red"),
    (b"nul \x00\x00 byte", "nul"),
    (b"broken \xff\xfe utf-8", "broken"),
    (b"progress\roverwritten", "overwritten"),
    (b"x" * 1_000_000, "show all 1,000,001 bytes"),
]


@pytest.mark.parametrize(
    ("line", "text"), HOSTILE, ids=["markup", "ansi", "nul", "utf8", "cr", "1mb"]
)
def test_hostile_lines_are_shown_harmlessly_and_nothing_is_lost(
    deck: Deck, line: bytes, text: str
) -> None:
    log_of(deck).write_bytes(b"before\n" + line + b"\nafter\n")
    answer = deck.dashboard.client.get(LOGS)
    found = rows(answer.text)
    assert len(found) == 3
    assert text in found[1].get_text()
    assert not found[1].select("script, [onclick], [style]")
    assert "\x1b" not in answer.text and "\x00" not in answer.text
    assert len(answer.text) < 60_000
    download = deck.dashboard.client.get(f"{LOGS}/error/download")
    assert download.content == b"before\n" + line + b"\nafter\n"


def test_a_cut_line_can_be_read_whole(deck: Deck) -> None:
    log_of(deck).write_bytes(b"<b>" + b"y" * 100_000 + b"\n")
    page = parse(deck.dashboard.client.get(LOGS).text)
    answer = deck.dashboard.client.get(attribute(one(page, "a.more"), "href"))
    assert parse(answer.text).get_text() == "<b>" + "y" * 100_000
    assert not parse(answer.text).select("b")


def test_a_download_is_an_attachment_with_a_name_of_ours(deck: Deck) -> None:
    answer = deck.dashboard.client.get(f"{LOGS}/error/download")
    assert answer.headers["content-disposition"] == (f'attachment; filename="{WORKS}.error.log"')


def test_there_is_no_download_of_what_does_not_exist(deck: Deck) -> None:
    log_of(deck, LogKind.SERVER).unlink(missing_ok=True)
    client = deck.dashboard.client
    link = one(parse(client.get(f"{LOGS}?name=server").text), "#log-download")
    assert (link["aria-disabled"], link["title"]) == ("true", "There is no log yet")
    assert not link.has_attr("href")
    answer = client.get(attribute(link, "data-href"))
    assert (answer.status_code, answer.text) == (404, "This log file does not exist yet.\n")
    assert answer.headers["content-type"].startswith("text/plain")
    link = one(parse(client.get(LOGS).text), "#log-download")
    assert client.get(attribute(link, "href")).status_code == 200


def test_a_log_without_lines_says_what_will_appear(deck: Deck) -> None:
    log_of(deck, LogKind.SERVER).unlink(missing_ok=True)
    page = parse(deck.dashboard.client.get(f"{LOGS}?name=server").text)
    assert "No lines yet" in page.get_text()


@pytest.mark.parametrize(
    "path",
    [
        f"{LOGS}?name=../../etc/passwd",
        f"{LOGS}/secrets",
        f"{LOGS}/error.10.gz",
        f"{LOGS}/error?before=nonsense",
        f"{LOGS}/error/line?at=" + "9" * 500,
        f"{LOGS}/error/stream?after=a:b",
    ],
)
def test_made_up_names_and_places_are_refused(deck: Deck, path: str) -> None:
    assert deck.dashboard.client.get(path).status_code == 400


def test_logs_of_a_site_that_is_not_there_are_a_404(deck: Deck) -> None:
    assert deck.dashboard.client.get("/accounts/local/sites/x.localhost/logs").status_code == 404
    assert deck.dashboard.client.get(f"{LOGS}/error.1/download").status_code == 404


def test_only_who_may_clear_a_log_is_offered_it(deck: Deck) -> None:
    logs = f"/accounts/local/sites/{WORKS}/logs"
    form = f"form[action='{logs}/error/delete']"
    client = deck.dashboard.client
    assert parse(client.get(logs).text).select(form)
    client.cookies.clear()
    deck.dashboard.sign_in("guest", Role.VIEWER)
    assert not parse(client.get(logs).text).select(form)
    assert client.post(f"{logs}/error/delete", headers=SAME_ORIGIN).status_code == 403


def test_a_cleared_log_begins_anew(deck: Deck) -> None:
    log = log_of(deck)
    log.write_text("old line\n")
    answer = deck.dashboard.client.post(f"{LOGS}/error/delete", headers=SAME_ORIGIN)
    assert answer.headers["location"] == f"{LOGS}?name=error"
    page = deck.dashboard.client.get(LOGS).text
    assert "The error log was cleared." in page
    assert "old line" not in page
    get_from_site(deck.sites_address, WORKS, "/fail")
    eventually(lambda: "It failed" in deck.dashboard.client.get(LOGS).text, "the new line")
