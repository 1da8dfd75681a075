"""Tracebacks in the stderr of a real uvicorn site stay together, each as one entry."""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.logs.entries import OpenEntry, fold
from app.logs.files import read_after, read_before, read_tail
from app.logs.identity import Cursor, Identity
from app.logs.lines import LineReader
from app.logs.splitter import LineSplitter
from app.logs.tail import LogTail
from app.models import Level, LogEntry, LogLine, Traceback
from tests.logs.raising_site import BROKEN, WAYS
from tests.process import ROOT
from tests.support import eventually, free_port

HEADER = "ERROR:    Exception in ASGI application"
Failures = dict[str, tuple[LogLine, ...]]


@contextmanager
def site_that_raises(folder: Path, log: Path) -> Iterator[int]:
    (folder / f"{BROKEN}.py").write_text("x = 1\ndef f(:\n")
    port = free_port()
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "tests.logs.raising_site:app", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(folder)},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        eventually(lambda: b"running on" in log.read_bytes(), "the site starts", 20)
        yield port
    finally:
        process.terminate()
        process.wait()


def ask(port: int, way: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", f"/{way}")
        return connection.getresponse().status


def new_lines(tail: LogTail) -> Iterator[LogLine]:
    while (batch := tail.look()) is not None:
        yield from batch.lines


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site") / "error.log"


@pytest.fixture(scope="module")
def failures(log: Path) -> Failures:
    """What each way to fail wrote, as it was followed live."""
    tail, found = LogTail(log), {}
    tail.start()
    try:
        with site_that_raises(log.parent, log) as port:
            list(new_lines(tail))
            for way in WAYS:
                assert ask(port, way) in (204, 500)
                found[way] = tuple(new_lines(tail))
    finally:
        tail.close()
    return found


def traceback(lines: tuple[LogLine, ...]) -> Traceback:
    (entry,) = fold(lines)
    assert isinstance(entry, Traceback)
    assert entry.lines == lines
    return entry


def read_text(text: str) -> list[LogEntry]:
    """The entries of a text without times of arrival."""
    reader, splitter = LineReader(), LineSplitter(0)
    raws = splitter.feed(text.encode())
    return fold([reader.read(raw, "", number + 1, None) for number, raw in enumerate(raws)])


@pytest.mark.parametrize("way", WAYS)
def test_every_failure_is_one_entry_with_all_its_lines(failures: Failures, way: str) -> None:
    entry = traceback(failures[way])
    assert {line.level for line in entry.lines} == {Level.ERROR}
    assert entry.raised[0].message


@pytest.mark.parametrize(
    ("way", "header"),
    [
        ("plain", HEADER),
        ("task", "Task exception was never retrieved"),
        ("thread", "Exception in thread Thread-1 (pick):"),
    ],
)
def test_the_line_above_is_the_header(failures: Failures, way: str, header: str) -> None:
    entry = traceback(failures[way])
    assert entry.header == header
    assert [raised.message for raised in entry.raised] == [("KeyError: 'cart_id'",)]


def test_a_cause_comes_below_what_it_caused(failures: Failures) -> None:
    last, cause = traceback(failures["caused"]).raised
    assert (last.message, last.relation) == (("RuntimeError: There is no cart",), "")
    assert (cause.message, cause.relation) == (("KeyError: 'cart_id'",), "caused by")
    assert [frame.lines[0].split(" in ")[1] for frame in cause.frames] == ["caused", "pick"]


def test_a_message_of_several_lines_is_kept_whole(failures: Failures) -> None:
    last, first = traceback(failures["handling"]).raised
    assert last.message == ("ValueError: first line", "second line", "  third line")
    assert (first.message, first.relation) == (("KeyError: 'cart_id'",), "raised while handling")


def test_the_members_of_a_group_stand_below_it(failures: Failures) -> None:
    raised = traceback(failures["group"]).raised
    assert [(one.depth, one.relation, one.message[0].split(":")[0]) for one in raised] == [
        (0, "", "ExceptionGroup"),
        (1, "sub-exception 1", "KeyError"),
        (1, "sub-exception 2", "ValueError"),
        (1, "sub-exception 3", "ExceptionGroup"),
        (2, "sub-exception 1", "TypeError"),
    ]
    assert [len(one.frames) > 0 for one in raised] == [True, True, True, False, False]


def test_repeated_frames_stay_with_the_frame_that_repeats(failures: Failures) -> None:
    (raised,) = traceback(failures["recursion"]).raised
    assert "RecursionError" in raised.message[0]
    assert re.match(r"  \[Previous line repeated \d+ more times\]", raised.frames[-1].lines[-1])


def test_the_place_of_a_syntax_error_is_its_last_frame(failures: Failures) -> None:
    (raised,) = traceback(failures["syntax"]).raised
    assert raised.message[0].startswith("SyntaxError: ")
    assert raised.frames[-1].lines[0].endswith(f'{BROKEN}.py", line 2')
    assert raised.frames[-1].package == ""
    assert "importlib" in {frame.package for frame in raised.frames}


def test_library_frames_are_told_from_the_sites_own(failures: Failures) -> None:
    (raised,) = traceback(failures["plain"]).raised
    packages = [frame.package for frame in raised.frames]
    assert packages[0] == "uvicorn"
    assert packages[-2:] == ["", ""]
    (raised,) = traceback(failures["thread"]).raised
    assert {frame.package for frame in raised.frames} == {"threading", ""}


def test_a_program_that_does_not_parse_is_one_entry(tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text("x = (\n")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    (entry,) = read_text(done.stderr)
    assert isinstance(entry, Traceback)
    assert entry.header == ""
    assert entry.raised[0].message[0].startswith("SyntaxError: ")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("first_line", [2, 3, 7])
def test_a_page_never_begins_inside_an_entry(
    log: Path, failures: Failures, way: str, first_line: int
) -> None:
    lines = failures[way]
    cut = lines[min(first_line, len(lines) - 1)]
    times = log.with_name("times")
    times.write_text("".join(f"{one[0].offset} {time.time():.3f}\n" for one in failures.values()))
    with log.open("rb") as file:
        cursor = Cursor(Identity.of(file.fileno()), cut.offset)
    page = read_after(log, cursor, times=times)
    assert page.before.offset == lines[0].offset == page.lines[0].offset
    assert [line.text for line in page.lines[: len(lines)]] == [line.text for line in lines]


def test_earlier_pages_join_without_overlap(log: Path, failures: Failures) -> None:
    page = read_tail(log, 20)
    texts = [line.text for line in page.lines]
    while page.before.offset > 0:
        page = read_before(log, page.before, 20)
        assert page.lines
        texts[:0] = [line.text for line in page.lines]
    assert texts == log.read_text().splitlines()


def test_the_piece_of_a_traceback_comes_again_with_its_rest(failures: Failures) -> None:
    lines = failures["caused"]
    for cut in range(1, len(lines)):
        open_entry = OpenEntry()
        assert open_entry.extend(lines[:cut]) == ()
        assert open_entry.extend(lines[cut:]) == lines[:cut]


def test_nothing_comes_again_that_is_finished(failures: Failures) -> None:
    open_entry = OpenEntry()
    open_entry.extend(failures["plain"])
    assert open_entry.extend(failures["caused"]) == ()


def test_of_an_endless_entry_the_beginning_is_left_behind() -> None:
    frames = '  File "/srv/main.py", line 1, in f\n' * 6000
    reader, splitter = LineReader(), LineSplitter(0)
    raws = splitter.feed(f"Traceback (most recent call last):\n{frames}".encode())
    lines = [reader.read(raw, "", number + 1, None) for number, raw in enumerate(raws)]
    open_entry = OpenEntry()
    again = [len(open_entry.extend(lines[at : at + 500])) for at in range(0, len(lines), 500)]
    assert max(again) < 4500
    assert 0 in again[1:]


@pytest.mark.parametrize(
    "text",
    [
        "Traceback (most recent call last):\nplain output\n",
        "ERROR:    It failed\nplain\n",
        "ERROR:    It failed\nERROR:    Again\n",
        '  File "x.py", line 3\nplain output\n',
        "During handling of the above exception, another exception occurred:\n",
        "Exception in thread Thread-1 (work):\nplain\n",
    ],
)
def test_what_only_looks_like_a_beginning_stays_lines(text: str) -> None:
    assert all(isinstance(entry, LogLine) for entry in read_text(text))


def test_output_after_a_traceback_is_not_part_of_it() -> None:
    text = 'Traceback (most recent call last):\n  File "x", line 1, in y\nValueError: bad\n'
    entry, *rest = read_text(f"{text}payment received\n  indented\nINFO:     ready\n{text}")
    assert isinstance(entry, Traceback)
    assert [type(one) for one in rest] == [LogLine, LogLine, LogLine, Traceback]


def test_a_second_traceback_is_an_entry_of_its_own() -> None:
    one = 'Traceback (most recent call last):\n  File "x", line 1, in y\nValueError: bad\n'
    entries = read_text(f"{one}\n{one}{HEADER}\n{one}")
    assert [type(entry) for entry in entries] == [Traceback] * 3


def test_deeply_nested_bars_are_only_text() -> None:
    sections = "".join(
        f"{' ' * depth * 2}+-+---------------- 1 ----------------\n" for depth in range(1, 1500)
    )
    entries = read_text(f"  + Exception Group Traceback (most recent call last):\n{sections}")
    assert len(entries) == 1
