"""The websites calls in PythonAnywhere's wire format."""

import json
import threading

import pytest

from tests.localhost.host_kit import HELLO, PID_SITE, SERVE, WEBSITES, LocalHost, wait_until

COMMAND = "/no/such/program --uds ${DOMAIN_SOCKET}"
SITE = f"{WEBSITES}{HELLO}/"


def create_disabled(host: LocalHost, domain: str = HELLO) -> None:
    host.create(domain, COMMAND, enabled=False)


def test_a_created_site_has_the_documented_fields(host: LocalHost) -> None:
    site = host.create(HELLO, COMMAND, enabled=False, working_directory="/")
    status = site.pop("status")
    assert site == {
        "id": 1,
        "user": "local",
        "domain_name": HELLO,
        "enabled": False,
        "webapp": {
            "id": 1,
            "command": COMMAND,
            "domains": [{"domain_name": HELLO, "enabled": False}],
        },
        "logfiles": {
            "access": f"/var/log/{HELLO}.access.log",
            "error": f"/var/log/{HELLO}.error.log",
            "server": f"/var/log/{HELLO}.server.log",
        },
        "working_directory": "/",
    }
    port = host.call("GET", "/api/host/").json()["sites_address"].rpartition(":")[2]
    assert status == {
        "state": "disabled",
        "reason": "",
        "pid": None,
        "generation": 0,
        "started_at": None,
        "reloaded_at": None,
        "answer": None,
        "last_exit": None,
        "url": f"http://{HELLO}:{port}",
    }


def test_sites_are_enabled_unless_said_otherwise(host: LocalHost) -> None:
    assert host.create(HELLO, host.program(PID_SITE))["enabled"] is True
    host.wait_for_state("running")


def test_lists_are_plain_arrays_in_order_of_creation(host: LocalHost) -> None:
    assert host.call("GET", WEBSITES).json() == []
    for domain in ("b.localhost", "a.test", "c.example"):
        create_disabled(host, domain)
    sites = host.call("GET", WEBSITES).json()
    assert [(site["id"], site["domain_name"]) for site in sites] == [
        (1, "b.localhost"),
        (2, "a.test"),
        (3, "c.example"),
    ]


def test_answers_are_compact_json(host: LocalHost) -> None:
    reply = host.call("GET", WEBSITES)
    assert reply.headers["Content-Type"] == "application/json"
    host.run_hello()
    assert host.call("POST", f"{SITE}reload/").body == b'{"status":"OK"}'


def test_addresses_work_without_the_last_slash_and_never_redirect(host: LocalHost) -> None:
    host.run_hello()
    assert host.call("GET", WEBSITES.rstrip("/")).status == 200
    assert host.call("GET", SITE.rstrip("/")).json()["domain_name"] == HELLO
    assert host.call("POST", f"{SITE}reload").status == 200
    assert host.call("POST", WEBSITES.rstrip("/"), {}).status == 400
    assert host.call("DELETE", SITE.rstrip("/")).status == 204


@pytest.mark.parametrize(
    ("content", "field", "message"),
    [
        ({}, "domain_name", "This field is required."),
        ({"domain_name": 5}, "domain_name", "Not a valid string."),
        ({"domain_name": ""}, "domain_name", "Type a domain"),
        ({"domain_name": "../etc"}, "domain_name", "not a host name"),
        ({"domain_name": "a/b.localhost"}, "domain_name", "not a host name"),
        ({"domain_name": "localhost"}, "domain_name", "two parts, for example shop.localhost"),
        ({"domain_name": "127.0.0.1"}, "domain_name", "an IP address or a number"),
        ({"domain_name": "shop.8000"}, "domain_name", "an IP address or a number"),
        ({"domain_name": "8000"}, "domain_name", "an IP address or a number"),
        ({"domain_name": "a" * 300 + ".localhost"}, "domain_name", "not a host name"),
        ({"webapp": None}, "webapp", "This field is required."),
        ({"webapp": {}}, "command", "This field is required."),
        ({"webapp": {"command": ["/x"]}}, "command", "Not a valid string."),
        ({"webapp": {"command": "uvicorn x:y"}}, "command", "whole path"),
        ({"webapp": {"command": "/x 'y"}}, "command", "never closed"),
        ({"enabled": "yes"}, "enabled", "Must be a valid boolean."),
        ({"working_directory": "up"}, "working_directory", "whole path of the folder"),
        ({"working_directory": "/no/such"}, "working_directory", "no folder /no/such"),
        ({"working_directory": __file__}, "working_directory", "no folder"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(
    shared_host: LocalHost, content: dict[str, object], field: str, message: str
) -> None:
    if content:
        content = {"domain_name": HELLO, "webapp": {"command": COMMAND}, **content}
    reply = shared_host.call("POST", WEBSITES, content)
    assert reply.status == 400
    ((name, messages),) = reply.json().items()
    assert name == field
    assert message in messages[0]
    assert shared_host.call("GET", WEBSITES).json() == []


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b"\xff", b"[" * 60_000])
def test_a_body_that_is_no_object_is_refused(shared_host: LocalHost, body: bytes) -> None:
    assert shared_host.call("POST", WEBSITES, body).status == 400


def test_a_body_that_is_too_large_is_refused(shared_host: LocalHost) -> None:
    reply = shared_host.call("POST", WEBSITES, b" " * 70_000)
    assert reply.status == 413
    assert "larger than 65536 bytes" in reply.json()["detail"]


def test_a_second_site_with_the_domain_is_refused_in_the_known_words(host: LocalHost) -> None:
    create_disabled(host)
    content = {"domain_name": HELLO.upper(), "webapp": {"command": COMMAND}}
    reply = host.call("POST", WEBSITES, content)
    assert reply.status == 400
    assert reply.json() == {"domain_name": ["domain with this domain name already exists."]}


def test_the_fifty_first_site_is_refused(host: LocalHost) -> None:
    for number in range(50):
        create_disabled(host, f"site-{number}.localhost")
    content = {"domain_name": HELLO, "webapp": {"command": COMMAND}}
    reply = host.call("POST", WEBSITES, content)
    assert reply.status == 403
    assert "at most 50 sites" in reply.json()["detail"]


def test_disabling_stops_the_site_and_enabling_starts_it(host: LocalHost) -> None:
    first = host.run_hello()
    reply = host.call("PATCH", SITE, {"enabled": False})
    assert reply.status == 200
    assert reply.json()["enabled"] is False
    assert reply.json()["status"]["state"] in ("stopping", "disabled")
    status = host.wait_for_state("disabled")
    assert status["pid"] is None
    assert status["last_exit"] is None
    assert host.visit().status == 404
    assert host.call("PATCH", SITE, {"enabled": True}).json()["status"]["state"] == "starting"
    assert host.wait_for_state("running")["pid"] != first["pid"]


def test_a_domain_cannot_be_patched(host: LocalHost) -> None:
    create_disabled(host)
    reply = host.call("PATCH", SITE, {"domain_name": "x.test"})
    assert reply.status == 200
    assert reply.json()["webapp"]["command"] == COMMAND
    assert reply.json()["domain_name"] == HELLO
    assert host.call("PATCH", SITE, {"enabled": None}).json() == {
        "enabled": ["Must be a valid boolean."]
    }


def test_a_new_command_replaces_the_running_one(host: LocalHost) -> None:
    before = host.run_hello()
    other = host.program(SERVE + "serve(lambda: b'the other')\n", "other")
    reply = host.call("PATCH", SITE, {"webapp": {"command": other}})
    assert reply.status == 200
    assert reply.json()["webapp"]["command"] == other
    assert reply.json()["status"]["state"] == "reloading"
    assert json.loads(host.paths.spec_file(HELLO).read_text())["command"] == other
    assert host.wait_for_state("running")["pid"] != before["pid"]
    assert host.visit().body == b"the other"
    assert host.visit_directly().body == b"the other"


def test_a_command_that_cannot_be_run_is_refused_and_the_site_goes_on(host: LocalHost) -> None:
    before = host.run_hello()
    for webapp in ({"command": "uvicorn main:app"}, {"command": 1}, {"command": ""}):
        reply = host.call("PATCH", SITE, {"webapp": webapp})
        assert (reply.status, list(reply.json())) == (400, ["command"])
    assert list(host.call("PATCH", SITE, {"webapp": []}).json()) == ["webapp"]
    assert host.status()["pid"] == before["pid"]


def test_a_disabled_site_keeps_a_new_command_for_its_start(host: LocalHost) -> None:
    create_disabled(host)
    host.call("PATCH", SITE, {"webapp": {"command": host.program(PID_SITE)}})
    assert host.status()["state"] == "disabled"
    host.call("PATCH", SITE, {"enabled": True})
    host.wait_for_state("running")


def test_the_same_command_again_restarts_nothing(host: LocalHost) -> None:
    before = host.run_hello()
    host.call("PATCH", SITE, {"webapp": {"command": host.site()["webapp"]["command"]}})
    assert host.status()["pid"] == before["pid"]


def test_a_reload_is_answered_at_once_and_replaces_the_process(host: LocalHost) -> None:
    first = host.run_hello()
    reply = host.call("POST", f"{SITE}reload/")
    assert reply.status == 200
    assert reply.json() == {"status": "OK"}
    assert host.status()["state"] in ("reloading", "running")
    wait_until(lambda: host.status()["generation"] > first["generation"])
    second = host.wait_for_state("running")
    assert second["pid"] != first["pid"]
    assert second["reloaded_at"] > first["started_at"]
    assert second["last_exit"] is None
    assert host.visit().body == str(second["pid"]).encode()


def test_a_disabled_site_cannot_be_reloaded(host: LocalHost) -> None:
    create_disabled(host)
    reply = host.call("POST", f"{SITE}reload/")
    assert reply.status == 409
    assert "Enable it" in reply.json()["detail"]


def test_a_deleted_site_is_gone_with_its_process_and_files(host: LocalHost) -> None:
    host.run_hello()
    shim = host.record().shim
    reply = host.call("DELETE", SITE)
    assert (reply.status, reply.body) == (204, b"")
    assert not shim.is_running()
    assert host.call("GET", SITE).status == 404
    assert host.visit().status == 404
    assert list(host.paths.run.iterdir()) == []
    assert list(host.paths.sites.iterdir()) == []
    create_disabled(host)


def test_a_site_that_is_being_deleted_cannot_come_back(host: LocalHost) -> None:
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PID_SITE
    host.create(HELLO, host.program(stubborn))
    host.wait_for_state("running")
    deletion = threading.Thread(target=host.call, args=("DELETE", SITE))
    deletion.start()
    host.wait_for_state("stopping")
    assert host.call("PATCH", SITE, {"enabled": False}).status == 404
    assert host.call("POST", f"{SITE}reload/").status == 404
    content = {"domain_name": HELLO, "webapp": {"command": COMMAND}}
    assert host.call("POST", WEBSITES, content).status == 400
    deletion.join()
    assert host.call("GET", SITE).status == 404
    assert not host.paths.spec_file(HELLO).exists()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_site_that_does_not_exist_is_not_found(shared_host: LocalHost, method: str) -> None:
    for domain in ("none.localhost", "..%2F..%2Ftoken", "%00"):
        reply = shared_host.call(method, f"{WEBSITES}{domain}/")
        assert reply.status == 404
        assert reply.json() == {"detail": "Not found."}


def test_a_wrong_method_is_named(shared_host: LocalHost) -> None:
    reply = shared_host.call("PUT", WEBSITES)
    assert reply.status == 405
    assert reply.json() == {"detail": 'Method "PUT" not allowed.'}
    assert {"GET", "POST"} <= set(reply.headers["Allow"].replace(",", " ").split())


def test_another_users_sites_are_forbidden(shared_host: LocalHost) -> None:
    reply = shared_host.call("GET", "/api/v1/user/somebody/websites/")
    assert reply.status == 403
    assert reply.json() == {"detail": "You do not have permission to perform this action."}


def test_a_disk_that_refuses_a_change_leaves_the_site_as_it_was(host: LocalHost) -> None:
    create_disabled(host)
    # A folder where the new file should be written: the disk's refusal, for root too.
    blocked = host.paths.spec_file(HELLO).with_suffix(".new")
    blocked.mkdir()
    reply = host.call("PATCH", SITE, {"enabled": True})
    assert reply.status == 507
    assert "Nothing has changed" in reply.json()["detail"]
    blocked.rmdir()
    assert host.site()["enabled"] is False


def test_sites_and_switches_survive_a_restart(host: LocalHost) -> None:
    create_disabled(host)
    before = host.call("GET", WEBSITES).json()
    host.terminate()
    assert json.loads(host.paths.spec_file(HELLO).read_text())["enabled"] is False
    host.start()
    after = host.call("GET", WEBSITES).json()
    for site in (*before, *after):
        site["status"].pop("url")
    assert after == before
