"""Whether and how often a site is asked is said as it is, and a person may ask now."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from app.hosting.probe import Silence, Unasked
from app.models import Answer, Role, SiteStatus
from tests.dashboard.conftest import SITE, Connected, connected
from tests.dashboard.test_verdicts import CRASH, World
from tests.fakes.pythonanywhere import fake_pythonanywhere
from tests.support import SAME_ORIGIN, eventually, one, parse, visible_text

PATH = f"/accounts/acme/sites/{SITE}"
OVERVIEW = "overview-site-acme-shop_example_org"
ASK = f"form[action='{PATH}/check']"
Start = Callable[[World | None], AbstractContextManager[Connected]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a dashboard that knows the site; without a world it may ask no sites."""

    @contextmanager
    def started(world: World | None) -> Iterator[Connected]:
        with fake_pythonanywhere() as fake:
            fake.add_site(SITE, "/home/alice/serve")
            with connected(fake, tmp_path / "data", world.ask if world else None) as place:
                yield place

    return started


def choose_never(place: Connected) -> None:
    place.post("/accounts/acme/checks", seconds="0")


def test_a_person_asks_now_and_the_card_shows_it(start: Start) -> None:
    world = World()
    with start(world) as place:
        eventually(lambda: world.asked, "the first check")
        choose_never(place)
        asked, world.result = world.asked, Answer(204, 0.05)
        form = one(parse(place.get(PATH)), ASK)
        assert form["hx-target"] == f"#{OVERVIEW}"
        answer = place.dashboard.client.post(
            f"{PATH}/check",
            headers=SAME_ORIGIN | {"hx-request": "true", "hx-target": OVERVIEW},
        )
        assert world.asked == asked + 1
        shown = parse(answer.text)
        assert "It answered 204 in 50 ms" in one(shown, f"#{OVERVIEW}").get_text()
        assert f"{SITE} answered 204" in one(shown, ".toast.ok").get_text()


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Answer(200, 0.05), f"{SITE} answered 200 In 50 ms."),
        (Answer(502, 0.05), f"{SITE} answered 502"),
        (Silence("It did not answer in time."), f"{SITE} did not answer It did not answer"),
        (Unasked("There is no way."), f"{SITE} cannot be asked There is no way."),
    ],
)
def test_without_scripts_the_page_says_what_came_of_it(
    start: Start, result: Answer | Silence | Unasked, words: str
) -> None:
    world = World()
    with start(world) as place:
        world.result = result
        assert place.post(f"{PATH}/check").headers["location"] == PATH
        notice = one(parse(place.get(PATH)), ".notice[aria-label=Result]")
        assert words in " ".join(notice.get_text(" ").split())


def test_how_often_sites_are_asked_is_chosen_for_each_account(start: Start) -> None:
    with start(World()) as place:
        chosen = "#check-acme option[selected]"
        assert one(parse(place.get("/accounts")), chosen).get_text() == "Every 5 minutes"
        choose_never(place)
        page = place.get("/accounts")
        assert one(parse(page), chosen).get_text() == "Never"
        assert "its sites are asked only after a click whether they answer." in visible_text(page)
        for wrong in ("7", "-1", "x", ""):
            assert place.post("/accounts/acme/checks", seconds=wrong).status_code == 400
        assert place.services.accounts.check_intervals()["acme"] == 0
        place.post("/accounts/acme/checks", seconds="60")
        page = visible_text(place.get("/accounts"))
        assert "its sites are asked every minute whether they answer." in page


def test_who_chose_never_is_not_told_otherwise(start: Start) -> None:
    with start(World()) as place:
        assert "asks its address every 5 minutes" in visible_text(place.get(PATH))
        choose_never(place)
        page = visible_text(place.get(PATH))
        assert "does not ask it by itself but only after a click" in page
        assert "asks its address" not in page


def test_where_the_configuration_forbids_it_nobody_is_offered_to_ask(start: Start) -> None:
    with start(None) as place:
        page = place.get(PATH)
        assert "SITEDECK_CHECK_SITES" in visible_text(page)
        assert not parse(page).select(ASK)
        assert place.post(f"{PATH}/check").status_code == 404
        accounts = place.get("/accounts")
        assert "SITEDECK_CHECK_SITES" in visible_text(accounts)
        assert not parse(accounts).select("#check-acme")


def test_a_crash_is_told_where_no_site_is_asked(start: Start) -> None:
    with start(None) as place:
        place.post(f"{PATH}/reload")
        assert place.status() is SiteStatus.RELOADING
        place.fake.write_log(SITE, CRASH)
        eventually(lambda: place.status() is SiteStatus.FAILING, "the crash")
        assert "No module named 'shop'" in visible_text(place.get(PATH))


def test_an_error_of_one_request_is_no_crash_where_no_site_is_asked(start: Start) -> None:
    with start(None) as place:
        place.post(f"{PATH}/reload")
        place.fake.write_log(SITE, b"ERROR: /cart: ValueError: bad coupon\n")
        eventually(lambda: place.status() is SiteStatus.RUNNING, "nothing is waited for")
        site = place.services.sites.get("acme", SITE)
        assert site is not None and site.check is None


def test_after_a_click_a_site_is_asked_though_never_by_itself(start: Start) -> None:
    world = World()
    with start(world) as place:
        eventually(lambda: world.asked, "the first check")
        choose_never(place)
        asked, world.result = world.asked, Answer(502, 0.1)
        place.post(f"{PATH}/reload")
        eventually(lambda: world.asked > asked, "a question")
        world.result = Answer(204, 0.1)
        eventually(lambda: place.status() is SiteStatus.RUNNING, "the answer")
        assert "First answer 204 after" in visible_text(place.get(PATH))


def test_a_viewer_does_not_ask(start: Start) -> None:
    with start(World()) as place:
        place.dashboard.sign_in("viewer", Role.VIEWER)
        assert not parse(place.get(PATH)).select(ASK)
        assert place.post(f"{PATH}/check").status_code == 403


def test_a_disabled_site_is_not_asked(start: Start) -> None:
    with start(World()) as place:
        place.post(f"{PATH}/disable")
        page = place.get(PATH)
        assert "A site that is disabled is not asked." in visible_text(page)
        assert not parse(page).select(ASK)
        assert place.post(f"{PATH}/check").status_code == 404
