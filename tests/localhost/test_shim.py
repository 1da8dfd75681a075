"""What a site writes is in its logs byte for byte, whatever happens to the disk."""

import gzip
import json
import os
import re
import resource
import signal

import pytest

from tests.localhost.host_kit import HELLO, PID_SITE, SERVE, LocalHost, wait_until

HOSTILE = b"\0 nul \xff\xfe broken \xe2\x82 \r lone \x1b[31m <script>\n" + b"x" * 1_000_000 + b"\n"
WRITE = """
import os
def write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]
"""


def test_both_streams_are_kept_byte_for_byte(host: LocalHost) -> None:
    source = f"{WRITE}data = {HOSTILE!r}\nwrite(1, data)\nwrite(2, data[::-1])\n{PID_SITE}"
    host.create(HELLO, host.program(source))
    host.wait_for_state("running")
    wait_until(lambda: len(host.log(kind="server")) >= len(HOSTILE))
    wait_until(lambda: len(host.log(kind="error")) >= len(HOSTILE))
    assert host.log(kind="server") == HOSTILE
    assert host.log(kind="error") == HOSTILE[::-1]


def test_the_last_words_of_a_program_are_kept(host: LocalHost) -> None:
    data = b"last words without an end " * 2000
    host.create(HELLO, host.program(f"{WRITE}write(2, {data!r})\nos._exit(7)\n"))
    status = host.wait_for_state("backoff")
    assert status["last_exit"]["code"] == 7
    assert host.log() == data * host.status()["generation"]


def test_a_half_line_is_written_at_once(host: LocalHost) -> None:
    host.create(HELLO, host.program(f"import os\nos.write(2, b'half')\n{PID_SITE}"))
    host.wait_for_state("running")
    assert host.log() == b"half"


def test_a_run_has_a_record_of_its_processes_and_its_end(host: LocalHost) -> None:
    status = host.run_hello()
    record = host.record()
    assert record.child is not None
    assert record.child.pid == status["pid"]
    assert record.child.is_running()
    assert record.shim.is_running()
    assert record.exit is None
    # Groups: the site can be signalled without its shim, and neither belongs to the daemon's.
    assert os.getpgid(record.child.pid) == record.child.pid
    assert os.getsid(record.child.pid) == record.shim.pid
    host.kill()
    os.kill(record.child.pid, signal.SIGTERM)
    wait_until(lambda: host.record().exit)
    ended = host.record().exit
    assert ended is not None
    assert (ended.code, ended.signal) == (None, signal.SIGTERM)
    wait_until(lambda: not record.shim.is_running())


def test_a_helper_that_keeps_the_pipes_does_not_keep_the_site_from_restarting(
    host: LocalHost,
) -> None:
    source = (
        "import os, signal, time\n"
        "if os.fork() == 0:\n"
        "    os.setpgid(0, 0)\n"
        "    time.sleep(20)\n"
        f"    os._exit(0)\n{PID_SITE}"
    )
    host.create(HELLO, host.program(source))
    first = host.wait_for_state("running")
    os.kill(first["pid"], signal.SIGKILL)
    wait_until(lambda: host.status()["pid"] not in (None, first["pid"]), 5)


def test_a_full_disk_costs_lines_but_not_the_site(host: LocalHost) -> None:
    answer = "serve(lambda: os.write(2, b'line\\n') and b'ok')\n"
    host.create(HELLO, host.program(SERVE + answer))
    host.wait_for_state("running")
    shim = host.record().shim.pid
    _, hard = resource.prlimit(shim, resource.RLIMIT_FSIZE)
    resource.prlimit(shim, resource.RLIMIT_FSIZE, (len(host.log()), hard))
    for _ in range(3):
        assert host.visit().body == b"ok"
    before = host.log()
    resource.prlimit(shim, resource.RLIMIT_FSIZE, (hard, hard))
    assert host.visit().body == b"ok"
    wait_until(lambda: b"were not written" in host.log())
    text = host.log()[len(before) :].decode()
    lost = re.search(rf"\[(\d+) bytes of {HELLO}\.error\.log were not written: \[Errno 27\]", text)
    assert text.startswith("line\n")
    assert lost is not None
    # What the shim had not read yet when there was room again is not lost.
    assert int(lost[1]) + len("line\n") * text.count("line\n") == 4 * len("line\n")
    assert host.status()["state"] == "running"


def test_log_rotation_loses_no_byte_of_a_running_site(host: LocalHost) -> None:
    line = b"%07d " + b"." * 1015 + b"\n"
    count = 25_000
    source = f"{WRITE}for n in range({count}): write(1, {line!r} % n)\n{PID_SITE}"
    host.create(HELLO, host.program(source))
    host.wait_for_state("running", seconds=20)
    folder = host.paths.log_folder
    packed = folder / f"{HELLO}.server.log.2.gz"
    wait_until(packed.exists)
    parts = [
        gzip.decompress(packed.read_bytes()),
        (folder / f"{HELLO}.server.log.1").read_bytes(),
        host.log(kind="server"),
    ]
    assert b"".join(parts) == b"".join(line % number for number in range(count))
    assert all(part.endswith(b"\n") for part in parts)
    for name in (f"{HELLO}.server.log", f"{HELLO}.server.log.1"):
        assert (host.paths.times_folder / name).read_text().startswith("0 ")
    assert {path.name for path in host.paths.times_folder.iterdir()} == {
        f"{HELLO}.server.log",
        f"{HELLO}.server.log.1",
    }


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"shim": 5}', "\0", json.dumps({"a": 1})])
def test_a_damaged_record_is_as_good_as_none(host: LocalHost, content: str) -> None:
    host.create(HELLO, host.program(PID_SITE), enabled=False)
    host.terminate()
    host.paths.record_file(HELLO).write_text(content)
    host.start()
    host.call("PATCH", f"/api/v1/user/local/websites/{HELLO}/", {"enabled": True})
    host.wait_for_state("running")
