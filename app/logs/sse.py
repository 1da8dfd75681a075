"""The wire format of server-sent events; knows nothing of what they carry."""


def encode_event(
    data: str | bytes, event: str = "", event_id: str = "", retry: int | None = None
) -> bytes:
    """One event, ready to send. `retry` is in milliseconds.

    Raises ValueError for a line break in `event` or `event_id`, and for a carriage return in
    `data`: a browser would end the field there. Newlines in `data` are kept.
    """
    body = data.encode() if isinstance(data, str) else data
    if b"\r" in body or any(mark in event + event_id for mark in "\r\n\0"):
        raise ValueError("A field of an event must not contain a line break.")
    fields = []
    if retry is not None:
        fields.append(b"retry: %d\n" % retry)
    if event_id:
        fields.append(b"id: %s\n" % event_id.encode())
    if event:
        fields.append(b"event: %s\n" % event.encode())
    fields.append(b"data: %s\n\n" % body.replace(b"\n", b"\ndata: "))
    return b"".join(fields)
