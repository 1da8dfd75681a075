"""Where the local host's files lie, also when their paths would be too long for sockets."""

import os
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.localhost.paths import MAX_SOCKET_PATH, HostPaths
from app.models import LogKind, LogName
from tests.localhost.host_kit import HELLO, local_host


def long_folder(root: Path) -> Path:
    return root / ("a" * 60) / ("b" * 60)


def test_every_folder_is_private(short_path: Path) -> None:
    paths = HostPaths(short_path / "host")
    paths.prepare()
    for folder in (paths.folder, paths.sites, paths.run, paths.log_folder, paths.times_folder):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_log_files_have_their_index_beside_them(short_path: Path) -> None:
    paths = HostPaths(short_path / "host")
    name = LogName(LogKind.ERROR, 1)
    assert paths.log_file(HELLO, name) == paths.folder / "var/log/hello.localhost.error.log.1"
    assert paths.times_file(HELLO, name) == paths.folder / "var/times/hello.localhost.error.log.1"


def test_sockets_of_long_domains_fit(short_path: Path) -> None:
    paths = HostPaths(short_path / "host")
    domain = ".".join(["a" * 60] * 3)
    assert len(os.fsencode(paths.site_socket(domain, 10**9))) <= MAX_SOCKET_PATH


def test_sockets_move_to_a_private_folder_when_the_data_path_is_long(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path))
    paths = HostPaths(long_folder(short_path))
    paths.prepare()
    assert paths.sockets.parent == short_path
    assert paths.socket.parent == paths.sockets
    assert paths.sockets.stat().st_mode & 0o777 == 0o700
    assert len(os.fsencode(paths.site_socket(HELLO, 10**9))) <= MAX_SOCKET_PATH
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert HostPaths(long_folder(short_path)).socket == paths.socket


@pytest.mark.parametrize("bad", ["link", "open to others", "file"])
def test_a_runtime_folder_that_is_not_ours_is_refused(
    short_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path))
    paths = HostPaths(long_folder(short_path))
    if bad == "link":
        (short_path / "elsewhere").mkdir(mode=0o700)
        paths.sockets.symlink_to(short_path / "elsewhere")
    elif bad == "file":
        paths.sockets.touch()
    else:
        paths.sockets.mkdir()
        paths.sockets.chmod(0o755)
    with pytest.raises(ConfigurationError):
        paths.prepare()


def test_a_folder_that_cannot_be_written_is_named(short_path: Path) -> None:
    (short_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot write its folder"):
        HostPaths(short_path / "file" / "host").prepare()


def test_a_host_with_a_long_data_path_runs_and_adopts_its_sites(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path))
    root = long_folder(short_path)
    root.mkdir(parents=True)
    with local_host(root) as host:
        host.start()
        pid = host.run_hello()["pid"]
        host.kill()
        assert host.visit_directly().body == str(pid).encode()
        host.start()
        assert host.wait_for_state("running")["pid"] == pid
