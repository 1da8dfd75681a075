"""Whatever an API sends, it is either a list of sites or an error in words."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import HostUnavailable
from app.hosting.wire import (
    parse_certificate,
    parse_cpu,
    parse_described,
    parse_folder,
    parse_site,
    parse_sites,
)
from app.models import Account, Folder, SiteStatus
from app.store.accounts import LOCAL
from app.store.seconds import maybe_from_seconds, to_seconds
from tests.fakes.pythonanywhere import FakePythonAnywhere
from tests.hosting.conftest import REMOTE

DOMAIN = "shop.example.org"
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
FIELDS = ["domain_name", "enabled", "webapp", "command", "status", "state", "url", "reason", "pid"]
OBSERVED = ["started_at", "answer", "last_exit", "at", "code", "signal", "stderr", "seconds"]
near_sites = st.recursive(
    values,
    lambda inner: st.dictionaries(st.sampled_from([*FIELDS, *OBSERVED]), inner),
    max_leaves=30,
)


def website(**changes: Any) -> dict[str, Any]:
    fake = FakePythonAnywhere()
    fake.add_site(DOMAIN)
    return fake.websites[DOMAIN] | changes


@pytest.mark.parametrize("account", [REMOTE, LOCAL], ids=lambda account: account.id)
@given(st.lists(near_sites | st.builds(website, status=near_sites), max_size=3) | near_sites)
@settings(max_examples=60, deadline=None)
def test_any_json_is_sites_or_an_error(account: Account, answer: object) -> None:
    try:
        sites = parse_sites(account, answer)
    except HostUnavailable:
        return
    for site in sites:
        json.dumps([site.command, site.reason, site.pid]).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"domain_name": "../../etc/passwd"},
        {"domain_name": "<b>.example.org"},
        {"domain_name": ""},
        {"enabled": "yes"},
        {"webapp": []},
        {"webapp": {"command": "x" * 8_193}},
        {"status": {"state": "running", "url": "javascript:alert(1)"}},
        {"status": {"state": "running", "pid": {}}},
        {"status": {"state": "running", "answer": {"status": float("inf"), "seconds": 1}}},
        {"status": {"state": "dancing"}},
    ],
)
def test_a_site_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(HostUnavailable, match="described a website"):
        parse_site(LOCAL, website(**changes))


def test_what_only_the_local_host_tells_is_believed_from_nobody_else() -> None:
    told = {"state": "crash_loop", "url": "http://169.254.169.254:99999/x", "pid": 1}
    site = parse_site(REMOTE, website(status=told))
    assert (site.status, site.url) == (SiteStatus.RUNNING, f"https://{DOMAIN}")
    assert site.pid is None
    assert parse_site(REMOTE, website(status="running")).status is SiteStatus.RUNNING


@pytest.mark.parametrize("webapp", [{"command": None}, None])
def test_a_site_without_a_command_is_a_site(webapp: object) -> None:
    site, specification = parse_described(REMOTE, website(webapp=webapp))
    assert (site.command, specification.command) == ("", "")


@pytest.mark.parametrize("name", ["*.example.org", "bücher.example.org", "../../etc/passwd"])
def test_a_website_that_no_site_can_be_does_not_hide_the_others(name: str) -> None:
    sites = parse_sites(REMOTE, [website(domain_name=name), website()])
    assert [site.domain_name for site in sites] == [DOMAIN]


def test_a_list_without_end_is_refused() -> None:
    with pytest.raises(HostUnavailable, match="more than 1,000 websites"):
        parse_sites(REMOTE, [website()] * 1_001)


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59.999999Z", "99991231T235959Z"])
def test_a_certificate_without_an_end_can_be_kept_and_read(end: str) -> None:
    certificate = parse_certificate({"not_after": end})
    assert certificate is not None and certificate.expires_at is not None
    assert maybe_from_seconds(to_seconds(certificate.expires_at)) == certificate.expires_at


def test_half_a_surrogate_pair_is_replaced() -> None:
    command = json.loads('"run \\ud800"')
    assert parse_site(REMOTE, website(webapp={"command": command})).command == "run ?"


def test_a_folder_tells_files_from_folders() -> None:
    listing = {"b.log": {"type": "file"}, "a.log": {"type": "file"}, "old": {"type": "directory"}}
    assert parse_folder(listing) == Folder(("a.log", "b.log"), ("old",))
    others: tuple[object, ...] = ([], None, {"a.log": 1}, {"a.log": {}})
    for other in others:
        with pytest.raises(HostUnavailable):
            parse_folder(other)


@pytest.mark.parametrize(
    ("names", "covers"),
    [
        (["shop.example.org"], True),
        (["other.example.org", "SHOP.Example.org."], True),
        (["*.example.org"], True),
        (["example.org"], False),
        (["*.org", "*.shop.example.org", "xshop.example.org"], False),
        (["other.example.org", 'shop.example.org"<b>'], False),
        ([], True),
        ([f"n{number}.example.org" for number in range(150)], True),
    ],
)
def test_whether_a_certificate_covers_a_domain(names: list[str], covers: bool) -> None:
    certificate = parse_certificate({"issuer_name": "R3", "subject_alternate_names": names})
    assert certificate is not None and certificate.covers("shop.example.org") is covers


CERTIFICATE = {"not_after": "20180824T171623Z", "subject_alternate_names": [DOMAIN]}
CPU = {"daily_cpu_limit_seconds": 100, "daily_cpu_total_usage_seconds": 0.5}


@pytest.mark.parametrize(
    "written",
    [
        "20180824T171623Z",
        "2018-08-24T17:16:23Z",
        "2018-08-24T19:16:23+02:00",
        "2018-08-24T17:16:23",
    ],
)
def test_an_expiry_is_read_in_every_shape(written: str) -> None:
    certificate = parse_certificate(CERTIFICATE | {"not_after": written})
    assert certificate is not None
    assert certificate.expires_at == datetime(2018, 8, 24, 17, 16, 23, tzinfo=UTC)
    assert certificate.names == (DOMAIN,)


@pytest.mark.parametrize("nothing", [None, {}, {"domain": DOMAIN}], ids=repr)
def test_who_says_nothing_of_a_certificate_has_none(nothing: object) -> None:
    assert parse_certificate(nothing) is None


def test_a_certificate_that_is_named_in_part_is_one() -> None:
    certificate = parse_certificate({"cert_type": "letsencrypt-auto-renew"})
    assert certificate is not None
    assert certificate.renews_itself and certificate.expires_at is None


def test_only_so_much_is_kept_of_what_is_said_of_a_certificate() -> None:
    said = CERTIFICATE | {"issuer_name": "x" * 5000, "subject_alternate_names": ["y" * 5000] * 500}
    certificate = parse_certificate(said)
    assert certificate is not None
    assert len(certificate.issuer) == 300
    assert len(certificate.names) == 100 and set(map(len, certificate.names)) == {300}


@pytest.mark.parametrize(
    ("cname", "kept"),
    [
        ("webapp-1234.pythonanywhere.com", "webapp-1234.pythonanywhere.com"),
        ("<b>", ""),
        ("a" * 300, ""),
        (None, ""),
        ({"a": 1}, ""),
    ],
)
def test_the_name_to_point_at_is_kept_if_it_is_a_host_name(cname: object, kept: str) -> None:
    names = [{"domain_name": "other.example.org", "cname": "webapp-1.pythonanywhere.com"}]
    names.append({"domain_name": DOMAIN, "cname": cname})  # type: ignore[dict-item]
    site = parse_site(REMOTE, website(webapp={"command": "/bin/serve", "domains": names}))
    assert site.cname == kept


@pytest.mark.parametrize("domains", [None, "text", [None], [{}], [{"domain_name": DOMAIN}], {}])
def test_a_host_that_does_not_say_what_to_point_at_is_no_error(domains: object) -> None:
    site = parse_site(REMOTE, website(webapp={"command": "/bin/serve", "domains": domains}))
    assert site.cname == ""


@given(
    values
    | st.builds(
        lambda name, value: CERTIFICATE | {name: value},
        st.sampled_from(sorted((*CERTIFICATE, "issuer_name", "cert_type"))),
        values,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_json_is_a_certificate_or_an_error(answer: object) -> None:
    try:
        certificate = parse_certificate(answer)
    except HostUnavailable:
        return
    assert certificate is None or all(isinstance(name, str) for name in certificate.names)


@given(
    values
    | st.builds(
        lambda name, value: CPU | {name: value},
        st.sampled_from(sorted((*CPU, "next_reset_time"))),
        values,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_json_is_cpu_seconds_or_an_error(answer: object) -> None:
    try:
        usage = parse_cpu(answer)
    except HostUnavailable:
        return
    assert usage.used_seconds >= 0 and usage.limit_seconds >= 0


@pytest.mark.parametrize("wrong", [True, "5", None, -1, float("nan"), float("inf"), 10**400])
def test_cpu_seconds_that_cannot_be_are_refused(wrong: object) -> None:
    with pytest.raises(HostUnavailable, match="CPU seconds"):
        parse_cpu(CPU | {"daily_cpu_total_usage_seconds": wrong})
