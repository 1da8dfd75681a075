"""What a visitor gets while a site is off, coming up, failing or just gone."""

import html
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from app.localhost.proxy.pages import UNKNOWN_HOST, render
from app.models import HostState
from tests.localhost.proxy_kit import GET, QUICK, RawSite, saying, stage, until

pytestmark = pytest.mark.anyio

IMPATIENT = replace(QUICK, hold_seconds=0.1)
FOR_PEOPLE = b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nAccept: text/html,*/*\r\n\r\n"


@pytest.mark.parametrize("state", [HostState.DISABLED, HostState.STOPPING])
async def test_a_site_that_is_off_is_not_found(tmp_path: Path, state: HostState) -> None:
    async with stage(tmp_path, state=state) as it:
        answer = await it.get()
        assert (answer.status, it.upstream.connections) == (404, 0)
    assert answer.body.startswith(b"This site is switched off")


@pytest.mark.parametrize("state", [HostState.BACKOFF, HostState.CRASH_LOOP])
async def test_a_site_that_keeps_dying_is_unavailable_at_once(
    tmp_path: Path, state: HostState
) -> None:
    async with stage(tmp_path, state=state) as it:
        answer = await it.get()
        assert (answer.status, it.upstream.connections) == (503, 0)
    assert answer.body.startswith(b"This site is not running")


async def test_a_failed_site_is_tried_all_the_same(tmp_path: Path) -> None:
    async with stage(tmp_path, state=HostState.FAILED, is_up=False) as it:
        assert (await it.get()).status == 503
        await it.upstream.start()
        assert (await it.get()).status == 200


@pytest.mark.parametrize("state", [HostState.STARTING, HostState.RELOADING])
async def test_a_request_waits_for_a_site_that_is_coming_up(
    tmp_path: Path, state: HostState
) -> None:
    async with stage(tmp_path, state=state, is_up=False) as it, it.client() as client:
        client.write(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 4\r\n\r\nbody")
        await until(lambda: it.site.waiting == 1)
        await it.upstream.start()
        it.site.state = HostState.RUNNING
        it.site.ready.set()
        assert (await client.answer()).status == 200
        assert it.upstream.requests[0].body == b"body"


async def test_a_site_that_comes_up_too_slowly_is_unavailable_for_now(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=IMPATIENT, state=HostState.STARTING) as it:
        answer = await it.get()
    assert answer.status == 503
    assert answer.headers["retry-after"] == "2"


async def test_a_site_that_fails_while_a_request_waits_is_unavailable(tmp_path: Path) -> None:
    async with (
        stage(tmp_path, limits=IMPATIENT, state=HostState.STARTING) as it,
        it.client() as client,
    ):
        client.write(GET)
        await until(lambda: it.site.waiting == 1)
        it.site.state = HostState.CRASH_LOOP
        answer = await client.answer()
    assert answer.body.startswith(b"This site is not running")


async def test_a_request_waits_for_a_site_that_has_just_died(tmp_path: Path) -> None:
    async with stage(tmp_path, is_up=False) as it, it.client() as client:
        client.write(GET)
        await until(lambda: it.site.waiting == 1)
        await it.upstream.start()
        it.site.ready.set()
        assert (await client.answer()).status == 200


async def test_a_running_site_that_cannot_be_reached_is_a_bad_gateway(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=IMPATIENT, is_up=False) as it:
        assert (await it.get()).status == 502
        it.site.ready.set()
        assert (await it.get()).status == 502


async def test_a_client_that_leaves_while_it_waits_frees_its_place(tmp_path: Path) -> None:
    async with stage(tmp_path, state=HostState.STARTING) as it:
        async with it.client() as client:
            client.write(GET)
            await until(lambda: it.site.waiting == 1)
        await until(lambda: it.site.waiting == 0)
        await until(lambda: len(it.log) == 1)


async def test_a_reload_moves_requests_to_the_new_socket(tmp_path: Path) -> None:
    new = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"
    successor = RawSite(tmp_path / "next.sock", saying(new))
    async with stage(tmp_path) as it, it.client() as client:
        await successor.start()
        client.write(GET)
        await client.answer()
        assert it.upstream.lost == 0
        it.site.socket_path = str(successor.path)
        client.write(GET)
        assert (await client.answer()).body == b"new"
        await until(lambda: it.upstream.lost == 1)
        await successor.close()


async def test_a_page_for_people_allows_its_own_style_and_nothing_else(tmp_path: Path) -> None:
    async with stage(tmp_path, state=HostState.DISABLED) as it:
        answer = await it.get(FOR_PEOPLE)
    text = answer.body.decode()
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "This site is switched off" in text
    assert "style=" not in text
    assert "<script" not in text


async def test_a_page_for_programs_is_plain_text(tmp_path: Path) -> None:
    async with stage(tmp_path, state=HostState.DISABLED) as it:
        answer = await it.get()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"<" not in answer.body


async def test_a_page_for_head_has_no_body(tmp_path: Path) -> None:
    async with stage(tmp_path, state=HostState.DISABLED) as it, it.client() as client:
        client.write(b"HEAD" + FOR_PEOPLE[3:] + FOR_PEOPLE)
        head = await client.answer(is_head=True)
        page = await client.answer()
    assert (head.status, page.status) == (404, 404)
    assert head.headers["content-length"] == str(len(page.body))


def test_a_page_shows_a_host_name_only_as_text() -> None:
    host = "<b>&\"'</b>"
    _, body = render(UNKNOWN_HOST, host, wants_html=True)
    assert host not in body.decode()
    assert html.escape(host) in body.decode()
