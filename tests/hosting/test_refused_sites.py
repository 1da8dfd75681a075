"""Why a site was not created, in words that say what to do."""

import pytest

from app.errors import HostRefused, HostThrottled, TokenRefused
from app.hosting.refusedsites import explained, foreign_name_hint
from app.models import Account, AccountKind

REMOTE = Account("acme", AccountKind.PYTHONANYWHERE, "Acme", "Alice", "us")
EUROPEAN = Account("acme", AccountKind.PYTHONANYWHERE, "Acme", "Alice", "eu")
LOCAL = Account("local", AccountKind.LOCAL, "Local host", "local")
DOMAIN = "shop.example.org"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (HostRefused("Payment needed.", 402), "has no room for another site"),
        (HostRefused("You have reached the maximum number.", 400), "has no room for another site"),
        (HostRefused("Upgrade your account.", 403), "has no room for another site"),
        (HostRefused("A web app has this domain.", 400), "A classic web app"),
        (HostRefused("You have no permission.", 403), "The plan may also be full"),
    ],
)
def test_what_the_host_says_is_explained_with_its_own_words(error: HostRefused, words: str) -> None:
    found = explained(error, REMOTE, DOMAIN)
    assert found is not None
    assert found.field == "domain_name"
    assert words in str(found) and str(error) in str(found)


def test_what_the_host_says_goes_before_a_guess() -> None:
    found = explained(HostRefused("Your plan allows no more websites.", 403), REMOTE, DOMAIN)
    assert "has no room for another site" in str(found)
    assert "classic web app" not in str(found)


@pytest.mark.parametrize(
    ("field", "shown"),
    [("command", "command"), ("working_directory", "working_folder")],
)
def test_what_is_about_a_field_is_said_there(field: str, shown: str) -> None:
    found = explained(HostRefused("It is not good.", 400, field), LOCAL, DOMAIN)
    assert found is not None and (found.field, str(found)) == (shown, "It is not good.")


@pytest.mark.parametrize(
    "error",
    [
        HostRefused("It is cold.", 400),
        HostRefused("The limit of the database.", 500),
        TokenRefused("The plan of this token"),
        HostThrottled("The limit is 40 calls.", 5),
    ],
)
def test_what_is_about_something_else_is_left_alone(error: HostRefused) -> None:
    assert explained(error, REMOTE, DOMAIN) is None


def test_the_local_host_has_no_plans() -> None:
    assert explained(HostRefused("The limit is reached.", 400), LOCAL, DOMAIN) is None


@pytest.mark.parametrize(
    ("account", "domain", "is_own"),
    [
        (REMOTE, "alice.pythonanywhere.com", True),
        (REMOTE, "shop-alice.pythonanywhere.com", True),
        (REMOTE, DOMAIN, True),
        (REMOTE, "bob.pythonanywhere.com", False),
        (REMOTE, "alice.eu.pythonanywhere.com", False),
        (EUROPEAN, "alice.eu.pythonanywhere.com", True),
        (EUROPEAN, "alice.pythonanywhere.com", False),
        (LOCAL, "bob.pythonanywhere.com", True),
    ],
)
def test_names_of_others_below_pythonanywheres_own_are_told_apart(
    account: Account, domain: str, is_own: bool
) -> None:
    assert (foreign_name_hint(account, domain) == "") is is_own
