"""What became of a click on a remote site is found out and told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.probe import Silence, Unasked
from app.models import Answer, SiteStatus
from tests.dashboard.conftest import SITE, Connected, connected
from tests.fakes.pythonanywhere import fake_pythonanywhere
from tests.fakes.troubles import Trouble
from tests.support import eventually, one, parse, visible_text

CRASH = (
    b"Traceback (most recent call last):\n"
    b'  File "/home/alice/shop/main.py", line 1, in <module>\n    import shop\n'
    b"ModuleNotFoundError: No module named 'shop'\n"
)
PATH = f"/accounts/acme/sites/{SITE}"


class World:
    """Sites answer what a test says: `results` one after the other, then `result`."""

    def __init__(self) -> None:
        self.result: Answer | Silence | Unasked = Answer(200, 0.31)
        self.results: list[Answer] = []
        self.asked = 0

    async def ask(self, url: str) -> Answer | Silence | Unasked:
        assert url == f"https://{SITE}"
        self.asked += 1
        return self.results.pop(0) if self.results else self.result


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def place(tmp_path: Path, world: World) -> Iterator[Connected]:
    with fake_pythonanywhere() as fake:
        fake.add_site(SITE, "/home/alice/serve")
        with connected(fake, tmp_path / "data", world.ask) as place:
            yield place


def until(place: Connected, status: SiteStatus) -> None:
    eventually(lambda: place.status() is status, f"{status}, not {place.status()}", 20)


def record(place: Connected) -> list[str]:
    """The entries of the record, the newest first."""
    found = parse(place.get("/activity")).select(".event p")
    return [" ".join(entry.get_text(" ").split()) for entry in found]


def test_a_site_is_asked_by_itself_and_its_answer_is_in_the_list(place: Connected) -> None:
    row = ".col-time .value"
    eventually(lambda: one(parse(place.get("/")), row).get_text() == "310 ms", "the answer")
    assert "It answered 200 in 310 ms" in visible_text(place.get(PATH))


def test_a_reload_ends_with_the_first_answer(place: Connected, world: World) -> None:
    world.results = [Answer(200, 0.1), Answer(502, 0.1)]
    place.post(f"{PATH}/reload")
    until(place, SiteStatus.RUNNING)
    site = place.services.sites.get("acme", SITE)
    assert site is not None and site.answer is not None
    assert site.answer.status == 200
    page = visible_text(place.get(PATH))
    assert "First answer 200 after" in page
    assert site.reloaded_at is not None
    stamp = site.reloaded_at.isoformat()
    assert one(parse(place.get("/")), f'.col-reload-at time[datetime="{stamp}"]')
    assert one(parse(place.get(PATH)), f'.facts time[datetime="{stamp}"]')


def test_a_site_that_crashes_after_a_reload_says_why(place: Connected, world: World) -> None:
    world.result = Answer(502, 0.1)
    place.fake.write_log(SITE, CRASH.replace(b"shop", b"past"))
    place.post(f"{PATH}/reload")
    assert place.status() is SiteStatus.RELOADING
    place.fake.write_log(SITE, CRASH)
    until(place, SiteStatus.FAILING)
    reason = "Crashing: ModuleNotFoundError: No module named 'shop'"
    assert reason in visible_text(place.get("/"))
    page = parse(place.get(PATH))
    assert reason in one(page, ".notice.bad").get_text()
    assert "import shop" in one(page, ".notice.bad pre").get_text()


def test_a_crash_behind_the_answer_of_the_old_process_is_no_success(
    place: Connected, world: World
) -> None:
    place.post(f"{PATH}/reload")
    asked = world.asked
    eventually(lambda: world.asked > asked, "the old process answers after the call")
    assert place.status() is SiteStatus.RELOADING
    place.fake.write_log(SITE, CRASH)
    world.result = Answer(502, 0.1)
    until(place, SiteStatus.FAILING)
    assert "No module named 'shop'" in visible_text(place.get(PATH))


def test_a_list_read_meanwhile_does_not_end_the_waiting(place: Connected, world: World) -> None:
    world.result = Answer(502, 0.1)
    place.post(f"{PATH}/disable")
    place.post(f"{PATH}/enable")
    lists = place.fake.count("websites")
    place.post("/accounts/acme/test")
    eventually(lambda: place.fake.count("websites") > lists + 1, "another list")
    assert place.status() is SiteStatus.STARTING
    world.result = Answer(200, 0.1)
    until(place, SiteStatus.RUNNING)


def test_a_refused_reload_leaves_nothing_waiting(place: Connected) -> None:
    del place.fake.websites[SITE]
    place.post(f"{PATH}/reload")
    assert place.status() is SiteStatus.UNKNOWN, "it is gone"


def test_a_lost_reload_that_was_done_is_told_so(place: Connected, world: World) -> None:
    world.results = [Answer(502, 0.1)] * 2
    place.fake.trouble("reload", Trouble.RESET_AFTER)
    place.post(f"{PATH}/reload")
    until(place, SiteStatus.RUNNING)

    def is_noted() -> bool:
        site = place.services.sites.get("acme", SITE)
        return site is not None and site.reloaded_at is not None

    eventually(is_noted, "the time of the reload")
    assert any("the answer was lost" in words for words in record(place))
    looked = f"Sitedeck looked at {SITE} : Answered 200 after"
    eventually(lambda: record(place)[0].startswith(looked), "what came of it is in the record")


def test_a_lost_reload_that_was_not_done_is_not_told_as_done(
    place: Connected, world: World
) -> None:
    world.results = [Answer(502, 0.1)] * 2
    place.post(f"{PATH}/reload")
    until(place, SiteStatus.RUNNING)
    before = place.services.sites.get("acme", SITE)
    assert before is not None and before.answer is not None
    place.fake.trouble("reload", Trouble.RESET_BEFORE)
    place.post(f"{PATH}/reload")
    until(place, SiteStatus.RUNNING)
    after = place.services.sites.get("acme", SITE)
    assert after is not None and after.answer is None
    assert after.reloaded_at == before.reloaded_at
