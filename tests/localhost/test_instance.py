"""One daemon per data folder, and how it starts and refuses to."""

from pathlib import Path

import pytest

from app.localhost.daemon import parse_options
from app.localhost.instance import KEPT_DAEMON_LOG, trim_log
from tests.localhost.host_kit import DEADLINE, LocalHost


def test_a_second_daemon_is_refused_with_the_pid_of_the_first(host: LocalHost) -> None:
    assert host.daemon is not None
    second = host.launch()
    assert second.wait(DEADLINE) == 1
    message = host.messages.read_text()
    assert f"already runs as process {host.daemon.pid}" in message
    assert "Traceback" not in message
    assert host.is_up()


def test_a_killed_daemon_does_not_block_the_next_one(host: LocalHost) -> None:
    host.kill()
    assert host.paths.socket.exists()
    host.start()
    assert host.is_up()


def test_a_running_site_does_not_hold_the_lock_of_a_killed_daemon(host: LocalHost) -> None:
    host.run_hello()
    host.kill()
    host.start()
    assert host.is_up()


def test_a_folder_that_cannot_be_written_is_named(short_path: Path) -> None:
    (short_path / "file").touch()
    host = LocalHost(short_path / "file" / "host", short_path)
    assert host.launch().wait(DEADLINE) == 1
    message = host.messages.read_text()
    assert "cannot write its folder" in message
    assert "Traceback" not in message


def test_a_damaged_token_is_refused_not_replaced(idle_host: LocalHost) -> None:
    idle_host.paths.prepare()
    idle_host.paths.token.write_text("short")
    assert idle_host.launch().wait(DEADLINE) == 1
    assert "does not hold a token" in idle_host.messages.read_text()
    idle_host.paths.token.unlink()


@pytest.mark.parametrize("listen", ["8800", "host:", "127.0.0.1:port", "127.0.0.1:70000"])
def test_an_address_that_is_none_is_refused(
    listen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--data", "x", "--listen", listen])
    assert "HOST:PORT" in capsys.readouterr().err


def test_addresses_are_split_at_the_last_colon() -> None:
    options = parse_options(["--data", "x", "--listen", "[::1]:8800"])
    assert (options.host, options.port) == ("::1", 8800)


def test_a_large_daemon_log_keeps_its_end(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    lines = [b"line %08d\n" % number for number in range(100_000)]
    log.write_bytes(b"".join(lines))
    trim_log(log)
    kept = log.read_bytes()
    assert KEPT_DAEMON_LOG - 14 <= len(kept) <= KEPT_DAEMON_LOG
    assert b"".join(lines).endswith(kept)
    assert kept.startswith(b"line ")


def test_a_small_daemon_log_is_left_alone(tmp_path: Path) -> None:
    trim_log(tmp_path / "none")
    log = tmp_path / "daemon.log"
    log.write_bytes(b"line\n")
    trim_log(log)
    assert log.read_bytes() == b"line\n"
