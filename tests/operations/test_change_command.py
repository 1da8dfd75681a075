"""A change of command at PythonAnywhere: deleted, created anew, or put back as it was."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.errors import HostThrottled, InvalidInput, NotSent, SiteBusy
from app.hosting.budget import CALLS, KEPT_FOR_PEOPLE
from app.hosting.changes import AccountChanged, AccountSeen, Announcement, OperationsChanged
from app.hosting.client import Deadlines, HostingClient
from app.hosting.operations.steps import MAX_CREATIONS, MAX_DELETIONS, Pace
from app.models import CERTIFICATE_NOT_KNOWN, OperationState, SiteStatus
from app.store.database import Database
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere
from tests.fakes.troubles import Stop, Trouble
from tests.hosting.conftest import REMOTE, until
from tests.operations.kit import (
    ACTOR,
    DEADLINES,
    NEW,
    OLD,
    PACE,
    SHOP,
    Deck,
    known_site,
    plan,
    working,
)

pytestmark = pytest.mark.anyio


async def change(deck: Deck, command: str = NEW) -> None:
    site = await deck.site()
    assert site is not None
    await deck.maker.change_command(site, command, ACTOR)


async def test_the_site_comes_back_with_its_new_command_and_all_it_had(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    await change(deck)
    operation = await deck.until_closed()
    assert operation.state is OperationState.DONE
    assert fake.websites[SHOP]["webapp"]["command"] == NEW
    assert fake.websites[SHOP]["enabled"]
    assert fake.certificates[SHOP]["cert_type"] == "letsencrypt-auto-renew"
    assert fake.called("reload") == 1
    assert operation.old is not None and operation.old.command == OLD
    assert operation.old.domains == (SHOP,)
    assert operation.old.certificate == "letsencrypt-auto-renew"
    assert len(operation.old.logs) == 3


async def test_the_time_without_the_site_is_recorded(deck: Deck) -> None:
    await change(deck)
    operation = await deck.until_closed()
    assert operation.without_seconds is not None and 0 < operation.without_seconds < 5
    [(action, result)] = deck.results()
    assert action == "change command"
    assert result == f"done: {operation.without_seconds:.1f} s without the site."


async def test_the_time_without_the_site_begins_with_the_call_that_deletes_it(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", Trouble.HANG_AFTER)
    await change(deck)
    operation = await deck.until_closed()
    assert operation.without_seconds is not None
    assert operation.without_seconds > DEADLINES.changing


async def test_it_is_written_down_before_the_first_call_that_changes_anything(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    stop = fake.stops["delete before"] = Stop()
    await change(deck)
    await asyncio.to_thread(stop.reached.wait, 10)
    operation = deck.operation()
    stop.go.set()
    assert operation.state is OperationState.DELETING
    assert operation.old is not None and operation.new is not None
    assert (operation.old.command, operation.new.command) == (OLD, NEW)
    await deck.until_closed()


async def test_a_disabled_site_comes_back_disabled(deck: Deck, fake: FakePythonAnywhere) -> None:
    fake.websites[SHOP]["enabled"] = False
    await deck.known.save(known_site(enabled=False))
    await change(deck)
    assert (await deck.until_closed()).state is OperationState.DONE
    assert not fake.websites[SHOP]["enabled"]
    assert fake.called("reload") == 0


@pytest.mark.parametrize("trouble", [Trouble.COMMAND_REFUSED, Trouble.PLAN_LIMIT], ids=str)
async def test_a_refused_command_puts_the_old_one_back(
    deck: Deck, fake: FakePythonAnywhere, trouble: Trouble
) -> None:
    fake.trouble("create", trouble)
    await change(deck)
    operation = await deck.until_closed()
    assert operation.state is OperationState.RESTORED
    assert fake.websites[SHOP]["webapp"]["command"] == OLD
    assert fake.certificates[SHOP]["cert_type"] == "letsencrypt-auto-renew"
    [(_, result)] = deck.results()
    assert result.startswith("failed: The host refused: ")
    assert "The old command is back." in result


async def test_an_old_command_that_is_refused_too_is_tried_until_it_is_back(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("create", *[Trouble.PLAN_LIMIT] * 3)
    await change(deck)
    assert (await deck.until_closed()).state is OperationState.RESTORED
    assert fake.websites[SHOP]["webapp"]["command"] == OLD


async def test_a_new_command_that_is_never_made_is_given_up_for_the_old_one(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("create", *[Trouble.ERROR_BEFORE] * MAX_CREATIONS)
    await change(deck)
    operation = await deck.until_closed()
    assert operation.state is OperationState.RESTORED
    assert fake.websites[SHOP]["webapp"]["command"] == OLD
    [(_, result)] = deck.results()
    assert "did not create the site with the new command" in result


async def test_an_old_command_that_is_never_made_is_tried_on_and_on(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("create", *[Trouble.ERROR_BEFORE] * (3 * MAX_CREATIONS))
    await change(deck)
    assert (await deck.until_closed()).state is OperationState.RESTORED
    assert fake.websites[SHOP]["webapp"]["command"] == OLD


async def test_tries_for_a_domain_that_stays_taken_do_not_count_as_failures(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.reserved_seconds = 3600
    await change(deck)

    async def is_tried_often() -> bool:
        return fake.called("create") > MAX_CREATIONS

    await until(is_tried_often)
    fake.reserved.clear()
    assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["webapp"]["command"] == NEW


async def test_a_deletion_that_was_never_sent_does_not_count(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", *[Trouble.THROTTLED] * MAX_DELETIONS)
    await change(deck)
    assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.called("patch") == 0, "nothing was lost, so it is not switched off first"


async def test_a_lost_answer_is_looked_for_from_when_the_call_ended(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.late.seconds = DEADLINES.changing + 0.8 * PACE.lag
    fake.trouble("delete", Trouble.HANG_AFTER)
    await change(deck)
    await deck.until_state(OperationState.CREATING)
    assert fake.called("delete") == 1
    fake.late.seconds = 0.0
    assert (await deck.until_closed()).state is OperationState.DONE


async def test_a_domain_that_stays_taken_is_waited_for_and_said(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.reserved_seconds = 0.8
    await change(deck)

    async def is_said() -> bool:
        return "still keeps the domain" in deck.operation().note

    await until(is_said)
    assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["webapp"]["command"] == NEW


async def test_a_domain_that_stays_taken_for_a_day_is_given_up(
    database: Database, fake: FakePythonAnywhere
) -> None:
    fake.reserved_seconds = 3600
    pace = replace(PACE, reserved=0.3, rare=0.1, given_up=0.6)
    async with working(database, fake.address, pace) as deck:
        await deck.known.save(known_site())
        await change(deck)
        operation = await deck.until_closed()
        tries = fake.called("create")
        site = await deck.site()
        assert site is not None and site.is_gone and site.command == OLD
        assert deck.operations.recreatable().keys() == {operation.key}
    assert operation.state is OperationState.FAILED and operation.is_stopped_change
    assert "for a day" in operation.reason
    assert operation.old is not None and operation.old.command == OLD
    assert tries > 1 and fake.called("create") == tries
    [(_, result)] = deck.results()
    assert result == f"failed: {operation.reason}"


async def test_a_domain_that_is_free_when_the_host_answers_after_days_is_taken_again(
    database: Database, fake: FakePythonAnywhere
) -> None:
    pace = replace(PACE, reserved=0.1, given_up=0.2)
    fake.trouble("create", *[Trouble.THROTTLED] * 3)
    async with working(database, fake.address, pace) as deck:
        await deck.known.save(known_site())
        await change(deck)
        assert (await deck.until_closed()).state is OperationState.DONE


async def test_a_site_that_somebody_else_changed_is_left_alone(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    fake.websites[SHOP]["webapp"]["command"] = "/home/alice/other"
    async with working(database, fake.address) as deck:
        operation = await deck.until_closed()
    assert operation.state is OperationState.ABORTED
    assert fake.called("delete") == 0
    assert operation.old is not None and operation.new is not None
    assert "Somebody else" in operation.reason


async def test_one_stray_404_is_not_taken_for_a_site_that_is_gone(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    fake.trouble("get", Trouble.NOT_FOUND)
    async with working(database, fake.address) as deck:
        assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.called("delete") == 1


async def test_one_stray_404_before_a_change_does_not_make_the_site_gone(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("get", Trouble.NOT_FOUND)
    await change(deck)
    assert (await deck.until_closed()).state is OperationState.DONE
    site = await deck.site()
    assert site is not None and not site.is_gone and site.command == NEW


async def test_of_a_site_that_is_gone_another_list_is_asked_for(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    del fake.websites[SHOP]
    with pytest.raises(NotSent, match="does not know this site any more"):
        await change(deck)
    site = await deck.site()
    assert site is not None and site.is_gone
    assert deck.refreshed == [REMOTE.id]


async def test_a_403_is_only_taken_for_a_site_that_is_gone_if_the_list_says_so(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    fake.trouble("get", Trouble.PLAN_LIMIT)
    async with working(database, fake.address) as deck:
        assert (await deck.until_closed()).state is OperationState.DONE


async def test_a_deletion_that_goes_on_being_lost_disables_the_site_first(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", Trouble.TIMEOUT_BEFORE)
    await change(deck)
    assert (await deck.until_closed()).state is OperationState.DONE
    names = [call.name for call in fake.calls if call.name in ("delete", "patch")]
    assert names[:3] == ["delete", "patch", "delete"]
    assert fake.websites[SHOP]["enabled"]


async def test_a_deletion_that_never_works_is_given_up_and_the_site_goes_on(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", *[Trouble.TIMEOUT_BEFORE] * 20)
    await change(deck)
    operation = await deck.until_closed()
    assert operation.state is OperationState.RESTORED
    assert "did not delete" in operation.reason
    assert fake.websites[SHOP]["webapp"]["command"] == OLD
    assert fake.websites[SHOP]["enabled"]


async def test_a_site_made_by_somebody_else_meanwhile_is_left_alone(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.meddle["delete"] = lambda: fake.add_site(SHOP, "/home/alice/other")
    await change(deck)
    assert (await deck.until_closed()).state is OperationState.ABORTED
    assert fake.websites[SHOP]["webapp"]["command"] == "/home/alice/other"
    assert fake.called("delete") == 1


async def test_nothing_is_done_while_the_host_cannot_be_asked(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    fake.fail(Fault.HTML_502)
    async with working(database, fake.address) as deck:

        async def has_looked_twice() -> bool:
            return fake.called("get") >= 2

        await until(has_looked_twice)
        assert deck.operation().state is OperationState.PLANNED
        assert "cannot be asked" in deck.operation().note
        fake.fail(None)
        assert (await deck.until_closed()).state is OperationState.DONE


async def test_a_host_that_is_heard_of_again_is_asked_at_once(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    fake.fail(Fault.HTML_502)
    never = replace(PACE, look_again=600, longest=600, unanswered=600)
    async with working(database, fake.address, never) as deck:

        async def is_waiting() -> bool:
            return "cannot be asked" in deck.operation().note

        await until(is_waiting)
        assert fake.called("get") == 1
        deck.changes.publish(AccountSeen(REMOTE.id, datetime.now(UTC)))

        async def has_looked_again() -> bool:
            return fake.called("get") == 2

        await until(has_looked_again)


async def test_a_host_that_cannot_be_asked_is_never_left_alone_for_long(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    fake.fail(Fault.HTML_502)
    async with working(database, fake.address, replace(PACE, look_again=600, longest=600)) as deck:

        async def has_looked_often() -> bool:
            return fake.called("get") >= 3

        await until(has_looked_often)
        assert deck.operation().state is OperationState.PLANNED
    assert Deadlines().reading + Pace().unanswered < 30


async def test_a_refused_token_waits_until_somebody_acts(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    fake.token = "f" * 40
    async with working(database, fake.address) as deck:

        async def is_waiting() -> bool:
            return deck.operation().next_at is None

        await until(is_waiting)
        calls = len(fake.calls)
        deck.worker.wake()
        await asyncio.sleep(0.2)
        assert len(fake.calls) == calls
        assert "token" in deck.operation().note
        with deck.changes.subscribe() as queue:
            # As the list says, which was refused as well.
            deck.changes.publish(AccountChanged(REMOTE.id))
            while not isinstance(await asyncio.wait_for(queue.get(), 10), OperationsChanged):
                pass
        assert len(fake.calls) == calls
        assert "token" in deck.operation().note
        fake.token = TOKEN
        deck.client.resume()
        deck.changes.publish(AccountChanged(REMOTE.id))
        assert (await deck.until_closed()).state is OperationState.DONE


async def test_a_person_can_try_again_at_once(database: Database, fake: FakePythonAnywhere) -> None:
    operation = plan(database)
    fake.token = "f" * 40
    async with working(database, fake.address) as deck:

        async def is_waiting() -> bool:
            return deck.operation().next_at is None

        await until(is_waiting)
        fake.token = TOKEN
        assert await deck.worker.retry(operation.id)
        assert (await deck.until_closed()).state is OperationState.DONE
        assert not await deck.worker.retry(operation.id)


async def test_a_person_can_stop_it(deck: Deck, fake: FakePythonAnywhere) -> None:
    stop = fake.stops["delete before"] = Stop()
    await change(deck)
    await asyncio.to_thread(stop.reached.wait, 10)
    assert await deck.worker.stop(deck.operation().id, "eve")
    stop.go.set()
    operation = await deck.until_closed()
    assert operation.state is OperationState.ABORTED
    assert deck.results() == [("change command", "failed: Stopped by eve.")]

    async def is_gone() -> bool:
        return SHOP not in fake.websites

    await until(is_gone)
    # As many looks as a running operation would take to go on.
    await asyncio.sleep(0.3)
    assert fake.called("create") == 0


async def test_a_change_that_is_stopped_while_the_site_is_away_says_so_and_shows_it_gone(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.reserved_seconds = 60.0
    await change(deck)

    async def is_away() -> bool:
        return deck.operation().is_away

    await until(is_away)
    stopped = await deck.worker.stop(deck.operation().id, "eve")
    assert stopped is not None
    assert stopped.reason == (
        "Stopped by eve. The site is deleted at the moment; recreate it on its page."
    )
    site = await deck.site()
    assert site is not None and site.is_gone


async def test_another_cname_target_is_told(deck: Deck, fake: FakePythonAnywhere) -> None:
    before = (await deck.client.describe_site(SHOP))[0].cname
    fake.add_site("blog.example.org")
    await change(deck)
    operation = await deck.until_closed()
    site = await deck.site()
    assert site is not None and site.cname not in ("", before)
    assert f"change it from {before} to {site.cname}." in operation.reason


async def test_a_change_that_is_stopped_after_the_site_was_switched_off_says_so(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", *[Trouble.TIMEOUT_BEFORE] * 9)
    await change(deck)

    async def is_tried_again() -> bool:
        return fake.called("delete") == 2

    await until(is_tried_again)
    assert await deck.worker.stop(deck.operation().id, "eve")
    operation = await deck.until_closed()
    assert operation.state is OperationState.ABORTED
    assert not fake.websites[SHOP]["enabled"]
    assert operation.reason.startswith("Stopped by eve. ")
    assert "may be switched off now" in operation.reason


async def test_a_site_that_was_switched_off_for_a_call_that_was_not_sent_is_said_to_be_off(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", Trouble.TIMEOUT_BEFORE, *[Trouble.THROTTLED] * 99)
    await change(deck)

    async def is_held_up() -> bool:
        return fake.called("patch") > 0 and "did not take the call" in deck.operation().note

    await until(is_held_up)
    assert await deck.worker.stop(deck.operation().id, "eve")
    assert "may be switched off now" in (await deck.until_closed()).reason


async def test_a_site_that_is_left_to_somebody_else_is_said_to_be_switched_off(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("delete", *[Trouble.TIMEOUT_BEFORE] * 9)

    def change_it() -> None:
        fake.websites[SHOP]["webapp"]["command"] = "/home/alice/other"

    fake.meddle["patch"] = change_it
    await change(deck)
    operation = await deck.until_closed()
    assert operation.state is OperationState.ABORTED
    assert not fake.websites[SHOP]["enabled"]
    assert operation.reason.endswith("changed the site meanwhile. It is switched off now.")


async def test_the_row_says_what_is_being_done_whatever_the_list_says(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    stop = fake.stops["create before"] = Stop()
    await change(deck)
    await asyncio.to_thread(stop.reached.wait, 10)
    await deck.known.save_list(REMOTE.id, await deck.client.list_sites())
    site = await deck.site()
    stop.go.set()
    assert site is not None
    assert site.status is SiteStatus.STARTING
    assert "created with its new command" in site.reason
    await deck.until_closed()
    site = await deck.site()
    assert site is not None and site.command == NEW and site.reason == ""


async def test_every_step_and_the_end_are_told_to_the_pages(deck: Deck) -> None:
    with deck.changes.subscribe() as queue:
        await change(deck)
        seen = await deck.until_told(queue)
    states = {
        change.operations[0].state
        for change in seen
        if isinstance(change, OperationsChanged) and change.operations
    }
    assert {OperationState.DELETING, OperationState.CREATING, OperationState.FINISHING} <= states
    [told] = [change for change in seen if isinstance(change, Announcement)]
    assert told.session_id == ACTOR.session_id
    assert told.toast.text == f"{SHOP} has its new command"
    assert "without the site" in told.toast.detail


async def test_a_command_that_cannot_work_is_refused_before_anything_is_done(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    for command in ("", "uvicorn main:app", OLD):
        with pytest.raises(InvalidInput) as caught:
            await change(deck, command)
        assert caught.value.field == "command"
    assert fake.called("delete") == 0
    assert deck.operations.open() == []


async def test_a_command_that_was_changed_elsewhere_is_not_overwritten(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.websites[SHOP]["webapp"]["command"] = "/home/alice/other"
    with pytest.raises(InvalidInput, match="/home/alice/other"):
        await change(deck)
    assert fake.called("delete") == 0


async def test_it_does_not_begin_while_the_host_cannot_be_read(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("get", Trouble.TIMEOUT_BEFORE)
    with pytest.raises(NotSent):
        await change(deck)
    fake.trouble("certificate", Trouble.THROTTLED)
    with pytest.raises(HostThrottled):
        await change(deck)
    assert deck.operations.open() == []


async def test_one_lost_answer_about_the_certificate_is_asked_for_again(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("certificate", Trouble.TIMEOUT_BEFORE)
    await change(deck)
    await deck.until_closed()
    assert fake.certificates[SHOP]["cert_type"] == "letsencrypt-auto-renew"


async def test_a_certificate_that_cannot_be_read_is_said_and_holds_up_nothing(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.faults["certificates"] = Fault.GARBAGE
    await change(deck)
    operation = await deck.until_closed()
    assert operation.state is OperationState.DONE
    assert "certificate of its own is not known" in operation.reason
    assert fake.called("reload") == 1


async def test_a_certificate_that_the_host_refuses_to_tell_of_is_not_taken_for_none(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("certificate", Trouble.PLAN_LIMIT)
    await change(deck)
    operation = await deck.until_closed()
    assert operation.old is not None and operation.old.certificate == CERTIFICATE_NOT_KNOWN
    assert "certificate of its own is not known" in operation.reason


async def test_a_certificate_that_is_known_is_requested_whatever_is_refused_afterwards(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    fake.trouble("certificate", Trouble.PLAN_LIMIT)
    async with working(database, fake.address) as deck:
        operation = await deck.until_closed()
    assert (operation.state, operation.reason) == (OperationState.DONE, "")
    assert fake.certificates[SHOP]["cert_type"] == "letsencrypt-auto-renew"


async def test_below_the_hosts_own_domain_no_certificate_is_asked_for(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    own = "alice.pythonanywhere.com"
    fake.add_site(own, OLD)
    fake.trouble("certificate", Trouble.PLAN_LIMIT)
    deleted = await deck.maker.delete(replace(known_site(), domain_name=own), ACTOR)
    assert deleted.old is not None and deleted.old.certificate == ""
    assert fake.called("certificate") == 0


async def test_a_site_with_more_domains_is_not_recreated_without_them(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    more = {"domain_name": "www.example.org", "enabled": True}
    fake.websites[SHOP]["webapp"]["domains"].append(more)
    with pytest.raises(InvalidInput, match=r"also answers to www\.example\.org"):
        await change(deck)
    assert fake.called("delete") == 0
    assert deck.operations.open() == []


async def test_it_does_not_begin_without_calls_to_end_it(
    database: Database, fake: FakePythonAnywhere
) -> None:
    async with working(database, fake.address) as deck:
        site = known_site()
        client = HostingClient.remote(REMOTE, fake.address, lambda: TOKEN)
        for _ in range(CALLS - KEPT_FOR_PEOPLE - 6):
            await client.list_sites()
        deck.clients[REMOTE.id] = client
        with pytest.raises(HostThrottled, match="only 6 more calls"):
            await deck.maker.change_command(site, NEW, ACTOR)
        await client.close()
    assert fake.called("delete") == 0


async def test_an_operation_leaves_people_the_calls_that_are_kept_for_them(
    database: Database, fake: FakePythonAnywhere
) -> None:
    client = HostingClient.remote(REMOTE, fake.address, lambda: TOKEN)
    for _ in range(CALLS - KEPT_FOR_PEOPLE):
        await client.list_sites()
    async with working(database, fake.address) as deck:
        deck.clients[REMOTE.id] = client
        plan(database)
        deck.worker.wake()

        async def is_held_back() -> bool:
            return "has to wait" in deck.operation().note

        await until(is_held_back)
        assert fake.called("get") == 0
        await client.set_enabled(SHOP, True)
    await client.close()


async def test_only_one_operation_at_a_time_is_open_on_a_site(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    stop = fake.stops["delete before"] = Stop()
    await change(deck)
    await asyncio.to_thread(stop.reached.wait, 10)
    site = await deck.site()
    assert site is not None
    with pytest.raises(SiteBusy):
        await deck.maker.change_command(site, "/home/alice/third", ACTOR)
    with pytest.raises(SiteBusy):
        await deck.maker.delete(site, ACTOR)
    stop.go.set()
    assert (await deck.until_closed()).state is OperationState.DONE


async def test_an_account_of_the_same_name_but_somebody_elses_is_not_touched(
    database: Database, fake: FakePythonAnywhere
) -> None:
    plan(database)
    database.execute("UPDATE operations SET login = 'bob@'")
    async with working(database, fake.address) as deck:

        async def is_said() -> bool:
            return "not connected" in deck.operation().note

        await until(is_said)
    assert fake.calls == []


async def test_an_operation_of_a_removed_account_waits_and_holds_up_no_other(
    database: Database, fake: FakePythonAnywhere
) -> None:
    first = plan(database)
    database.execute("UPDATE operations SET account_id = 'removed', login = 'bob@us'")
    plan(database)
    async with working(database, fake.address) as deck:
        assert (await deck.until_closed()).state is OperationState.DONE
        [waiting] = deck.operations.open()
    assert waiting.id == first.id
    assert "not connected" in waiting.note


async def test_an_own_certificate_is_said_to_be_missing(
    deck: Deck, fake: FakePythonAnywhere
) -> None:
    fake.add_certificate(SHOP, "custom")
    await change(deck)
    operation = await deck.until_closed()
    assert operation.state is OperationState.DONE
    assert "uploaded again" in operation.reason
