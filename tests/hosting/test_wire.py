"""Whatever an API sends, it is either a list of sites or an error in words."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import HostUnavailable
from app.hosting.wire import parse_listing, parse_site, parse_sites
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


@given(st.lists(near_sites | st.builds(website, status=near_sites), max_size=3) | near_sites)
@settings(max_examples=60, deadline=None)
def test_any_json_is_sites_or_an_error(answer: object) -> None:
    try:
        sites = parse_sites(REMOTE, answer)
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
        {"webapp": None},
        {"status": {"state": "running", "url": "javascript:alert(1)"}},
        {"status": {"state": "running", "pid": {}}},
        {"status": {"state": "running", "answer": {"status": float("inf"), "seconds": 1}}},
        {"status": {"state": "dancing"}},
    ],
)
def test_a_site_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(HostUnavailable, match="described a website"):
        parse_site(REMOTE, website(**changes))


def test_half_a_surrogate_pair_is_replaced() -> None:
    command = json.loads('"run \\ud800"')
    assert parse_site(REMOTE, website(webapp={"command": command})).command == "run ?"


def test_a_listing_gives_its_files_only() -> None:
    listing = {"b.log": {"type": "file"}, "a.log": {"type": "file"}, "old": {"type": "directory"}}
    assert parse_listing(listing) == ["a.log", "b.log"]
    others: tuple[object, ...] = ([], None, {"a.log": 1})
    for other in others:
        with pytest.raises(HostUnavailable):
            parse_listing(other)
