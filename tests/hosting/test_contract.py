"""What holds for PythonAnywhere's API holds for the local host's: the same tests run on both."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.errors import HostRefused, TokenRefused
from app.hosting.client import HostingClient
from app.hosting.slices import MAX_SLICE_BYTES
from app.models import LogKind, LogName, SiteStatus
from app.store.accounts import LOCAL
from tests.fakes.files import log_path
from tests.fakes.pythonanywhere import TOKEN, fake_pythonanywhere
from tests.hosting.conftest import REMOTE
from tests.localhost.host_kit import PID_SITE, local_host

pytestmark = pytest.mark.anyio
DOMAIN, OTHER = "shop.localhost", "blog.localhost"


@dataclass
class Host:
    """A host of either kind; `connect` makes a client that uses the given token, or its own."""

    connect: Callable[[str | None], HostingClient]
    command: str
    write_log: Callable[[str, bytes], None]


@pytest.fixture(params=["fake", "fake with ranges", "local"])
def host(request: pytest.FixtureRequest, tmp_path: Path, short_path: Path) -> Iterator[Host]:
    if request.param == "local":
        yield from local(short_path, tmp_path)
        return
    with fake_pythonanywhere() as fake:
        fake.files.knows_ranges = request.param == "fake with ranges"
        yield Host(
            lambda token: HostingClient.remote(REMOTE, fake.address, lambda: token or TOKEN),
            "/home/alice/.virtualenvs/site/bin/uvicorn --uds ${DOMAIN_SOCKET} main:app",
            fake.write_log,
        )


def local(short_path: Path, tmp_path: Path) -> Iterator[Host]:
    with local_host(short_path) as daemon:
        daemon.start()

        def connect(token: str | None) -> HostingClient:
            token_file = tmp_path / "token" if token else daemon.paths.token
            if token:
                token_file.write_text(token)
            return HostingClient.local(LOCAL, daemon.paths.socket, token_file)

        def write_log(domain: str, data: bytes) -> None:
            path = daemon.paths.log_file(domain, LogName(LogKind.ERROR))
            with open(path, "ab") as log:
                log.write(data)

        yield Host(connect, daemon.program(PID_SITE), write_log)


@pytest.fixture
async def client(host: Host) -> AsyncIterator[HostingClient]:
    client = host.connect(None)
    yield client
    await client.close()


async def test_a_new_account_has_no_sites(client: HostingClient) -> None:
    assert await client.list_sites() == []


async def test_a_created_site_is_listed_and_found(host: Host, client: HostingClient) -> None:
    created = await client.create_site(DOMAIN, host.command, "")
    assert (created.domain_name, created.command, created.enabled) == (DOMAIN, host.command, True)
    assert created.account_id == client.account.id
    assert [site.domain_name for site in await client.list_sites()] == [DOMAIN]
    assert (await client.describe_site(DOMAIN))[0].command == host.command


async def test_a_taken_domain_is_refused_at_its_field(host: Host, client: HostingClient) -> None:
    await client.create_site(DOMAIN, host.command, "")
    with pytest.raises(HostRefused, match="already exists") as caught:
        await client.create_site(DOMAIN, host.command, "")
    assert (caught.value.status, caught.value.field) == (400, "domain_name")


async def test_an_empty_command_is_refused_in_words(client: HostingClient) -> None:
    with pytest.raises(HostRefused, match=r"\w+") as caught:
        await client.create_site(DOMAIN, "", "")
    assert caught.value.status == 400
    assert await client.list_sites() == []


async def test_a_site_is_disabled_and_enabled(host: Host, client: HostingClient) -> None:
    await client.create_site(DOMAIN, host.command, "")
    assert not (await client.set_enabled(DOMAIN, False)).enabled
    assert not (await client.describe_site(DOMAIN))[0].enabled
    assert (await client.set_enabled(DOMAIN, True)).enabled
    assert (await client.describe_site(DOMAIN))[0].status is not SiteStatus.DISABLED


async def test_a_site_is_reloaded(host: Host, client: HostingClient) -> None:
    await client.create_site(DOMAIN, host.command, "")
    await client.reload_site(DOMAIN)
    assert (await client.describe_site(DOMAIN))[0].enabled


async def test_a_deleted_site_is_gone_and_the_others_stay(
    host: Host, client: HostingClient
) -> None:
    for domain in (DOMAIN, OTHER):
        await client.create_site(domain, host.command, "")
    await client.delete_site(DOMAIN)
    assert [site.domain_name for site in await client.list_sites()] == [OTHER]


async def test_every_call_for_an_unknown_site_says_not_found(client: HostingClient) -> None:
    calls = (
        client.describe_site(DOMAIN),
        client.reload_site(DOMAIN),
        client.set_enabled(DOMAIN, True),
        client.delete_site(DOMAIN),
    )
    for call in calls:
        with pytest.raises(HostRefused, match="Not found") as caught:
            await call
        assert caught.value.status == 404


async def test_a_wrong_token_is_refused(host: Host) -> None:
    client = host.connect("f" * 40)
    try:
        with pytest.raises(TokenRefused) as caught:
            await client.list_sites()
    finally:
        await client.close()
    assert caught.value.status == 401
    assert "f" * 40 not in str(caught.value)


async def test_a_log_is_read_from_any_offset(host: Host, client: HostingClient) -> None:
    await client.create_site(DOMAIN, host.command, "")
    await client.set_enabled(DOMAIN, False)
    host.write_log(DOMAIN, b"first line\nsecond line\n")
    whole = await client.read_file(log_path(DOMAIN))
    assert whole.data.endswith(b"first line\nsecond line\n")
    assert whole.total == len(whole.data)
    rest = await client.read_file(log_path(DOMAIN), len(whole.data) - 5)
    assert rest.data[len(whole.data) - 5 - rest.start :] == b"line\n"
    assert rest.total == whole.total


async def test_behind_the_end_of_a_log_stands_nothing(host: Host, client: HostingClient) -> None:
    await client.create_site(DOMAIN, host.command, "")
    host.write_log(DOMAIN, b"a line\n")
    piece = await client.read_file(log_path(DOMAIN), 10_000_000)
    assert piece.data[max(0, 10_000_000 - piece.start) :] == b""
    assert piece.total is not None and piece.total < 10_000_000


async def test_a_large_log_comes_in_slices_or_whole(host: Host, client: HostingClient) -> None:
    await client.create_site(DOMAIN, host.command, "")
    host.write_log(DOMAIN, b"x" * 3_000_000)
    piece = await client.read_file(log_path(DOMAIN))
    assert piece.total is not None and piece.total >= 3_000_000
    assert len(piece.data) == (piece.total if piece.is_whole else MAX_SLICE_BYTES)


async def test_a_log_that_is_not_there_says_so(client: HostingClient) -> None:
    with pytest.raises(HostRefused, match="No such file") as caught:
        await client.read_file(log_path("nothing.localhost"))
    assert caught.value.status == 404


async def test_the_log_folder_is_listed(host: Host, client: HostingClient) -> None:
    await client.create_site(DOMAIN, host.command, "")
    host.write_log(DOMAIN, b"a line\n")
    assert f"{DOMAIN}.error.log" in (await client.list_folder("/var/log")).files
