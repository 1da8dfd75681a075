"""What the DNS says about a site's domain, over a real name server on this machine."""

import time
from collections.abc import Iterator
from itertools import pairwise

import anyio
import dns.rcode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hosting import dnscheck
from app.hosting.dnscheck import DnsCheck, NameServer, naked_by_name
from app.models import DnsFinding, DnsState
from tests.fakes.nameserver import FakeNameServer, fake_name_server, silent_name_server
from tests.support import free_port

pytestmark = pytest.mark.anyio
SHOP, WANTED = "shop.example.org", "webapp-1234.pythonanywhere.com"


@pytest.fixture
def server() -> Iterator[FakeNameServer]:
    with fake_name_server() as fake:
        yield fake


async def look(server: FakeNameServer, domain: str = SHOP) -> DnsFinding:
    finding = await DnsCheck([server.address]).look(domain, WANTED)
    assert {name for name, _ in server.asked} <= {domain}, "only the site's own domain is asked for"
    return finding


@pytest.mark.parametrize("written", [WANTED, WANTED.upper()])
async def test_a_cname_to_the_host_points_there(server: FakeNameServer, written: str) -> None:
    server.records[SHOP] = [f"300 IN CNAME {written}."]
    assert await look(server) == DnsFinding(DnsState.POINTS, "DNS points there.")
    assert server.asked == [(SHOP, "CNAME")]


async def test_a_long_answer_is_read_over_tcp(server: FakeNameServer) -> None:
    server.records[SHOP] = [f"300 IN CNAME {WANTED}."]
    server.is_truncating = True
    assert (await look(server)).state is DnsState.POINTS
    assert len(server.asked) == 2


async def test_a_cname_by_way_of_another_name_points_there(server: FakeNameServer) -> None:
    server.records[SHOP] = ["300 IN CNAME alias.example.net."]
    server.records["alias.example.net"] = ["300 IN CNAME next.example.net."]
    server.records["next.example.net"] = [f"300 IN CNAME {WANTED}."]
    finding = await look(server)
    assert finding.state is DnsState.POINTS
    assert finding.text == "DNS points there, by way of alias.example.net."


async def test_a_cname_to_somewhere_else_is_named(server: FakeNameServer) -> None:
    server.records[SHOP] = ["7200 IN CNAME other.example.com."]
    server.records["other.example.com"] = ["300 IN A 192.0.2.7"]
    finding = await look(server)
    assert finding.state is DnsState.WRONG
    assert finding.text == "shop.example.org points to other.example.com instead."
    assert WANTED in finding.advice and "up to 2 h" in finding.advice


@pytest.mark.parametrize(("negative_ttl", "words"), [(300, "5 min"), (7200, "2 h"), (10**6, "day")])
async def test_without_a_cname_it_says_how_long_a_new_one_takes(
    server: FakeNameServer, negative_ttl: int, words: str
) -> None:
    server.zones["example.org"] = negative_ttl
    finding = await look(server)
    assert (finding.state, finding.text) == (DnsState.WRONG, "There is no CNAME yet.")
    assert WANTED in finding.advice and words in finding.advice
    server.records[SHOP] = ['300 IN TXT "something"']
    assert (await look(server)).text == "There is no CNAME yet."


async def test_addresses_in_place_of_a_cname_may_be_right(server: FakeNameServer) -> None:
    server.records[SHOP] = ["300 IN AAAA 2001:db8::1"]
    finding = await look(server)
    assert finding.state is DnsState.UNKNOWN
    assert "addresses of its own" in finding.text and WANTED in finding.advice


async def test_a_naked_domain_is_told_what_to_use_instead(server: FakeNameServer) -> None:
    server.records["example.org"] = ["300 IN A 192.0.2.7"]
    finding = await look(server, "example.org")
    assert finding.state is DnsState.WRONG
    assert finding.text == "A naked domain cannot have a CNAME."
    assert "www.example.org" in finding.advice and WANTED in finding.advice


async def test_a_naked_domain_that_is_not_registered_is_told_the_same(
    server: FakeNameServer,
) -> None:
    server.zones["org"] = 300
    assert (await look(server, "example.org")).is_naked


@pytest.mark.parametrize(
    ("domain", "is_naked"),
    [
        ("example.org", True),
        ("example.org.", True),
        ("shop.example.org", False),
        ("example.co.uk", False),
        ("x" * 64 + ".org", False),
    ],
)
def test_two_labels_are_naked_without_asking(domain: str, is_naked: bool) -> None:
    finding = naked_by_name(domain, WANTED)
    assert (finding is not None and finding.is_naked) is is_naked


async def test_a_delegated_name_is_naked_too(server: FakeNameServer) -> None:
    server.records[SHOP] = ["300 IN NS ns.example.net."]
    finding = await look(server)
    assert "naked" in finding.text and finding.is_naked


@pytest.mark.parametrize("length", [1, 2, 5])
async def test_a_circle_of_names_is_told(server: FakeNameServer, length: int) -> None:
    names = [SHOP, *(f"n{number}.example.net" for number in range(1, length)), SHOP]
    for name, following in pairwise(names):
        server.records[name] = [f"300 IN CNAME {following}."]
    finding = await look(server)
    assert finding.state is DnsState.WRONG
    assert finding.text == "The CNAME records of shop.example.org lead in a circle."


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED], ids=dns.rcode.to_text)
async def test_a_name_server_that_refuses_is_quoted(
    server: FakeNameServer, rcode: dns.rcode.Rcode
) -> None:
    server.rcode = rcode
    finding = await look(server)
    assert finding.state is DnsState.UNKNOWN
    assert dns.rcode.to_text(rcode) in finding.text


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 3, b"\xff" * 500], ids=["nothing", "zeros", "ones"]
)
async def test_an_answer_that_is_not_dns_is_told(server: FakeNameServer, content: bytes) -> None:
    server.spoil = lambda _: content
    finding = await look(server)
    assert finding.state is DnsState.UNKNOWN and "not DNS" in finding.text


async def test_an_answer_cut_short_is_told(server: FakeNameServer) -> None:
    server.records[SHOP] = [f"300 IN CNAME {WANTED}."]
    server.spoil = lambda answer: answer[:-3]
    assert (await look(server)).state is DnsState.UNKNOWN


async def test_the_answer_to_another_question_does_not_count(server: FakeNameServer) -> None:
    server.records[SHOP] = [f"300 IN CNAME {WANTED}."]
    server.spoil = lambda answer: bytes([answer[0] ^ 255]) + answer[1:]
    assert (await look(server)).state is DnsState.UNKNOWN


async def test_a_name_server_that_is_silent_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dnscheck, "ANSWER_SECONDS", 0.1)
    listener, address = silent_name_server()
    with listener:
        start = time.monotonic()
        finding = await DnsCheck([address]).look(SHOP, WANTED)
    assert time.monotonic() - start < 1
    assert finding.state is DnsState.UNKNOWN
    assert finding.text == "The name server cannot be asked from here: it did not answer in time."


async def test_all_of_a_check_takes_bounded_time() -> None:
    listener, address = silent_name_server()
    with listener:
        start = time.monotonic()
        finding = await DnsCheck([address] * 3, seconds=0.2).look(SHOP, WANTED)
    assert time.monotonic() - start < 1
    assert "did not answer in time" in finding.text


async def test_without_a_name_server_nothing_can_be_said() -> None:
    nobody = NameServer("127.0.0.1", free_port())
    finding = await DnsCheck([nobody], seconds=1.0).look(SHOP, WANTED)
    assert finding.state is DnsState.UNKNOWN
    assert finding.text.startswith("The name server cannot be asked from here")


async def test_the_next_name_server_is_asked_when_one_refuses(server: FakeNameServer) -> None:
    server.records[SHOP] = [f"300 IN CNAME {WANTED}."]
    with fake_name_server() as broken:
        broken.rcode = dns.rcode.SERVFAIL
        finding = await DnsCheck([broken.address, server.address]).look(SHOP, WANTED)
    assert finding.state is DnsState.POINTS


@pytest.mark.parametrize(
    "target",
    [
        r"<script>alert\(1\)</script>.example.net",
        r"a\000b\010c\255.example.net",
        ".".join(["x" * 60] * 4),
        "xn--80ak6aa92e.example",
    ],
)
async def test_a_hostile_target_is_shown_as_plain_letters(
    server: FakeNameServer, target: str
) -> None:
    server.records[SHOP] = [f"300 IN CNAME {target}."]
    finding = await look(server)
    assert finding.state is DnsState.WRONG
    plain = finding.text.replace("…", "")
    assert plain.isascii() and plain.isprintable() and len(plain) < 200


@pytest.mark.parametrize("domain", ["a" * 64 + ".example.org", "..", ".".join(["a"] * 200)])
async def test_a_name_that_cannot_be_asked_for_is_told(domain: str) -> None:
    finding = await DnsCheck([NameServer("127.0.0.1", 9)]).look(domain, WANTED)
    assert finding.state is DnsState.UNKNOWN and "not a name" in finding.text


@given(content=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_whatever_a_name_server_sends_is_a_finding(content: bytes) -> None:
    with fake_name_server() as server:
        server.spoil = lambda answer: answer[:12] + content
        finding = anyio.run(look, server)
    assert finding.text
