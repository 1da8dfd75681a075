"""Sites are kept running: deaths of the site, of its shim and of the daemon."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from app.localhost import processes
from app.models import LogKind, LogName
from tests.localhost.host_kit import (
    HELLO,
    PID_SITE,
    SERVE,
    WEBSITES,
    LocalHost,
    local_host,
    wait_until,
)

CRASHING = "import sys; print('about to fail', file=sys.stderr); sys.exit(3)"
NEVER_OPENS = "import time\nprint('no socket', flush=True)\ntime.sleep(600)"


def is_gone(pid: int) -> bool:
    return not processes.is_running(pid, processes.start_of(pid))


def child_pid(host: LocalHost) -> int | None:
    child = host.record().child
    return child.pid if child else None


def test_a_site_that_starts_is_running_with_its_first_answer(host: LocalHost) -> None:
    status = host.run_hello()
    assert host.visit().body == str(status["pid"]).encode()
    assert status["answer"]["status"] == 200
    assert 0 < status["answer"]["seconds"] < 10
    assert status["reason"] == ""
    assert status["last_exit"] is None


def test_a_uvicorn_site_is_served_with_its_own_output_in_the_logs(host: LocalHost) -> None:
    (host.programs / "raw.py").write_text(
        "async def app(scope, receive, send):\n"
        "    assert scope['type'] == 'http'\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': scope['scheme'].encode()})\n"
    )
    uvicorn = Path(sys.executable).with_name("uvicorn")
    host.create(HELLO, f"{uvicorn} raw:app --app-dir {host.programs} --uds ${{DOMAIN_SOCKET}}")
    host.wait_for_state("running")
    assert host.visit().body == b"http"
    wait_until(lambda: b'"GET / HTTP/1.1" 200 OK' in host.log(kind="server"))
    assert b"Uvicorn running on unix socket" in host.log(kind="error")
    wait_until(lambda: b'"GET / HTTP/1.1" 200' in host.log(kind="access"))


def test_a_died_site_is_started_again_at_once(host: LocalHost) -> None:
    first = host.run_hello()
    os.kill(first["pid"], signal.SIGKILL)
    killed_at = time.monotonic()
    wait_until(lambda: child_pid(host) not in (None, first["pid"]))
    assert time.monotonic() - killed_at < 1.0
    second = host.wait_for_state("running")
    assert second["pid"] != first["pid"]
    assert second["generation"] == first["generation"] + 1
    assert second["last_exit"]["signal"] == signal.SIGKILL
    assert second["last_exit"]["code"] is None
    assert host.visit().body == str(second["pid"]).encode()


def test_a_site_that_exits_at_once_backs_off_and_ends_in_a_crash_loop(host: LocalHost) -> None:
    host.create(HELLO, host.program(CRASHING))
    status = host.wait_for_state("backoff")
    assert status["reason"] == "about to fail (The program ended with exit code 3.)"
    assert status["last_exit"]["code"] == 3
    assert status["last_exit"]["stderr"] == ["about to fail"]
    status = host.wait_for_state("crash_loop", seconds=15)
    assert "5 times within a minute" in status["reason"]
    assert host.site()["enabled"] is True
    assert host.log().count(b"about to fail") == 5
    assert host.visit().status == 503


def test_a_reload_clears_the_crash_loop(host: LocalHost) -> None:
    host.create(HELLO, host.program(CRASHING))
    host.wait_for_state("crash_loop", seconds=15)
    host.program(PID_SITE)
    host.call("POST", f"{WEBSITES}{HELLO}/reload/")
    assert host.wait_for_state("running")["reason"] == ""


def test_a_program_that_does_not_exist_is_named(host: LocalHost) -> None:
    host.create(HELLO, "/no/such/uvicorn --uds ${DOMAIN_SOCKET}")
    status = host.wait_for_state("backoff")
    assert status["reason"] == "/no/such/uvicorn does not exist."
    assert status["last_exit"]["stderr"] == [
        "[Errno 2] No such file or directory: '/no/such/uvicorn'"
    ]


def test_a_working_folder_that_has_gone_is_named(host: LocalHost) -> None:
    folder = host.programs / "folder"
    folder.mkdir()
    host.create(HELLO, host.program(PID_SITE), enabled=False, working_directory=str(folder))
    folder.rmdir()
    host.call("PATCH", f"{WEBSITES}{HELLO}/", {"enabled": True})
    assert host.wait_for_state("backoff")["reason"] == f"{folder} does not exist."


def test_a_site_that_never_opens_its_socket_fails_with_the_likely_cause(
    idle_host: LocalHost,
) -> None:
    idle_host.start("--start-seconds", "0.3")
    idle_host.create(HELLO, idle_host.program(NEVER_OPENS))
    status = idle_host.wait_for_state("failed")
    assert "has not opened ${DOMAIN_SOCKET} after 0.3 s" in status["reason"]
    assert "--uds ${DOMAIN_SOCKET}" in status["reason"]
    assert status["pid"] is not None


def test_a_site_that_opens_its_socket_late_is_running_after_all(idle_host: LocalHost) -> None:
    gate = idle_host.programs / "gate"
    source = (
        f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\n{PID_SITE}"
    )
    idle_host.start("--start-seconds", "0.2")
    idle_host.create(HELLO, idle_host.program(source))
    pid = idle_host.wait_for_state("failed")["pid"]
    gate.touch()
    assert idle_host.wait_for_state("running")["pid"] == pid


def test_a_program_that_does_not_speak_http_is_told_apart(idle_host: LocalHost) -> None:
    source = SERVE.replace('b"HTTP/1.1 200 OK', 'b"SSH-2.0-OpenSSH') + "serve(lambda: b'x')\n"
    idle_host.start("--start-seconds", "0.2")
    idle_host.create(HELLO, idle_host.program(source))
    assert "not in HTTP" in idle_host.wait_for_state("failed")["reason"]


def test_a_killed_shim_takes_its_site_along_and_the_site_comes_back(host: LocalHost) -> None:
    first = host.run_hello()
    os.kill(host.record().shim.pid, signal.SIGKILL)
    wait_until(lambda: host.status()["generation"] > first["generation"])
    second = host.wait_for_state("running")
    assert second["pid"] != first["pid"]
    wait_until(lambda: is_gone(first["pid"]))
    assert second["last_exit"]["code"] is None
    assert second["last_exit"]["signal"] is None


def test_sites_outlive_a_killed_daemon_and_the_next_one_adopts_them(host: LocalHost) -> None:
    first = host.run_hello()
    host.kill()
    assert host.visit_directly().body == str(first["pid"]).encode()
    host.start()
    second = host.wait_for_state("running")
    assert second["pid"] == first["pid"]
    assert second["generation"] == first["generation"]
    assert second["started_at"] == first["started_at"]
    assert host.visit().body == str(first["pid"]).encode()


def test_an_adopted_site_that_dies_is_started_again(host: LocalHost) -> None:
    first = host.run_hello()
    host.kill()
    host.start()
    host.wait_for_state("running")
    os.kill(first["pid"], signal.SIGKILL)
    wait_until(lambda: host.status()["pid"] not in (None, first["pid"]))
    assert host.wait_for_state("running")["last_exit"]["signal"] == signal.SIGKILL


def test_output_written_while_no_daemon_runs_is_in_the_logs(host: LocalHost) -> None:
    host.create(HELLO, host.program(SERVE + "serve(lambda: print('seen', flush=True) or b'ok')\n"))
    host.wait_for_state("running")
    host.kill()
    before = host.log(kind="server").count(b"seen")
    host.visit_directly()
    wait_until(lambda: host.log(kind="server").count(b"seen") == before + 1)


def test_a_daemon_ends_what_a_dead_shim_left_and_starts_the_site(host: LocalHost) -> None:
    first = host.run_hello()
    host.kill()
    os.kill(host.record().shim.pid, signal.SIGKILL)
    host.start()
    second = host.wait_for_state("running")
    assert second["pid"] != first["pid"]
    assert is_gone(first["pid"])


@pytest.mark.parametrize("has_shim", [True, False])
def test_a_site_deleted_from_the_disk_is_ended_by_the_next_daemon(
    host: LocalHost, has_shim: bool
) -> None:
    first = host.run_hello()
    host.kill()
    if not has_shim:
        os.kill(host.record().shim.pid, signal.SIGKILL)
    host.paths.spec_file(HELLO).unlink()
    host.start()
    wait_until(lambda: is_gone(first["pid"]))
    assert host.call("GET", WEBSITES).json() == []
    assert not list(host.paths.run.glob("*.sock"))


def test_a_site_that_ignores_the_request_to_end_is_killed(host: LocalHost) -> None:
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PID_SITE
    host.create(HELLO, host.program(stubborn))
    pid = host.wait_for_state("running")["pid"]
    host.call("PATCH", f"{WEBSITES}{HELLO}/", {"enabled": False})
    assert host.status()["state"] == "stopping"
    host.wait_for_state("disabled")
    assert is_gone(pid)


def test_quick_clicks_end_in_the_state_of_the_last_one(host: LocalHost) -> None:
    host.run_hello()
    for enabled in (False, True, False, True):
        host.call("PATCH", f"{WEBSITES}{HELLO}/", {"enabled": enabled})
    status = host.wait_for_state("running")
    assert host.visit().body == str(status["pid"]).encode()
    for enabled in (False, True, False):
        host.call("PATCH", f"{WEBSITES}{HELLO}/", {"enabled": enabled})
    host.wait_for_state("disabled")
    assert host.visit().status == 404


def test_what_a_site_leaves_in_its_group_ends_with_it(host: LocalHost) -> None:
    source = (
        "import os, subprocess, sys\n"
        "helper = subprocess.Popen(['/bin/sleep', '600'])\n"
        f"print(helper.pid, flush=True)\n{PID_SITE}"
    )
    host.create(HELLO, host.program(source.replace("-I -S", "")))
    status = host.wait_for_state("running")
    helper = int(host.log(kind="server"))
    assert not is_gone(helper)
    os.kill(status["pid"], signal.SIGKILL)
    wait_until(lambda: is_gone(helper))
    wait_until(lambda: host.status()["pid"] not in (None, status["pid"]))


def test_a_daemon_leaves_no_zombies(host: LocalHost) -> None:
    host.create(HELLO, host.program(CRASHING))
    host.wait_for_state("backoff")
    daemon = host.call("GET", "/api/host/").json()["pid"]
    children = Path(f"/proc/{daemon}/task/{daemon}/children")

    def zombies() -> list[str]:
        states = []
        for pid in children.read_text().split():
            stat = Path(f"/proc/{pid}/stat")
            if stat.exists():
                states.append(stat.read_text().rpartition(")")[2].split()[0])
        return [state for state in states if state == "Z"]

    wait_until(lambda: not zombies())


def test_a_site_gets_a_built_environment_only(short_path: Path) -> None:
    source = (
        "import os, resource, sys, json\n"
        "print(json.dumps([dict(os.environ), os.getcwd(), os.umask(0o22),\n"
        "    resource.getrlimit(resource.RLIMIT_NOFILE)[0], sys.stdin.read()]), flush=True)\n"
    )
    secrets = {"SITEDECK_DATA": "secret", "API_TOKEN": "secret", "LANG": "C.UTF-8"}
    with local_host(short_path, **secrets) as host:
        host.start()
        folder = host.programs
        host.create(HELLO, host.program(source + PID_SITE), working_directory=str(folder))
        host.wait_for_state("running")
        environment, cwd, umask, files, stdin = json.loads(host.log(kind="server"))
        assert cwd == str(folder)
        assert umask != 0o077
        assert files <= 4096
        assert stdin == ""
        assert environment["DOMAIN_SOCKET"].endswith(".1.sock")
        assert environment["FORWARDED_ALLOW_IPS"] == "*"
        assert environment["PYTHONUNBUFFERED"] == "1"
        assert "secret" not in environment.values()
        allowed = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "LC_CTYPE"}
        built = {"DOMAIN_SOCKET", "FORWARDED_ALLOW_IPS", "PYTHONUNBUFFERED"}
        assert set(environment) <= allowed | built


@pytest.mark.parametrize("kind", list(LogKind))
def test_log_files_stay_when_a_site_is_deleted(host: LocalHost, kind: LogKind) -> None:
    host.run_hello()
    host.visit()
    path = host.paths.log_file(HELLO, LogName(kind))
    wait_until(path.exists)
    assert host.call("DELETE", f"{WEBSITES}{HELLO}/").status == 204
    assert path.exists()


def test_a_command_that_splits_to_nothing_usable_fails_without_retries(host: LocalHost) -> None:
    host.create(HELLO, "${HOME}/../no/such", enabled=False)
    host.terminate()
    spec = host.paths.spec_file(HELLO)
    spec.write_text(spec.read_text().replace("${HOME}/../no/such", "uvicorn app:app"))
    host.start()
    host.call("PATCH", f"{WEBSITES}{HELLO}/", {"enabled": True})
    status = host.wait_for_state("failed")
    assert "whole path" in status["reason"]
    assert status["generation"] == 1
    assert host.visit().status == 503


def test_a_link_that_cannot_be_set_does_not_end_the_supervision(host: LocalHost) -> None:
    link = host.paths.current_socket(HELLO)
    (link / "in the way").mkdir(parents=True)
    status = host.run_hello()
    os.kill(status["pid"], signal.SIGKILL)
    wait_until(lambda: child_pid(host) not in (None, status["pid"]))
    wait_until(lambda: host.status()["state"] == "running")
