"""The shapes of PythonAnywhere's errors, each turned into its words."""

from datetime import UTC, datetime

import pytest

from app.errors import HostRefused, HostThrottled, HostUnavailable
from app.hosting.refusals import is_error_object, refusal, retry_seconds
from app.store.accounts import LOCAL
from tests.hosting.conftest import REMOTE

SHAPES = [
    (b'{"detail":"Not found."}', "", "Not found."),
    (b'{"message":"File does not exist","code":"not_found"}', "", "File does not exist"),
    (b'{"status":"error","error":"cname_error"}', "", "cname_error"),
    (b'{"status":"ERROR","error_type":"x","error_message":"Too many"}', "", "Too many"),
    (b'{"domain_name":["One.","Two."]}', "domain_name", "One. Two."),
    (b'{"message":["A list."]}', "", "A list."),
    (b'{"webapp":{"command":["This field may not be blank."]}}', "command", "may not be blank"),
    (b'{"non_field_errors":["Not both."]}', "", "Not both."),
    (
        b'{"domain_name":["One."],"webapp":{"command":["Two."]}}',
        "domain_name",
        "One. command: Two.",
    ),
    (b'{"message":"Forbidden here","code":"forbidden"}', "", "^Forbidden here$"),
    (b'["Plain list"]', "", "Plain list"),
    (b"No certificate\r\nhere", "", "No certificate here"),
    (b"<html>Oops</html>", "", "without saying why"),
    (b"", "", "without saying why"),
    (b"{}", "", "without saying why"),
    (b'{"detail":null}', "", "without saying why"),
    (b"[" * 100_000, "", r"\[\["),
]


@pytest.mark.parametrize(("content", "field", "words"), SHAPES)
def test_every_shape_gives_its_words_and_its_field(content: bytes, field: str, words: str) -> None:
    error = refusal(REMOTE, 400, content, {})
    assert isinstance(error, HostRefused)
    assert error.field == field
    with pytest.raises(HostRefused, match=words):
        raise error


def test_words_are_one_short_line() -> None:
    content = '{"detail": "a\\u0000\\u001b[31m\\n%s"}' % ("x" * 5000)
    words = str(refusal(REMOTE, 400, content.encode(), {}))
    assert len(words) <= 300
    assert words.isprintable()


@pytest.mark.parametrize("content", [b"<html></html>", b"Bad gateway", b""])
def test_a_gateways_error_is_no_answer_of_the_api(content: bytes) -> None:
    assert isinstance(refusal(REMOTE, 502, content, {}), HostUnavailable)


@pytest.mark.parametrize(
    "content", [b'{"detail":"It timed out."}', b'{"status":"error","error":"x"}']
)
def test_a_server_error_leaves_the_outcome_open_and_keeps_the_words(content: bytes) -> None:
    error = refusal(REMOTE, 504, content, {})
    assert isinstance(error, HostUnavailable)
    assert "It says:" in str(error)


def test_the_local_hosts_own_server_errors_are_definite() -> None:
    error = refusal(LOCAL, 507, b'{"detail":"The disk refused. Nothing has changed."}', {})
    assert isinstance(error, HostRefused)


def test_an_error_with_status_200_is_recognised() -> None:
    assert is_error_object({"status": "ERROR", "error_message": "x"})
    assert not is_error_object({"status": "OK"})
    assert not is_error_object([])


def test_retry_after_is_seconds_or_a_date_and_has_a_bound() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert retry_seconds("17") == 17
    assert retry_seconds("9" * 30) == 600
    assert retry_seconds("Tue, 01 Jan 2030 00:00:30 GMT", now) == 30
    assert retry_seconds("Mon, 31 Dec 2029 00:00:00 GMT", now) == 0
    endless = f"Mon, 01 Jan {'9' * 14} 00:00:00 GMT"
    for nothing in (None, "", "soon", "-5", "²", endless):
        assert retry_seconds(nothing, now) is None


def test_a_429_carries_how_long_to_wait() -> None:
    error = refusal(REMOTE, 429, b'{"detail":"Request was throttled."}', {"retry-after": "30"})
    assert isinstance(error, HostThrottled)
    assert error.retry_seconds == 30
    assert "30 s" in str(error)
    assert "throttled" in str(error)
