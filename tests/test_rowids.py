"""Each site has an id in the page that no other has, and that a selector takes as it is."""

import re
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from components.siterow import row_id
from tests.hosting.conftest import SHOP

# As account ids are made, and as a host may list domains.
ACCOUNTS = st.from_regex(r"[a-z0-9]{1,3}(-[a-z0-9]{1,3})?", fullmatch=True)
DOMAINS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,6}", fullmatch=True)
KEYS = st.tuples(ACCOUNTS, DOMAINS)


def id_of(key: tuple[str, str]) -> str:
    return row_id(replace(SHOP, account_id=key[0], domain_name=key[1]))


@given(KEYS, KEYS)
@example(("acme", "my.shop.org"), ("acme", "my_shop.org"))
@example(("acme", "a_b"), ("acme", "a.ub"))
@example(("acme", "_a"), ("acme", "_.a"))
@example(("acme", "x-shop.org"), ("acme-x", "shop.org"))
def test_two_sites_never_share_an_id(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (id_of(one) == id_of(other)) == (one == other)


@given(KEYS)
def test_it_is_a_name_in_a_selector(key: tuple[str, str]) -> None:
    assert re.fullmatch(r"site-[A-Za-z0-9_-]+", id_of(key))
