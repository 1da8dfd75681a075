"""Create, delete, enable and disable when the answer is lost: it is looked up, never repeated."""

import asyncio
import threading
from dataclasses import replace

import pytest

from app.errors import HostRefused, NotSent, OutcomeUnknown, SiteBusy, SwitchedOff
from app.hosting.changes import Announcement, OperationsChanged
from app.models import LOCAL_ID, OperationKind, OperationState, SiteAction, SiteStatus
from app.store.accounts import Accounts
from app.store.database import Database
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import FakePythonAnywhere
from tests.fakes.troubles import Trouble
from tests.hosting.conftest import REMOTE, until
from tests.operations.kit import ACTOR, NEW, OLD, SHOP, Deck, known_site, working

pytestmark = pytest.mark.anyio
NOT_DONE = [
    Trouble.RESET_BEFORE,
    Trouble.TIMEOUT_BEFORE,
    Trouble.ERROR_BEFORE,
    Trouble.HANG_BEFORE,
]
DONE = [Trouble.RESET_AFTER, Trouble.TIMEOUT_AFTER, Trouble.ERROR_AFTER, Trouble.HANG_AFTER]


async def run(deck: Deck, action: SiteAction) -> None:
    site = await deck.site()
    assert site is not None
    await deck.actions.run(action, site, ACTOR)


@pytest.mark.parametrize("trouble", DONE, ids=str)
async def test_a_deletion_that_happened_is_found(
    deck: Deck, fake: FakePythonAnywhere, trouble: Trouble
) -> None:
    fake.trouble("delete", trouble)
    with deck.changes.subscribe() as queue:
        with pytest.raises(OutcomeUnknown, match="Sitedeck is looking"):
            await deck.maker.delete(known_site(), ACTOR)
        assert (await deck.until_closed()).state is OperationState.DONE
        seen = await deck.until_told(queue)
    assert await deck.site() is None
    assert fake.called("delete") == 1
    [told] = [change for change in seen if isinstance(change, Announcement)]
    assert told.toast.text == f"{SHOP} deleted"
    assert told.toast.can_recreate
    assert deck.results() == [("delete", "done")]


async def test_a_missing_site_that_is_answered_with_403_counts_as_deleted(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", Trouble.TIMEOUT_AFTER)
    with pytest.raises(OutcomeUnknown):
        await deck.maker.delete(known_site(), ACTOR)
    fake.trouble("get", *[Trouble.PLAN_LIMIT] * 20)
    assert (await deck.until_closed()).state is OperationState.DONE


@pytest.mark.parametrize("trouble", NOT_DONE, ids=str)
async def test_a_deletion_that_did_not_happen_is_not_repeated(
    deck: Deck, fake: FakePythonAnywhere, trouble: Trouble
) -> None:
    fake.trouble("delete", trouble)
    with pytest.raises(OutcomeUnknown):
        await deck.maker.delete(known_site(), ACTOR)
    assert (await deck.until_closed()).state is OperationState.FAILED
    assert fake.called("delete") == 1
    assert await deck.site() is not None
    words = "The site was not deleted. Deleting it once more switches it off first."
    assert deck.results() == [("delete", f"failed: {words}")]


async def test_a_deletion_that_failed_switches_the_site_off_when_it_is_tried_again(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", Trouble.TIMEOUT_BEFORE)
    with pytest.raises(OutcomeUnknown):
        await deck.maker.delete(known_site(), ACTOR)
    await deck.until_closed()
    assert fake.called("patch") == 0
    await deck.maker.delete(known_site(), ACTOR)
    assert SHOP not in fake.websites
    assert [call.name for call in fake.calls if call.name in ("patch", "delete")] == [
        "delete",
        "patch",
        "delete",
    ]


async def test_a_site_that_was_switched_off_to_be_deleted_and_was_not_is_said_to_be_off(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", *[Trouble.TIMEOUT_BEFORE] * 2)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await deck.maker.delete(known_site(), ACTOR)
        await deck.until_closed()
    assert "It is switched off now." in deck.operation().reason
    assert not fake.websites[SHOP]["enabled"]


async def test_a_site_whose_second_deletion_is_refused_goes_on(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", *[Trouble.PLAN_LIMIT] * 2)
    for _ in range(2):
        with pytest.raises(HostRefused):
            await deck.maker.delete(known_site(), ACTOR)
    assert fake.called("patch") == 2
    assert fake.websites[SHOP]["enabled"]


@pytest.mark.parametrize("trouble", DONE, ids=str)
async def test_a_creation_that_happened_is_found(
    deck: Deck, fake: FakePythonAnywhere, trouble: Trouble
) -> None:
    fake.websites.clear()
    fake.trouble("create", trouble)
    with pytest.raises(OutcomeUnknown):
        await deck.maker.create(REMOTE.id, SHOP, NEW, "", ACTOR)
    assert (await deck.until_closed()).state is OperationState.DONE
    site = await deck.site()
    assert site is not None and site.command == NEW
    assert fake.called("create") == 1


@pytest.mark.parametrize("trouble", NOT_DONE, ids=str)
async def test_a_creation_that_did_not_happen_is_not_repeated(
    deck: Deck, fake: FakePythonAnywhere, trouble: Trouble
) -> None:
    fake.websites.clear()
    fake.trouble("create", trouble)
    with pytest.raises(OutcomeUnknown):
        await deck.maker.create(REMOTE.id, SHOP, NEW, "", ACTOR)
    assert (await deck.until_closed()).state is OperationState.FAILED
    assert fake.called("create") == 1
    assert deck.results() == [("create", "failed: The site was not created.")]


@pytest.mark.parametrize(
    ("trouble", "lags"),
    [*((trouble, 0) for trouble in (*DONE, *NOT_DONE)), (Trouble.HANG_AFTER, 3)],
    ids=str,
)
async def test_a_switch_whose_answer_was_lost_is_looked_up(
    deck: Deck, fake: FakePythonAnywhere, trouble: Trouble, lags: int
) -> None:
    fake.late.reads = lags
    fake.trouble("patch", trouble)
    with pytest.raises(OutcomeUnknown):
        await run(deck, SiteAction.DISABLE)
    operation = await deck.until_closed()
    wanted = OperationState.DONE if trouble.is_after else OperationState.FAILED
    assert operation.state is wanted
    assert fake.called("patch") == 1
    site = await deck.site()
    assert site is not None
    assert site.enabled == fake.websites[SHOP]["enabled"] == (not trouble.is_after)


@pytest.mark.parametrize(
    ("action", "trouble", "begun"),
    [
        (SiteAction.DISABLE, Trouble.TIMEOUT_BEFORE, []),
        (SiteAction.DISABLE, Trouble.TIMEOUT_AFTER, []),
        (SiteAction.ENABLE, Trouble.TIMEOUT_BEFORE, []),
        (SiteAction.ENABLE, Trouble.TIMEOUT_AFTER, [SiteAction.ENABLE]),
    ],
)
async def test_only_a_site_that_was_switched_on_is_told_to_start(
    deck: Deck,
    fake: FakePythonAnywhere,
    action: SiteAction,
    trouble: Trouble,
    begun: list[SiteAction],
) -> None:
    if action is SiteAction.ENABLE:
        await deck.client.set_enabled(SHOP, False)
    fake.trouble("patch", trouble)
    with pytest.raises(OutcomeUnknown):
        await run(deck, action)
    end = OperationState.DONE if trouble.is_after else OperationState.FAILED
    assert (await deck.until_closed()).state is end
    assert deck.begun == begun


async def test_a_site_that_was_made_disabled_is_enabled(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.websites.clear()
    fake.trouble("create", Trouble.MADE_DISABLED)
    await deck.maker.create(REMOTE.id, SHOP, NEW, "", ACTOR)
    assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["enabled"]


async def test_a_site_that_was_made_without_its_command_is_said_to_be_so(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.websites.clear()
    fake.trouble("create", Trouble.MADE_WITHOUT_COMMAND)
    await deck.maker.create(REMOTE.id, SHOP, NEW, "", ACTOR)
    operation = await deck.until_closed()
    assert operation.state is OperationState.FAILED
    assert "without its command" in operation.reason


async def test_a_second_click_on_a_reload_that_is_on_its_way_reloads_no_second_time(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.holds["POST"] = threading.Event()
    first = asyncio.create_task(run(deck, SiteAction.RELOAD))

    async def has_arrived() -> bool:
        return fake.called("reload") == 1

    await until(has_arrived)
    with pytest.raises(SiteBusy, match="reloaded already"):
        await run(deck, SiteAction.RELOAD)
    fake.holds["POST"].set()
    await first
    assert fake.called("reload") == 1
    await run(deck, SiteAction.RELOAD)
    assert fake.called("reload") == 2


@pytest.mark.parametrize("action", [SiteAction.ENABLE, SiteAction.DISABLE])
async def test_an_answer_that_shows_no_change_is_not_believed_either_way(
    deck: Deck, fake: FakePythonAnywhere, action: SiteAction
) -> None:
    was_enabled = action is SiteAction.DISABLE
    fake.websites[SHOP]["enabled"] = was_enabled
    await deck.known.save(known_site(enabled=was_enabled))
    fake.trouble("patch", Trouble.IGNORED)
    state = "enabled" if was_enabled else "disabled"
    with pytest.raises(OutcomeUnknown, match=f"says that the site is still {state}"):
        await run(deck, action)
    operation = await deck.until_closed()
    assert operation.state is OperationState.FAILED
    assert operation.reason == f"It is still {state}."
    site = await deck.site()
    assert site is not None and site.enabled == was_enabled


async def test_a_reload_by_off_and_on_ends_on_though_an_answer_shows_what_was_before(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("reload", Trouble.NOT_FOUND)
    fake.trouble("patch", Trouble.STALE)
    with pytest.raises(SwitchedOff):
        await run(deck, SiteAction.RELOAD)
    assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["enabled"]


async def test_a_site_that_cannot_be_switched_on_again_after_a_refused_deletion_is_said_to_be_off(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", *[Trouble.PLAN_LIMIT] * 2)
    fake.meddle["patch"] = lambda: fake.trouble("patch", Trouble.RESET_BEFORE)
    with pytest.raises(HostRefused):
        await deck.maker.delete(known_site(), ACTOR)
    with pytest.raises(OutcomeUnknown):
        await deck.maker.delete(known_site(), ACTOR)
    assert not fake.websites[SHOP]["enabled"]
    assert "switched off" in (await deck.until_closed()).reason


async def test_a_site_is_switched_on_again_until_the_answer_shows_it(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("reload", Trouble.NOT_FOUND)
    fake.meddle["patch"] = lambda: fake.trouble("patch", *[Trouble.IGNORED] * 2)
    with pytest.raises(SwitchedOff):
        await run(deck, SiteAction.RELOAD)
    assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["enabled"]


async def test_a_refusal_closes_the_operation_at_once(deck: Deck, fake: FakePythonAnywhere) -> None:
    fake.trouble("patch", Trouble.PLAN_LIMIT)
    with pytest.raises(HostRefused):
        await run(deck, SiteAction.DISABLE)
    assert deck.operations.open() == []
    site = await deck.site()
    assert site is not None and site.enabled


async def test_a_call_that_was_never_sent_is_not_looked_for(database: Database) -> None:
    async with working(database, "http://127.0.0.1:9") as deck:
        await deck.known.save(known_site())
        with pytest.raises(NotSent, match="Nothing answers"):
            await run(deck, SiteAction.DISABLE)
        assert deck.operations.open() == []


async def test_a_newer_click_takes_the_place_of_a_switch_that_is_looked_up(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("patch", Trouble.TIMEOUT_BEFORE)
    with pytest.raises(OutcomeUnknown):
        await run(deck, SiteAction.DISABLE)
    first = deck.operation()
    with deck.changes.subscribe() as queue:
        await run(deck, SiteAction.DISABLE)
        assert OperationsChanged(()) in await deck.until_told(queue)
    assert deck.operation().id != first.id
    [(action, result), last] = deck.results()
    assert action == "disable" and result.startswith("unclear: What came of it was not known")
    assert last == ("disable", "done")
    assert deck.operations.open() == []
    assert not fake.websites[SHOP]["enabled"]


async def test_a_crash_before_the_answer_is_settled_by_the_next_start(
    fake: FakePythonAnywhere, database: Database
) -> None:
    async with working(database, fake.address) as deck:
        await deck.journal.begin(REMOTE, SHOP, OperationKind.DELETE, ACTOR, old=None, due_in=60.0)
    del fake.websites[SHOP]
    async with working(database, fake.address) as deck:
        assert (await deck.until_closed()).state is OperationState.DONE


async def test_a_deleted_site_can_be_made_again_with_its_certificate(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    await deck.maker.delete(known_site(), ACTOR)
    [operation] = deck.operations.recreatable().values()
    assert operation.old is not None
    assert (operation.old.command, operation.old.certificate) == (OLD, "letsencrypt-auto-renew")
    await deck.maker.recreate(REMOTE.id, operation.old, ACTOR)
    assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["webapp"]["command"] == OLD
    assert fake.certificates[SHOP]["cert_type"] == "letsencrypt-auto-renew"
    assert deck.operations.recreatable() == {}


async def test_what_a_recreated_site_lacks_is_said(deck: Deck, fake: FakePythonAnywhere) -> None:
    more = {"domain_name": "www.example.org", "enabled": True}
    fake.websites[SHOP]["webapp"]["domains"].append(more)
    deleted = await deck.maker.delete(known_site(), ACTOR)
    assert deleted.old is not None
    for wanted in (deleted.old, replace(deleted.old, certificate="")):
        assert "www.example.org" in await deck.maker.recreate(REMOTE.id, wanted, ACTOR)
        assert "added again: www.example.org" in (await deck.until_closed()).reason
        del fake.websites[SHOP]


async def test_a_site_without_a_readable_certificate_can_be_deleted(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.faults["certificates"] = Fault.GARBAGE
    deleted = await deck.maker.delete(known_site(), ACTOR)
    assert deleted.state is OperationState.DONE and SHOP not in fake.websites
    assert deck.results() == [("delete", "done: Which certificate it had is not known.")]
    assert deleted.old is not None
    fake.faults.clear()
    await deck.maker.recreate(REMOTE.id, deleted.old, ACTOR)
    assert "not known; check it" in (await deck.until_closed()).reason


@pytest.mark.parametrize("is_gone", [True, False])
async def test_a_site_that_is_gone_already_is_forgotten_without_a_call(
    deck: Deck, fake: FakePythonAnywhere, is_gone: bool
) -> None:
    del fake.websites[SHOP]
    fake.trouble("get", *[Trouble.PLAN_LIMIT] * 2)
    await deck.maker.delete(replace(known_site(), is_gone=is_gone), ACTOR)
    assert await deck.site() is None
    assert fake.called("delete") == 0
    words = "Its host did not have it any more; it was only removed from the list."
    assert deck.results() == [("delete", f"done: {words}")]


async def test_a_site_that_does_not_show_yet_is_deleted_all_the_same(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("get", Trouble.NOT_FOUND)
    await deck.maker.delete(known_site(), ACTOR)
    assert SHOP not in fake.websites


async def test_a_site_that_the_list_shows_is_not_taken_for_gone(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("get", *[Trouble.NOT_FOUND] * 2)
    await deck.maker.delete(known_site(), ACTOR)
    assert fake.called("delete") == 1
    assert SHOP not in fake.websites


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_deletion_that_finds_no_site_is_looked_up(
    deck: Deck, fake: FakePythonAnywhere, is_there: bool
) -> None:
    fake.trouble("delete", Trouble.NOT_FOUND)
    if not is_there:
        fake.meddle["certificate"] = fake.websites.clear
    with pytest.raises(OutcomeUnknown):
        await deck.maker.delete(known_site(), ACTOR)
    end = OperationState.FAILED if is_there else OperationState.DONE
    assert (await deck.until_closed()).state is end
    assert (await deck.site() is not None) == is_there


async def test_nothing_is_done_to_a_site_of_which_the_host_contradicts_itself(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("get", *[Trouble.NOT_FOUND] * 100)
    with pytest.raises(NotSent, match="now this and now that"):
        await deck.maker.delete(known_site(), ACTOR)
    assert fake.called("delete") == 0
    assert await deck.site() is not None


async def test_where_a_reload_is_unknown_the_site_is_switched_off_and_on(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("reload", Trouble.NOT_FOUND)
    await run(deck, SiteAction.RELOAD)
    assert fake.websites[SHOP]["enabled"]
    assert [call.name for call in fake.calls][-2:] == ["patch", "patch"]
    assert deck.results() == [("reload", "done")]


@pytest.mark.parametrize(
    "troubles",
    [
        [Trouble.TIMEOUT_AFTER, Trouble.RESET_BEFORE, Trouble.ERROR_BEFORE],
        [Trouble.HANG_AFTER, *[Trouble.RESET_BEFORE] * 3, Trouble.PLAN_LIMIT],
        [Trouble.RESET_BEFORE],
        [Trouble.ERROR_AFTER, Trouble.HANG_BEFORE],
    ],
)
@pytest.mark.parametrize("lags", [0, 2])
async def test_a_site_switched_off_for_its_reload_is_switched_on_whatever_it_takes(
    deck: Deck, fake: FakePythonAnywhere, troubles: list[Trouble], lags: int
) -> None:
    fake.late.reads = lags
    fake.trouble("reload", Trouble.NOT_FOUND)
    fake.trouble("patch", *troubles)
    with pytest.raises(SwitchedOff, match="is being switched on again"):
        await run(deck, SiteAction.RELOAD)
    assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["enabled"]
    assert deck.results() == [("reload", "done")]
    assert deck.begun == [SiteAction.RELOAD]


async def test_a_reload_that_somebody_else_has_overtaken_is_not_waited_for(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("reload", Trouble.NOT_FOUND)
    fake.trouble("patch", Trouble.TIMEOUT_AFTER)
    fake.meddle["patch"] = lambda: fake.add_site(SHOP, NEW)
    with pytest.raises(SwitchedOff):
        await run(deck, SiteAction.RELOAD)
    assert (await deck.until_closed()).state is OperationState.ABORTED
    assert deck.begun == [None]


async def test_a_site_that_may_not_be_switched_on_yet_is_shown_so_until_it_is(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("reload", Trouble.NOT_FOUND)
    fake.meddle["patch"] = lambda: fake.trouble("patch", *[Trouble.THROTTLED] * 3)
    with pytest.raises(SwitchedOff, match="too many calls"):
        await run(deck, SiteAction.RELOAD)

    async def is_shown() -> bool:
        site = await deck.site()
        return site is not None and "being switched on again" in site.reason

    await until(is_shown)
    assert (await deck.until_closed()).state is OperationState.DONE
    site = await deck.site()
    assert site is not None and site.enabled and site.reason == ""
    assert fake.websites[SHOP]["enabled"]


async def test_a_lost_reload_of_a_local_site_is_left_to_what_its_host_tells(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    Accounts(deck.database).ensure_local()
    deck.clients[LOCAL_ID] = deck.client
    site = replace(known_site(), account_id=LOCAL_ID)
    await deck.known.save(site)
    fake.trouble("reload", Trouble.RESET_AFTER)
    with deck.changes.subscribe() as queue:
        with pytest.raises(OutcomeUnknown, match="When it was started tells"):
            await deck.actions.run(SiteAction.RELOAD, site, ACTOR)
        told = [queue.get_nowait() for _ in range(queue.qsize())]
    assert await deck.known.get(*site.key) == site, "it is not waited for"
    assert not [change for change in told if isinstance(change, Announcement)]
    [(action, result)] = deck.results()
    assert (action, result.partition(". ")[0]) == ("reload", "unclear: the answer was lost")


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_crash_between_off_and_on_is_ended_by_the_next_start(
    fake: FakePythonAnywhere, database: Database, enabled: bool
) -> None:
    async with working(database, fake.address) as deck:
        kind, state = OperationKind.RELOAD, OperationState.SWITCHING_ON
        spec = (await deck.client.describe_site(SHOP))[1]
        await deck.log.begin(deck.client, SHOP, kind, ACTOR, state=state, old=spec, new=spec)
    fake.websites[SHOP]["enabled"] = enabled
    async with working(database, fake.address) as deck:
        assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["enabled"]
    assert fake.called("patch") == 1


async def test_a_site_whose_switch_is_refused_at_once_was_not_touched(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("reload", Trouble.NOT_FOUND)
    fake.trouble("patch", Trouble.PLAN_LIMIT)
    with pytest.raises(HostRefused):
        await run(deck, SiteAction.RELOAD)
    assert deck.operation().state is OperationState.FAILED
    [(action, result)] = deck.results()
    assert action == "reload" and result.startswith("failed: ")


async def test_a_row_does_not_go_on_waiting_after_an_unexpected_error(
    deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(domain_name: str) -> None:
        raise RuntimeError("the client is broken")

    monkeypatch.setattr(deck.client, "reload_site", broken)
    with pytest.raises(RuntimeError):
        await run(deck, SiteAction.RELOAD)
    site = await deck.site()
    assert site is not None and site.status is SiteStatus.RUNNING


async def test_the_reload_of_a_site_that_is_gone_switches_nothing(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    del fake.websites[SHOP]
    with pytest.raises(HostRefused):
        await run(deck, SiteAction.RELOAD)
    assert fake.called("patch") == 0
