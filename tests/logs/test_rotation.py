"""A log that is written at speed and rotated under its viewers loses and repeats nothing."""

import asyncio
from pathlib import Path

import pytest

from app.logs.hub import LogHub
from tests.logs.support import Reader, render_texts, start_writer, written_lines

pytestmark = pytest.mark.anyio


def make_empty_log(path: Path) -> Path:
    path.parent.mkdir()
    path.touch()
    return path


async def watch_a_rotating_log(
    path: Path, lines: int, how: str, *, use_inotify: bool, poll_seconds: float
) -> None:
    make_empty_log(path)
    hub = LogHub(render_texts, use_inotify=use_inotify, poll_seconds=poll_seconds)
    reader = await Reader(hub, path, None).opened()
    writer = await start_writer(path, lines, 500, 5, how)
    try:
        await reader.until_lines(lines, seconds=lines / 500 + 60)
        assert reader.lines == written_lines(lines)
        assert len(reader.named("rotated")) == 5
        assert not reader.named("skipped")
    finally:
        await writer.wait()
        await hub.close()
        await reader.ended()


async def watch_all_kinds(folder: Path, lines: int, poll_seconds: float) -> None:
    async with asyncio.TaskGroup() as group:
        for how in ("rename", "copytruncate"):
            for use_inotify in (True, False):
                path = folder / f"{how}-{use_inotify}" / "site.error.log"
                group.create_task(
                    watch_a_rotating_log(
                        path, lines, how, use_inotify=use_inotify, poll_seconds=poll_seconds
                    )
                )


async def test_five_rotations_lose_and_repeat_nothing(tmp_path: Path) -> None:
    await watch_all_kinds(tmp_path, 2_500, poll_seconds=0.25)


@pytest.mark.long
async def test_five_rotations_lose_and_repeat_nothing_at_the_real_poll(tmp_path: Path) -> None:
    await watch_all_kinds(tmp_path, 6_000, poll_seconds=1.0)


@pytest.mark.parametrize("how", ["rename", "copytruncate"])
async def test_twenty_resumes_at_speed_lose_and_repeat_nothing(tmp_path: Path, how: str) -> None:
    path = make_empty_log(tmp_path / "logs" / "site.error.log")
    hub = LogHub(render_texts)
    reader = await Reader(hub, path, None).opened()
    writer = await start_writer(path, 1_500, 500, 3, how)
    seen: list[str] = []
    try:
        for _ in range(20):
            await reader.until_lines(40)
            await reader.leave()
            seen += reader.lines
            reader = Reader(hub, path, reader.last_cursor)
        await reader.until_lines(1_500 - len(seen))
        assert seen + reader.lines == written_lines(1_500)
    finally:
        await writer.wait()
        await hub.close()
        await reader.ended()
