"""Events keep their frame whatever they carry."""

import pytest

from app.logs.sse import encode_event
from tests.logs.support import parse_events


def test_an_event_has_all_its_fields() -> None:
    event = encode_event("a\nb", event="lines", event_id="x:1", retry=3000)
    assert event == b"retry: 3000\nid: x:1\nevent: lines\ndata: a\ndata: b\n\n"


def test_data_that_looks_like_fields_stays_data() -> None:
    (event,) = parse_events(encode_event("a\n\nevent: bye\nid: 7", event="lines"))
    assert (event.name, event.id, event.data) == ("lines", "", ["a", "", "event: bye", "id: 7"])


@pytest.mark.parametrize(
    "fields", [{"event": "a\nb"}, {"event_id": "1\rdata: x"}, {"event_id": "\0"}]
)
def test_line_breaks_in_names_and_ids_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="line break"):
        encode_event("x", **fields)  # type: ignore[arg-type]


def test_a_carriage_return_in_the_data_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        encode_event(b"a\rdata: b")
