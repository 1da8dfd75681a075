"""Whatever head the proxy lets through, another strict parser reads in the same way."""

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from app.localhost.proxy.bodies import ChunkedBody
from app.localhost.proxy.headers import request_head
from app.localhost.proxy.heads import BadRequest, RequestHead, read_head

TARGETS = [b"/", b"/a?b", b"*", b"http://a.localhost/x", b"//x", b"/%00", b"/\xc3", b"a", b"/ b"]
NAMES = [
    b"Host",
    b"Content-Length",
    b"Transfer-Encoding",
    b"Transfer_Encoding",
    b"Connection",
    b"Cookie",
    b"X-Forwarded-For",
    b"Expect",
    b"X",
    b"X ",
    b"",
    b"\tX",
]
VALUES = [
    b"a.localhost",
    b"3",
    b"0",
    b"03",
    b" 3 ",
    b"3,3",
    b"-1",
    b"chunked",
    b"Chunked",
    b"identity",
    b"chunked, chunked",
    b"close",
    b"content-length",
    b"host, transfer-encoding",
    b"sd=1; a=2",
    b"\x00",
    b"\xff",
    b"a\r\n b",
    b"a\nContent-Length: 5",
    b"",
]
ENDS = [b"\r\n"] * 8 + [b"\n", b"\r", b"\r\r\n"]
LINES = st.tuples(
    st.sampled_from(NAMES), st.sampled_from([b": ", b":", b" :"]), st.sampled_from(VALUES)
).map(b"".join)
HEADS = st.tuples(
    st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS"]),
    st.sampled_from(TARGETS),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b""]),
    st.lists(st.tuples(LINES, st.sampled_from(ENDS)).map(b"".join), max_size=5),
    st.booleans(),
)


def read(raw: bytes) -> RequestHead | None:
    try:
        return read_head(raw)
    except BadRequest:
        return None


@settings(max_examples=500, deadline=None)
@given(HEADS)
def test_a_head_that_passes_is_read_alike_by_the_next_parser(
    parts: tuple[bytes, bytes, bytes, list[bytes], bool],
) -> None:
    method, target, version, lines, has_host = parts
    host = b"Host: a.localhost\r\n" if has_host else b""
    raw = b"%b %b %b\r\n%b%b\r\n" % (method, target, version, host, b"".join(lines))
    head = read(raw)
    if head is None:
        return
    passed_on = request_head(head, b"127.0.0.1")
    site = h11.Connection(h11.SERVER)
    body = b"3\r\nabc\r\n0\r\n\r\n" if head.is_chunked else b"a" * (head.content_length or 0)
    site.receive_data(passed_on + body)
    event = site.next_event()
    assert isinstance(event, h11.Request)
    assert (event.method, event.target) == (method, head.path)
    assert [value for name, value in event.headers if name == b"host"] == [head.host]
    received = b""
    while isinstance(event := site.next_event(), h11.Data):
        received += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert received == (b"abc" if head.is_chunked else body)
    assert site.trailing_data[0] == b""


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    st.binary(max_size=20),
    st.lists(st.integers(min_value=1, max_value=30), max_size=20),
)
def test_a_chunked_body_ends_at_the_same_byte_however_it_is_cut(
    chunks: list[bytes], rest: bytes, cuts: list[int]
) -> None:
    raw = b"".join(b"%X\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n" + rest
    reader = ChunkedBody(limit=1_000)
    body = left = b""
    while raw:
        size = cuts.pop() if cuts else len(raw)
        piece, raw = raw[:size], raw[size:]
        if reader.is_complete:
            left += piece
            continue
        data, after = reader.feed(piece)
        body += data
        left += after
    assert (body, left, reader.is_complete) == (b"".join(chunks), rest, True)
