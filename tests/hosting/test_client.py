"""What the client makes of everything that PythonAnywhere, or what stands before it, may answer."""

import asyncio
import logging
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from functools import partial

import pytest

from app.errors import (
    CallHeldBack,
    HostingError,
    HostRefused,
    HostThrottled,
    HostUnavailable,
    TokenRefused,
)
from app.hosting.bodies import MAX_ANSWER_BYTES
from app.hosting.breaker import FAILURES
from app.hosting.budget import Urgency
from app.hosting.governor import POLLS_AT_ONCE, Governor
from app.hosting.retries import Retries
from app.hosting.slices import MAX_FILE_BYTES
from app.models import Certificate, CpuUsage, Folder
from tests.fakes.faults import Fault, bomb
from tests.fakes.files import log_path
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere
from tests.hosting.conftest import SHORT, Clock, client_of, client_with, until
from tests.support import free_port

pytestmark = pytest.mark.anyio
DOMAIN = "alice.pythonanywhere.com"


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.value)
async def test_every_fault_is_an_error_in_plain_words(
    fake: FakePythonAnywhere, fault: Fault
) -> None:
    fake.add_site(DOMAIN)
    fake.fail(fault)
    async with client_of(fake.address, deadlines=SHORT) as client:
        for ask in (client.list_sites, partial(client.describe_site, DOMAIN), client.cpu):
            with pytest.raises(HostingError) as caught:
                await ask()
            assert str(caught.value).startswith(("The host", "Nothing answers", "Sitedeck"))
            assert "<" not in str(caught.value)


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.value)
async def test_no_fault_is_taken_for_the_bytes_of_a_log(
    fake: FakePythonAnywhere, fault: Fault
) -> None:
    fake.write_log(DOMAIN, b"a line\n")
    fake.fail(fault)
    async with client_of(fake.address, deadlines=SHORT) as client:
        with pytest.raises(HostingError):
            await client.read_file(log_path(DOMAIN))


async def test_a_hanging_api_costs_no_more_than_the_deadline(fake: FakePythonAnywhere) -> None:
    fake.fail(Fault.HANG)
    async with client_of(fake.address, deadlines=SHORT) as client:
        for call in (client.list_sites(), client.reload_site(DOMAIN)):
            started = time.monotonic()
            with pytest.raises(HostUnavailable, match="in time"):
                await call
            assert time.monotonic() - started < SHORT.changing + 1


async def test_a_body_that_drips_costs_no_more_than_the_deadline(fake: FakePythonAnywhere) -> None:
    fake.fail(Fault.DRIP)
    async with client_of(fake.address, deadlines=SHORT) as client:
        for call in (client.list_sites(), client.read_file(log_path(DOMAIN))):
            started = time.monotonic()
            with pytest.raises(HostUnavailable, match="in time"):
                await call
            assert time.monotonic() - started < SHORT.reading + 1


async def test_a_bomb_stays_packed(fake: FakePythonAnywhere) -> None:
    """It would be 256 MiB; what is held is the limit, and twice that while it grows."""
    bomb()
    fake.fail(Fault.BOMB)
    async with client_of(fake.address) as client:
        for call, limit in (
            (client.list_sites(), MAX_ANSWER_BYTES),
            (client.read_file(log_path(DOMAIN)), MAX_FILE_BYTES),
        ):
            tracemalloc.start()
            try:
                with pytest.raises(HostUnavailable, match="larger than"):
                    await call
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert peak < limit * 2.5 + 2**20


async def test_a_redirect_is_not_followed(fake: FakePythonAnywhere) -> None:
    fake.fail(Fault.REDIRECT)
    async with client_of(fake.address) as client:
        with pytest.raises(HostUnavailable, match="302"):
            await client.list_sites()
    assert len(fake.calls) == 1


async def test_nothing_at_the_address_is_said_so() -> None:
    async with client_of(f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(HostUnavailable, match="Nothing answers"):
            await client.list_sites()


async def test_a_refused_token_names_the_two_hosts_as_a_likely_cause(
    fake: FakePythonAnywhere,
) -> None:
    async with client_of(fake.address, "e" * 40) as client:
        with pytest.raises(TokenRefused, match=r"Invalid token\.") as caught:
            await client.list_sites()
    for host in ("www.pythonanywhere.com", "eu.pythonanywhere.com"):
        assert host in str(caught.value)


@pytest.mark.parametrize("urgency", [Urgency.WORK, Urgency.POLLING])
async def test_nothing_but_people_calls_with_a_refused_token_until_a_persons_call_succeeds(
    fake: FakePythonAnywhere, urgency: Urgency
) -> None:
    fake.token = "f" * 40
    async with client_of(fake.address) as client:
        for _ in range(3):
            with pytest.raises(TokenRefused):
                await client.list_sites(urgency)
        assert len(fake.calls) == 1
        fake.token = TOKEN
        assert await client.list_sites() == []
        assert await client.list_sites(urgency) == []


async def test_the_token_is_never_read_on_the_event_loop(fake: FakePythonAnywhere) -> None:
    readers = []

    def read_token() -> str:
        readers.append(threading.get_ident())
        return TOKEN

    async with client_with(fake, read_token) as client:
        await client.list_sites()
        fake.token = "f" * 40
        with pytest.raises(TokenRefused):
            await client.list_sites(Urgency.POLLING)
    assert len(readers) == 3
    assert threading.get_ident() not in readers


async def test_a_refusal_of_a_token_that_was_just_replaced_does_not_stop_polling(
    fake: FakePythonAnywhere,
) -> None:
    """The old token is read for comparison, and replaced before the comparison is made."""
    loop = asyncio.get_running_loop()
    old, new = "e" * 40, TOKEN
    reads: list[str] = []

    async def resume() -> None:
        client.resume()

    def read_token() -> str:
        reads.append(old if len(reads) < 2 else new)
        if len(reads) == 2:
            asyncio.run_coroutine_threadsafe(resume(), loop).result(10)
        return reads[-1]

    async with client_with(fake, read_token) as client:
        with pytest.raises(TokenRefused):
            await client.list_sites(Urgency.POLLING)
        assert await client.list_sites(Urgency.POLLING) == []


async def test_the_user_name_of_another_account_is_refused(fake: FakePythonAnywhere) -> None:
    async with client_of(fake.address, user="bob/../alice") as client:
        with pytest.raises(HostRefused) as caught:
            await client.list_sites()
    assert caught.value.status in (403, 404)
    async with client_of(fake.address, user="bob") as client:
        with pytest.raises(HostRefused, match="permission") as caught:
            await client.list_sites()
    assert caught.value.status == 403


@pytest.mark.parametrize(("status", "words"), [(403, "permission"), (400, "web app")])
async def test_a_domain_of_a_classic_web_app_is_refused(
    fake: FakePythonAnywhere, status: int, words: str
) -> None:
    fake.classic_domains.add(DOMAIN)
    fake.classic_status = status
    async with client_of(fake.address) as client:
        with pytest.raises(HostRefused, match=words) as caught:
            await client.create_site(DOMAIN, "/bin/serve", "")
    assert caught.value.status == status


async def test_a_deleted_log_file_is_gone(fake: FakePythonAnywhere) -> None:
    fake.write_log(DOMAIN, b"a line\n")
    async with client_of(fake.address) as client:
        await client.delete_file(log_path(DOMAIN))
        with pytest.raises(HostRefused, match="does not exist"):
            await client.delete_file(log_path(DOMAIN))
        assert await client.list_folder("/var/log") == Folder()


async def test_too_many_calls_stop_that_class_of_calls_only(fake: FakePythonAnywhere) -> None:
    fake.limit = 1
    async with client_of(fake.address) as client:
        await client.list_sites()
        with pytest.raises(HostThrottled, match=r"\d+ seconds") as caught:
            await client.list_sites()
        assert 50 < (caught.value.retry_seconds or 0) <= 60
        with pytest.raises(HostThrottled, match="Try again in"):
            await client.list_sites()
        assert await client.list_folder("/var/log") == Folder()
    assert fake.count("websites") == 2


async def test_a_certificate_is_asked_for_and_read(fake: FakePythonAnywhere) -> None:
    async with client_of(fake.address) as client:
        assert await client.certificate(DOMAIN) is None
        await client.request_certificate(DOMAIN)
        assert await client.certificate(DOMAIN) == Certificate(
            datetime(2030, 8, 24, 17, 16, 23, tzinfo=UTC),
            "Let's Encrypt",
            DOMAIN,
            (DOMAIN,),
            "letsencrypt-auto-renew",
        )
    assert [call.method for call in fake.calls] == ["GET", "POST", "GET"]


async def test_the_cpu_seconds_are_read(fake: FakePythonAnywhere) -> None:
    async with client_of(fake.address) as client:
        resets_at = datetime(2030, 1, 1, 3, 26, 37, tzinfo=UTC)
        assert await client.cpu() == CpuUsage(18.25, 2000, resets_at)


async def test_a_folder_tells_its_files_from_its_folders(fake: FakePythonAnywhere) -> None:
    fake.files.append("/home/alice/app/main.py", b"")
    fake.files.append("/home/alice/start.sh", b"")
    async with client_of(fake.address) as client:
        assert await client.list_folder("/home/alice/") == Folder(("start.sh",), ("app",))
        with pytest.raises(HostRefused, match="No such file") as caught:
            await client.list_folder("/home/alice/elsewhere")
    assert caught.value.status == 404


def quick_retries(pauses: list[float]) -> Retries:
    """Retries that note how long they would wait."""

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return Retries(sleep=sleep, uniform=lambda shortest, longest: (shortest + longest) / 2)


async def test_polling_is_tried_again_and_a_persons_call_is_not(fake: FakePythonAnywhere) -> None:
    fake.fail(Fault.HTML_502)
    pauses: list[float] = []
    async with client_of(fake.address, retries=quick_retries(pauses)) as client:
        with pytest.raises(HostUnavailable):
            await client.list_sites(Urgency.POLLING)
        assert len(fake.calls) == 3
        assert pauses == [4.25, 4.25]
        with pytest.raises(HostUnavailable):
            await client.list_sites()
        assert len(fake.calls) == 4


@pytest.mark.parametrize("fault", [Fault.HTML_502, Fault.RESET, Fault.EMPTY], ids=str)
async def test_a_change_is_never_made_twice(fake: FakePythonAnywhere, fault: Fault) -> None:
    fake.add_site(DOMAIN)
    fake.fail(fault)
    pauses: list[float] = []
    async with client_of(fake.address, retries=quick_retries(pauses)) as client:
        for call in (
            client.create_site(DOMAIN, "/bin/serve", ""),
            client.set_enabled(DOMAIN, False),
        ):
            with pytest.raises(HostUnavailable):
                await call
    assert [call.method for call in fake.calls] in (["POST", "PATCH"], [])
    assert pauses == []


@pytest.mark.parametrize("fault", [Fault.BOMB, Fault.ECHO, Fault.SILENT_429], ids=str)
async def test_an_answer_that_will_not_change_is_not_asked_for_again(
    fake: FakePythonAnywhere, fault: Fault
) -> None:
    fake.fail(fault)
    async with client_of(fake.address, retries=quick_retries([])) as client:
        with pytest.raises(HostingError):
            await client.list_sites(Urgency.POLLING)
    assert len(fake.calls) == 1


async def test_the_same_question_at_the_same_time_is_asked_once(fake: FakePythonAnywhere) -> None:
    fake.add_site(DOMAIN)
    hold = fake.holds["GET"] = threading.Event()
    async with client_of(fake.address) as client:
        polling = asyncio.create_task(client.list_sites(Urgency.POLLING))
        await until_called(fake, 1)
        people = [asyncio.create_task(client.list_sites()) for _ in range(5)]
        await asyncio.sleep(0)
        hold.set()
        answers = await asyncio.gather(polling, *people)
        assert [len(sites) for sites in answers] == [1] * 6
        assert len(fake.calls) == 1
        await client.list_sites()
        assert len(fake.calls) == 2


async def test_a_question_from_before_a_change_does_not_answer_one_after_it(
    fake: FakePythonAnywhere,
) -> None:
    fake.add_site(DOMAIN)
    hold = fake.holds["GET"] = threading.Event()
    async with client_of(fake.address) as client:
        before = asyncio.create_task(client.list_sites(Urgency.POLLING))
        await until_called(fake, 1)
        await client.delete_site(DOMAIN)
        after = asyncio.create_task(client.list_sites())
        await until_called(fake, 3)
        hold.set()
        assert await after == []
        await before
    assert [call.method for call in fake.calls] == ["GET", "DELETE", "GET"]


async def test_polls_that_hang_leave_a_click_its_way_out(fake: FakePythonAnywhere) -> None:
    fake.add_site(DOMAIN)
    hold = fake.holds["GET"] = threading.Event()
    async with client_of(fake.address) as client:
        paths = [log_path(f"site{number}.example.org") for number in range(10)]
        polls = [asyncio.create_task(client.read_file(path, 0, Urgency.POLLING)) for path in paths]
        await until_called(fake, POLLS_AT_ONCE)
        started = time.monotonic()
        await client.reload_site(DOMAIN)
        assert time.monotonic() - started < 1
        assert fake.count("files") == POLLS_AT_ONCE
        hold.set()
        await asyncio.gather(*polls, return_exceptions=True)
    assert fake.count("files") == len(paths)


async def until_called(fake: FakePythonAnywhere, count: int) -> None:
    async def is_so() -> bool:
        return len(fake.calls) >= count

    await until(is_so, f"{count} calls")


async def test_an_api_that_fails_is_left_alone_and_found_again(fake: FakePythonAnywhere) -> None:
    clock = Clock()
    fake.fail(Fault.HTML_502)
    async with client_of(fake.address, governor=Governor(clock, clock.sleep)) as client:
        for _ in range(FAILURES):
            with pytest.raises(HostUnavailable):
                await client.list_sites()
        with pytest.raises(CallHeldBack, match="502"):
            await client.list_sites(Urgency.POLLING)
        assert len(fake.calls) == FAILURES
        fake.fail(None)
        assert await client.list_sites() == []
        assert await client.list_sites(Urgency.POLLING) == []


async def test_a_change_under_way_is_known(fake: FakePythonAnywhere) -> None:
    fake.add_site(DOMAIN)
    async with client_of(fake.address) as client:
        await client.reload_site(DOMAIN)
        assert (client.changes_begun, client.changes_ended) == (1, 1)
        assert not client.is_changing


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "é" * 40])
async def test_what_is_no_token_is_never_sent(fake: FakePythonAnywhere, token: str) -> None:
    async with client_of(fake.address, token) as client:
        with pytest.raises(TokenRefused) as caught:
            await client.list_sites()
    assert not token or token not in str(caught.value)
    assert fake.calls == []


async def test_a_token_that_stands_in_an_answer_is_not_quoted(fake: FakePythonAnywhere) -> None:
    fake.add_site(DOMAIN, f"/bin/serve --token {TOKEN}")
    async with client_of(fake.address) as client:
        assert (await client.describe_site(DOMAIN))[0].command == "/bin/serve --token [token]"


@pytest.mark.parametrize("fault", [None, *Fault], ids=str)
async def test_the_token_is_in_no_exception_and_no_log_record(
    fake: FakePythonAnywhere, fault: Fault | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.fail(fault)
    async with client_of(fake.address, "d" * 40, deadlines=SHORT) as client:
        with pytest.raises(HostingError) as caught:
            await client.list_sites()
        shown = [repr(client), repr(vars(client))]
    error: BaseException | None = caught.value
    while error is not None:
        shown += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    shown.append(caplog.text)
    assert "d" * 40 not in "\n".join(shown)
