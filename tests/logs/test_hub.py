"""Viewers of a log share one follower and one rendering, and each gets every line once."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.logs.files import read_after, read_tail
from app.logs.hub import LogHub
from app.logs.identity import Cursor
from app.logs.tail import Batch
from app.logs.viewer import QUEUE_BYTES
from app.models import LogLine
from tests.logs.support import Reader, parse_events, render_texts

pytestmark = pytest.mark.anyio


def append(path: Path, text: str) -> None:
    with path.open("a") as log:
        log.write(text)


def new_log(folder: Path, text: str = "") -> Path:
    path = folder / "site.error.log"
    path.write_text(text)
    return path


def age_told(reader: Reader) -> float | None:
    """What the last heartbeat said of the newest line, in seconds."""
    age: float | None = reader.named("hb")[-1].json()["age"]
    return age


async def test_a_viewer_gets_what_came_after_its_page_and_what_comes(tmp_path: Path) -> None:
    path = new_log(tmp_path, "on the page\n")
    page = read_tail(path)
    append(path, "between page and stream\n")
    hub = LogHub(render_texts)
    reader = await Reader(hub, path, page.after).opened()
    append(path, "live\n")
    await reader.until_lines(2)
    assert reader.lines == ["between page and stream", "live"]
    assert reader.last_cursor == read_tail(path).after
    await hub.close()
    await reader.ended()


async def test_the_first_event_tells_the_age_and_when_to_come_back(tmp_path: Path) -> None:
    path = new_log(tmp_path, "old\n")
    os.utime(path, (0, 0))
    hub = LogHub(render_texts)
    reader = await Reader(hub, path).opened()
    first = reader.events[0]
    assert first.name == "hb"
    assert first.retry is not None
    assert 3000 <= first.retry < 4000
    assert first.json()["age"] > 1e9
    await hub.close()
    await reader.ended()


@pytest.mark.parametrize("end", [Path.unlink, lambda path: path.write_text("")])
async def test_a_cleared_log_has_no_newest_line(
    tmp_path: Path, end: Callable[[Path], object]
) -> None:
    path = new_log(tmp_path)
    hub = LogHub(render_texts, heartbeat_seconds=0.05)
    reader = await Reader(hub, path).opened()
    append(path, "new\n")
    await reader.until(lambda: age_told(reader) is not None)
    end(path)
    await reader.until(lambda: age_told(reader) is None)
    again = await Reader(hub, path).opened()
    assert age_told(again) is None
    await hub.close()
    await reader.ended()
    await again.ended()


async def test_a_quiet_stream_has_a_heartbeat(tmp_path: Path) -> None:
    hub = LogHub(render_texts, heartbeat_seconds=0.02)
    reader = await Reader(hub, new_log(tmp_path)).opened()
    await reader.until(lambda: len(reader.named("hb")) >= 4)
    await hub.close()
    await reader.ended()


async def test_two_viewers_share_one_follower_and_one_rendering(tmp_path: Path) -> None:
    rendered: list[str] = []

    def render(lines: Sequence[LogLine]) -> bytes:
        rendered.extend(line.text for line in lines)
        return render_texts(lines)

    path, hub = new_log(tmp_path), LogHub(render)
    readers = [await Reader(hub, path).opened() for _ in range(2)]
    assert hub.followed == 1
    append(path, "one\n")
    for reader in readers:
        await reader.until_lines(1)
    assert rendered == ["one"]
    assert readers[0].last_cursor == readers[1].last_cursor
    for reader in readers:
        await reader.leave()
    assert hub.followed == 0
    await hub.close()


async def test_a_log_that_does_not_exist_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "later" / "site.error.log"
    page = read_tail(path)
    hub = LogHub(render_texts, poll_seconds=0.02)
    reader = await Reader(hub, path, page.after).opened()
    path.parent.mkdir()
    append(path, "first words\n")
    await reader.until_lines(1)
    assert reader.lines == ["first words"]
    assert not reader.named("rotated")
    await hub.close()
    await reader.ended()


async def test_a_deleted_log_is_followed_again_when_it_is_made_anew(tmp_path: Path) -> None:
    path = new_log(tmp_path, "before\n")
    hub = LogHub(render_texts)
    reader = await Reader(hub, path).opened()
    append(path, "last\n")
    await reader.until_lines(1)
    path.unlink()
    append(path, "again\n")
    await reader.until_lines(2)
    assert reader.lines == ["last", "again"]
    assert len(reader.named("rotated")) == 1
    await hub.close()
    await reader.ended()


async def test_an_old_rotated_file_is_not_shown_again_when_a_log_is_deleted(tmp_path: Path) -> None:
    path = new_log(tmp_path, "current\n")
    path.with_name(path.name + ".1").write_text("of yesterday\n")
    hub = LogHub(render_texts)
    reader = await Reader(hub, path).opened()
    path.unlink()
    append(path, "anew\n")
    await reader.until_lines(1)
    assert reader.lines == ["anew"]
    await hub.close()
    await reader.ended()


async def test_a_viewer_resumes_in_the_rotated_file(tmp_path: Path) -> None:
    path = new_log(tmp_path, "seen\n")
    page = read_tail(path)
    append(path, "missed in the old file\n")
    path.rename(path.with_name(path.name + ".1"))
    append(path, "missed in the new file\n")
    hub = LogHub(render_texts)
    reader = await Reader(hub, path, page.after).opened()
    await reader.until_lines(2)
    assert reader.lines == ["missed in the old file", "missed in the new file"]
    names = [event.name for event in reader.events]
    assert names == ["hb", "lines", "rotated", "lines"]
    await hub.close()
    await reader.ended()


async def test_a_viewer_of_the_new_empty_file_misses_nothing(tmp_path: Path) -> None:
    path = new_log(tmp_path, "old\n")
    hub = LogHub(render_texts)
    first = await Reader(hub, path).opened()
    path.rename(path.with_name(path.name + ".1"))
    path.touch()
    second = await Reader(hub, path, read_tail(path).after).opened()
    append(path, "new\n")
    for reader in (first, second):
        await reader.until_lines(1)
        assert reader.lines == ["new"]
    await hub.close()
    await asyncio.gather(first.ended(), second.ended())


async def test_a_cursor_that_fits_no_file_is_answered_with_a_reset(tmp_path: Path) -> None:
    path = new_log(tmp_path, "one\n")
    cursor = read_tail(path).after
    path.write_text("something else entirely\n")
    hub = LogHub(render_texts)
    reader = Reader(hub, path, cursor)
    await reader.ended()
    assert [event.name for event in reader.events] == ["hb", "reset"]
    assert hub.followed == 0
    await hub.close()


async def test_of_a_long_absence_only_the_end_is_sent_with_a_note(tmp_path: Path) -> None:
    path = new_log(tmp_path, "seen\n")
    page = read_tail(path)
    append(path, "".join(f"missed line number {number:06d}\n" for number in range(60_000)))
    hub = LogHub(render_texts)
    reader = await Reader(hub, path, page.after).opened()
    await reader.until(lambda: bool(reader.lines) and reader.lines[-1].endswith("059999"))
    (gap,) = (event.json() for event in reader.named("skipped"))
    assert gap["count"] + len(reader.lines) == 60_000
    assert Cursor.parse(gap["from"]).offset == page.after.offset
    missing = read_after(path, Cursor.parse(gap["from"]), 3).lines
    assert missing[0].text == "missed line number 000000"
    assert Cursor.parse(gap["to"]).offset == 5 + gap["count"] * 26
    await hub.close()
    await reader.ended()


async def test_a_half_line_waits_for_its_end(tmp_path: Path) -> None:
    path, hub = new_log(tmp_path), LogHub(render_texts)
    reader = await Reader(hub, path).opened()
    append(path, "whole\nhalf a ")
    await reader.until_lines(1)
    append(path, "line\n")
    await reader.until_lines(2)
    assert reader.lines == ["whole", "half a line"]
    await hub.close()
    await reader.ended()


async def test_a_slow_viewer_is_bounded_and_told_what_it_missed(tmp_path: Path) -> None:
    path, hub = new_log(tmp_path), LogHub(render_texts)
    quick = await Reader(hub, path).opened()
    slow = hub.subscribe(path)
    await anext(slow)
    waiting = asyncio.ensure_future(anext(slow))
    await asyncio.sleep(0)
    written = 0
    while written < 3 * QUEUE_BYTES:
        append(path, "".join(f"{written:09d} {number:089d}\n" for number in range(500)))
        written += 500 * 100
    total = written // 100
    await quick.until_lines(total)
    assert hub.longest_queue <= QUEUE_BYTES
    append(path, "the last line\n")
    await quick.until_lines(total + 1)
    events = parse_events(await waiting)
    while events[-1].data[-1:] != ["the last line"]:
        events += parse_events(await anext(slow))
    (skipped,) = (place for place, event in enumerate(events) if event.name == "skipped")
    gap = events[skipped].json()
    shown = sum(len(event.data) for event in events if event.name == "lines")
    assert shown + gap["count"] == total + 1
    assert skipped <= 1, "the newest lines are kept, the oldest are dropped"
    following = [line for event in events[skipped + 1 :] for line in event.data]
    assert following[0] == read_after(path, Cursor.parse(gap["to"]), 1).lines[0].text
    assert events[-1].id == str(read_tail(path).after)
    await slow.aclose()
    await hub.close()
    await quick.ended()


async def test_closing_ends_every_stream_at_once_with_a_goodbye(tmp_path: Path) -> None:
    hub = LogHub(render_texts)
    readers = [await Reader(hub, new_log(tmp_path)).opened() for _ in range(3)]
    hub.end_streams()
    for reader in readers:
        await reader.ended()
        assert reader.events[-1].name == "bye"
    late = Reader(hub, tmp_path / "site.error.log")
    await late.ended()
    assert [event.name for event in late.events] == ["bye"]
    await hub.close()


async def test_a_listener_gets_lines_unrendered(tmp_path: Path) -> None:
    path, hub = new_log(tmp_path, "before\n"), LogHub(render_texts)
    got: list[Batch] = []
    arrived = asyncio.Event()

    def receive(batch: Batch) -> None:
        got.append(batch)
        arrived.set()

    listening = await hub.listen(path, receive)
    assert listening.cursor == read_tail(path).after
    append(path, "ERROR: one\n")
    async with asyncio.timeout(30):
        await arrived.wait()
    assert [line.text for line in got[0].lines] == ["ERROR: one"]
    listening.stop()
    assert hub.followed == 0
    await hub.close()


async def test_a_log_that_cannot_be_read_is_an_error_for_its_viewer(tmp_path: Path) -> None:
    path = tmp_path / "site.error.log"
    path.mkdir()
    hub = LogHub(render_texts)
    with pytest.raises(IsADirectoryError):
        await anext(hub.subscribe(path))
    assert hub.followed == 0
    await hub.close()


async def test_a_change_is_seen_without_waiting_for_the_poll(tmp_path: Path) -> None:
    path, hub = new_log(tmp_path), LogHub(render_texts, poll_seconds=3600)
    reader = await Reader(hub, path).opened()
    for number in range(3):
        append(path, f"line {number}\n")
        await reader.until_lines(number + 1)
    path.rename(path.with_name(path.name + ".1"))
    append(path, "in the new file\n")
    await reader.until_lines(4)
    await hub.close()
    await reader.ended()


async def test_a_failing_renderer_ends_the_streams_instead_of_silencing_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(lines: Sequence[LogLine]) -> bytes:
        raise ValueError("no markup for this")

    path, hub = new_log(tmp_path), LogHub(fail)
    reader = await Reader(hub, path).opened()
    append(path, "anything\n")
    await reader.ended()
    assert reader.events[-1].name == "bye"
    assert "no markup for this" in caplog.text
    await hub.close()
