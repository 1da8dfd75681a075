"""What the client makes of everything that PythonAnywhere, or what stands before it, may answer."""

import logging
import time

import pytest

from app.errors import (
    HostingError,
    HostRefused,
    HostThrottled,
    HostUnavailable,
    TokenRefused,
)
from app.hosting.governor import Urgency
from tests.fakes.faults import Fault
from tests.fakes.files import log_path
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere
from tests.hosting.conftest import SHORT, client_of
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
        for call in (client.list_sites(), client.get_site(DOMAIN), client.list_files("/var/log")):
            with pytest.raises(HostingError) as caught:
                await call
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


async def test_polling_stops_at_a_refused_token_until_a_persons_call_succeeds(
    fake: FakePythonAnywhere,
) -> None:
    fake.token = "f" * 40
    async with client_of(fake.address) as client:
        for _ in range(3):
            with pytest.raises(TokenRefused):
                await client.list_sites(Urgency.POLLING)
        assert len(fake.calls) == 1
        fake.token = TOKEN
        assert await client.list_sites() == []
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
        assert await client.list_files("/var/log") == []


async def test_too_many_calls_stop_that_class_of_calls_only(fake: FakePythonAnywhere) -> None:
    fake.limit = 1
    async with client_of(fake.address) as client:
        await client.list_sites()
        with pytest.raises(HostThrottled, match=r"\d+ seconds") as caught:
            await client.list_sites()
        assert 50 < (caught.value.retry_seconds or 0) <= 60
        with pytest.raises(HostThrottled, match="Try again in"):
            await client.list_sites()
        assert await client.list_files("/var/log") == []
    assert fake.count("websites") == 2


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
