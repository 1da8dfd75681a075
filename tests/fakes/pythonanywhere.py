"""A PythonAnywhere on a loopback socket: its addresses, JSON, errors and limit, for one user."""

import asyncio
import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.models import LogKind
from tests.fakes.faults import Fault, faulty_answer
from tests.fakes.files import FakeFiles, log_path
from tests.fakes.serving import DEADLINE, serving
from tests.fakes.troubles import LateReads, Reset, Stop, Trouble, troubled_answer

USER = "alice"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
CLASSES = ("websites", "files", "cpu", "certificates")
NOT_FOUND = {"detail": "Not found."}
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
Handler = Callable[[Request, bytes], Response]


@dataclass(frozen=True)
class SeenCall:
    """One request as it arrived, at `at` seconds of the monotonic clock."""

    endpoint: str
    method: str
    path: str
    at: float
    name: str = ""


@dataclass
class FakePythonAnywhere:
    """State and switches, used by the test while the server answers in its own thread.

    `limit` is calls a minute for each class of endpoints (None: no limit), `faults` is what goes
    wrong, by class (CLASSES). A request with a method in `holds` is answered when the event there
    is set. `certificate_refusal` is what who requests a certificate is told instead.

    Calls about websites have names (`list`, `create`, `get`, `patch`, `delete`, `reload`,
    `certificate`, `certify`) for what goes wrong with some of them: see `trouble`. `stops` are
    calls that stand still, before or after their work: `create before`. `meddle` is what somebody
    else does when a call has been answered. `reserved_seconds` a deleted domain stays taken.
    """

    address: str = ""
    token: str = TOKEN
    websites: dict[str, dict[str, Any]] = field(default_factory=dict)
    classic_domains: set[str] = field(default_factory=set)
    classic_status: int = 403
    files: FakeFiles = field(default_factory=FakeFiles)
    limit: int | None = 40
    faults: dict[str, Fault] = field(default_factory=dict)
    calls: list[SeenCall] = field(default_factory=list)
    holds: dict[str, threading.Event] = field(default_factory=dict)
    accepted: dict[str, list[float]] = field(default_factory=dict)
    certificates: dict[str, dict[str, Any]] = field(default_factory=dict)
    certificate_refusal: str = ""
    cpu: dict[str, Any] = field(
        default_factory=lambda: {
            "daily_cpu_limit_seconds": 2000,
            "daily_cpu_total_usage_seconds": 18.25,
            "next_reset_time": "2030-01-01T03:26:37",
        }
    )
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    stops: dict[str, Stop] = field(default_factory=dict)
    meddle: dict[str, Callable[[], None]] = field(default_factory=dict)
    late: LateReads = field(default_factory=LateReads)
    reserved_seconds: float = 0.0
    reserved: dict[str, float] = field(default_factory=dict)

    def fail(self, fault: Fault | None) -> None:
        """Everything fails so, or works again."""
        self.faults = {} if fault is None else dict.fromkeys(CLASSES, fault)

    def trouble(self, call: str, *troubles: Trouble) -> None:
        """What goes wrong with the next calls of that name, one after the other."""
        self.troubles.setdefault(call, []).extend(troubles)

    def called(self, name: str) -> int:
        """How many calls of that name have come."""
        return Counter(call.name for call in self.calls)[name]

    def count(self, endpoint: str) -> int:
        return Counter(call.endpoint for call in self.calls)[endpoint]

    def most_in_a_minute(self, endpoint: str) -> int:
        times = [call.at for call in self.calls if call.endpoint == endpoint]
        return max((sum(at <= one < at + 60 for one in times) for at in times), default=0)

    def add_site(self, domain: str, command: str = "/bin/serve", enabled: bool = True) -> None:
        number = len(self.websites) + 1
        names = {"domain_name": domain, "enabled": enabled}
        if not domain.endswith(".pythonanywhere.com"):
            names["cname"] = f"webapp-{1000 + number}.pythonanywhere.com"
        self.websites[domain] = {
            "id": number,
            "user": USER,
            "domain_name": domain,
            "enabled": enabled,
            "webapp": {
                "id": number,
                "command": command,
                "domains": [names],
            },
            "logfiles": {kind.value: log_path(domain, kind) for kind in LogKind},
        }

    def add_certificate(self, domain: str, kind: str = "letsencrypt-auto-renew") -> None:
        self.certificates[domain] = {
            "not_after": "20300824T171623Z",
            "issuer_name": "Let's Encrypt",
            "subject_name": domain,
            "subject_alternate_names": [domain],
            "cert_type": kind,
        }

    def write_log(self, domain: str, data: bytes, kind: LogKind = LogKind.ERROR) -> None:
        self.files.append(log_path(domain, kind), data)

    def routes(self) -> list[Route]:
        websites, files = "/api/v1/user/{user}/websites", "/api/v0/user/{user}/files"
        return [
            *(self._route(f"{websites}{end}", "websites", self._list) for end in ("", "/")),
            self._route(f"{websites}/{{domain}}/", "websites", self._one),
            *(
                self._route(f"{websites}/{{domain}}/reload{end}", "websites", self._reload)
                for end in ("", "/")
            ),
            self._route(f"{files}/tree/", "files", lambda request, _: self.files.tree(request)),
            self._route(f"{files}/path{{path:path}}", "files", self._path),
            self._route("/api/v0/user/{user}/cpu/", "cpu", lambda *_: JSONResponse(self.cpu)),
            self._route(
                "/api/v1/user/{user}/domains/{domain}/ssl/", "certificates", self._certificate
            ),
        ]

    def _route(self, path: str, endpoint: str, handler: Handler) -> Route:
        async def answer(request: Request) -> Response:
            name = _name(endpoint, request)
            seen = SeenCall(endpoint, request.method, request.url.path, time.monotonic(), name)
            self.calls.append(seen)
            if fault := self.faults.get(endpoint):
                return await faulty_answer(fault, request)
            if hold := self.holds.get(request.method):
                await asyncio.to_thread(hold.wait, DEADLINE)
            if await self._stop(f"{name} before"):
                return Reset()
            refused = self._refused(request, endpoint)
            if refused is not None:
                return refused
            return await self._work(name, handler, request)

        return Route(path, answer, methods=METHODS)

    async def _work(self, name: str, handler: Handler, request: Request) -> Response:
        planned = self.troubles.get(name)
        trouble = planned.pop(0) if planned else None
        if trouble in (Trouble.IGNORED, Trouble.STALE):
            shown = JSONResponse(self.websites[request.path_params["domain"]])
            if trouble is Trouble.STALE:
                handler(request, await request.body())
            return shown
        if trouble is not None and not trouble.is_after and not trouble.is_partial:
            return await troubled_answer(trouble, request)
        answer = handler(request, await request.body())
        if trouble is not None and trouble.is_partial:
            answer = self._spoil(request, trouble, json.loads(await request.body()))
        await self._stop(f"{name} after")
        if name in self.meddle:
            self.meddle.pop(name)()
        return await troubled_answer(trouble, request) if trouble and trouble.is_after else answer

    async def _stop(self, name: str) -> bool:
        """Whether the call is dropped."""
        stop = self.stops.pop(name, None)
        if stop is None:
            return False
        stop.reached.set()
        await asyncio.to_thread(stop.go.wait, DEADLINE)
        return stop.is_dropped

    def _spoil(self, request: Request, trouble: Trouble, content: dict[str, Any]) -> Response:
        """The site that was just made lacks something."""
        site = self.websites[content["domain_name"]]
        if trouble is Trouble.MADE_DISABLED:
            site["enabled"] = False
        elif trouble is Trouble.MADE_WITHOUT_COMMAND:
            site["webapp"]["command"] = ""
        else:
            del site["logfiles"]
        return JSONResponse(site, 201)

    def _refused(self, request: Request, endpoint: str) -> Response | None:
        given = request.headers.get("authorization")
        if given != f"Token {self.token}":
            words = "Invalid token." if given else "Authentication credentials were not provided."
            return JSONResponse({"detail": words}, 401, {"WWW-Authenticate": "Token"})
        if request.path_params["user"] != USER:
            return JSONResponse(FORBIDDEN, 403)
        return self._throttled(endpoint)

    def _throttled(self, endpoint: str) -> Response | None:
        now = time.monotonic()
        recent = [at for at in self.accepted.get(endpoint, []) if now - at < 60]
        if self.limit is None or len(recent) < self.limit:
            self.accepted[endpoint] = [*recent, now]
            return None
        wait = math.ceil(60 - (now - recent[0])) if recent else 60
        unit = "second" if wait == 1 else "seconds"
        words = f"Request was throttled. Expected available in {wait} {unit}."
        return JSONResponse({"detail": words}, 429, {"Retry-After": str(wait)})

    def _list(self, request: Request, body: bytes) -> Response:
        if request.method == "GET":
            return JSONResponse(self.late.read_all(self.websites))
        if request.method != "POST":
            return _wrong_method(request)
        content = json.loads(body)
        domain, webapp = content.get("domain_name"), content.get("webapp")
        if not domain:
            return JSONResponse({"domain_name": ["This field is required."]}, 400)
        if not webapp or not webapp.get("command"):
            return JSONResponse({"webapp": {"command": ["This field may not be blank."]}}, 400)
        if domain in self.websites or time.monotonic() < self.reserved.get(domain, 0.0):
            words = "domain with this domain name already exists."
            return JSONResponse({"domain_name": [words]}, 400)
        if domain in self.classic_domains:
            taken = {"message": ["A web app with this domain name already exists."]}
            is_forbidden = self.classic_status == 403
            return JSONResponse(FORBIDDEN if is_forbidden else taken, self.classic_status)
        self.late.note_write(domain, self.websites)
        self.add_site(domain, webapp["command"], content.get("enabled", True))
        return JSONResponse(self.websites[domain], 201)

    def _one(self, request: Request, body: bytes) -> Response:
        domain = request.path_params["domain"]
        if request.method == "GET":
            shown = self.late.read(domain, self.websites)
            return JSONResponse(shown) if shown else JSONResponse(NOT_FOUND, 404)
        if domain not in self.websites:
            return JSONResponse(NOT_FOUND, 404)
        site = self.websites[domain]
        if request.method == "DELETE":
            self.late.note_write(domain, self.websites)
            del self.websites[domain]
            self.certificates.pop(domain, None)
            self.reserved[domain] = time.monotonic() + self.reserved_seconds
            return Response(status_code=204)
        if request.method == "PATCH":
            self.late.note_write(domain, self.websites)
            site["enabled"] = json.loads(body).get("enabled", site["enabled"])
        else:
            return _wrong_method(request)
        return JSONResponse(site)

    def _reload(self, request: Request, body: bytes) -> Response:
        if request.method != "POST":
            return _wrong_method(request)
        if request.path_params["domain"] not in self.websites:
            return JSONResponse(NOT_FOUND, 404)
        return JSONResponse({"status": "OK"})

    def _path(self, request: Request, body: bytes) -> Response:
        if request.method == "DELETE":
            return self.files.delete(request)
        return self.files.read(request) if request.method == "GET" else _wrong_method(request)

    def _certificate(self, request: Request, body: bytes) -> Response:
        domain = request.path_params["domain"]
        if request.method == "POST":
            if self.certificate_refusal:
                return JSONResponse({"detail": self.certificate_refusal}, 400)
            self.add_certificate(domain, json.loads(body)["cert_type"])
            return JSONResponse({"status": "OK"})
        if request.method != "GET":
            return _wrong_method(request)
        if domain not in self.certificates:
            return Response(b"No certificate", 404, media_type="text/plain")
        return JSONResponse(self.certificates[domain])


@contextmanager
def fake_pythonanywhere(
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[FakePythonAnywhere]:
    """A running one without sites."""
    fake = FakePythonAnywhere()
    app = Starlette(routes=fake.routes())
    app.router.redirect_slashes = False
    with serving(app, lambda: Fault.RESET in fake.faults.values(), certificate) as address:
        fake.address = address
        yield fake


_NAMES = {
    ("websites", "GET"): "list",
    ("websites", "POST"): "create",
    ("website", "GET"): "get",
    ("website", "PATCH"): "patch",
    ("website", "DELETE"): "delete",
    ("website", "POST"): "reload",
    ("certificates", "GET"): "certificate",
    ("certificates", "POST"): "certify",
}


def _name(endpoint: str, request: Request) -> str:
    """What a call about a website is called here; empty for the others."""
    is_one = endpoint == "websites" and "domain" in request.path_params
    return _NAMES.get(("website" if is_one else endpoint, request.method), "")


def _wrong_method(request: Request) -> Response:
    return JSONResponse({"detail": f'Method "{request.method}" not allowed.'}, 405)
