"""The client of PythonAnywhere's API, spoken by the local host too; the one that sends tokens."""

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

import httpx
from anyio import to_thread

from app import __version__
from app.errors import AnswerTooLarge, ConfigurationError, HostUnavailable, NotSent, TokenRefused
from app.hosting.api import Call, HostingApi, Parsed
from app.hosting.bodies import ENCODINGS, MAX_ANSWER_BYTES, bounded_body, json_lines, parse_json
from app.hosting.budget import Urgency
from app.hosting.flights import Flight, Flights
from app.hosting.governor import POLLS_AT_ONCE, WORK_AT_ONCE, Endpoint, Governor
from app.hosting.refusals import is_error_object, refusal
from app.hosting.retries import Retries
from app.hosting.slices import FileSlice, body_limit, is_much, read_slice
from app.models import Account, CallBudget, check_address

# The local host says something at least every 15 s; two silences mean that it is gone.
EVENT_SILENCE_SECONDS = 35.0
# The rest is for people, so that others' calls that hang leave them a way out.
MAX_CONNECTIONS = POLLS_AT_ONCE + WORK_AT_ONCE + 3
_LATE = "The host did not answer in time."
_TOKEN = re.compile(r"[\x21-\x7e]{1,256}")

# Both write the addresses they call at INFO.
for noisy in ("httpx", "httpcore"):
    logging.getLogger(noisy).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds: to connect, for the next bytes, for a whole read, for a whole change."""

    connect: float = 5.0
    silence: float = 15.0
    reading: float = 20.0
    changing: float = 60.0


class HostingClient(HostingApi):
    """Calls one account's API. `read_token` is asked at every call, so tokens are never kept here;
    it may wait for a file or a database, so it is asked in a thread.

    After a TokenRefused, all but people's calls are refused without a call until one of those
    succeeds or `resume` is called.
    """

    def __init__(
        self,
        account: Account,
        base_url: str,
        transport: httpx.AsyncBaseTransport,
        read_token: Callable[[], str],
        governor: Governor | None = None,
        deadlines: Deadlines | None = None,
        retries: Retries | None = None,
    ) -> None:
        super().__init__(account)
        self.changes_begun = 0
        self.changes_ended = 0
        self._read_token = read_token
        self._governor = governor
        self._deadlines = deadlines or Deadlines()
        self._retries = retries or Retries()
        self._flights = Flights()
        self._refused = ""
        self._resumes = 0
        self._http = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            headers={"user-agent": f"Sitedeck/{__version__}", "accept-encoding": ENCODINGS},
            follow_redirects=False,
            trust_env=False,
        )

    @classmethod
    def local(cls, account: Account, socket: Path, token_file: Path) -> "HostingClient":
        """A client of the local host: HTTP over its Unix socket."""

        def read_token() -> str:
            try:
                return token_file.read_text().strip()
            except OSError:
                raise NotSent("The local host has not started yet.") from None

        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        return cls(account, "http://localhost", transport, read_token)

    @classmethod
    def remote(
        cls,
        account: Account,
        base_url: str,
        read_token: Callable[[], str],
        ca_file: Path | None = None,
        *,
        governor: Governor | None = None,
        deadlines: Deadlines | None = None,
        retries: Retries | None = None,
    ) -> "HostingClient":
        """A client of an API over TLS (plain http to loopback only), within its call limit.

        Certificates of the authorities in `ca_file` count besides the public ones. Raises
        ConfigurationError for an unfit address or file.
        """
        address = check_address(base_url)
        transport = httpx.AsyncHTTPTransport(
            verify=_tls_context(ca_file),
            trust_env=False,
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
        )
        governor = governor or Governor()
        return cls(account, address, transport, read_token, governor, deadlines, retries)

    async def close(self) -> None:
        await self._http.aclose()

    def check_room(self, calls: int) -> None:
        """Raises CallHeldBack unless so many calls about websites can be made by an operation."""
        if self._governor:
            self._governor.check_room(Endpoint.WEBSITES, calls)

    @property
    def is_changing(self) -> bool:
        """Whether a change is under way, so that what is read now may soon be old."""
        return self.changes_begun != self.changes_ended

    def budgets(self) -> list[CallBudget]:
        """How much of each class of calls is used and what waits; nothing without a limit."""
        return self._governor.state() if self._governor else []

    def resume(self) -> None:
        """Lets all call again after the token was refused: a person has done something about it."""
        self._resumes += 1
        self._refused = ""

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Local host only: its events as they come, first the whole list of websites."""
        call = Call("GET", "/api/host/events/")
        async with self._exchange(call, None, EVENT_SILENCE_SECONDS) as response:
            if response.status_code != 200:
                raise HostUnavailable(f"The local host answered {response.status_code}.")
            yield json_lines(response.aiter_lines())

    async def _answer(self, call: Call, parse: Callable[[Any], Parsed]) -> Parsed:
        decode = partial(self._json, parse)
        if not call.is_change:
            return await self._read(call, decode)
        self.changes_begun += 1
        try:
            seconds = self._deadlines.changing
            return await self._call(call, decode, seconds, silence=seconds)
        finally:
            self.changes_ended += 1

    async def _slice(self, call: Call, start: int) -> FileSlice:
        # Who polls a log asks again by itself, and says meanwhile that it cannot be read.
        return await self._share(call, partial(self._part, start), self._deadlines.reading)

    async def _read(
        self, call: Call, decode: Callable[[httpx.Response], Awaitable[Parsed]]
    ) -> Parsed:
        """Nobody waits for a second try but polling."""
        share = partial(self._share, call, decode)
        if call.urgency is not Urgency.POLLING:
            return await share(self._deadlines.reading)
        return await self._retries.run(share, self._deadlines.reading)

    async def _share(
        self, call: Call, decode: Callable[[httpx.Response], Awaitable[Parsed]], seconds: float
    ) -> Parsed:
        """Identical reads at the same time are one."""

        async def read(flight: Flight) -> Parsed:
            return await self._call(call, decode, seconds, self._deadlines.silence, flight.leave)

        # What was asked before a change is no answer to who asks after it.
        changes = (self.changes_begun, self.changes_ended)
        key = (call.path, call.headers.get("range"), *changes)
        return await self._flights.share(key, call.urgency, read)

    async def _call(
        self,
        call: Call,
        decode: Callable[[httpx.Response], Awaitable[Parsed]],
        seconds: float,
        silence: float,
        leave: Callable[[], None] = lambda: None,
    ) -> Parsed:
        """What `decode` makes of the answer; `leave` is called when the call has its turn."""
        self._check_refused(call.urgency)
        async with self._turn(call):
            leave()
            async with self._exchange(call, seconds, silence) as response:
                return await decode(response)

    def _turn(self, call: Call) -> AbstractAsyncContextManager[None]:
        governor = self._governor
        return governor.turn(call.endpoint, call.urgency) if governor else nullcontext()

    async def _part(self, start: int, response: httpx.Response) -> FileSlice:
        status = response.status_code
        if status not in (200, 206, 416):
            await self._refuse(response)
        content = await _body(response, body_limit(status))
        return read_slice(status, response.headers, content, start)

    async def _json(self, parse: Callable[[Any], Parsed], response: httpx.Response) -> Parsed:
        if not response.is_success:
            await self._refuse(response)
        # Errors quote what they could not read.
        content = _masked(await _body(response), response)
        answer = parse_json(content) if content else None
        if is_error_object(answer):
            raise refusal(self.account, 400, content, response.headers)
        return parse(answer)

    @asynccontextmanager
    async def _exchange(
        self, call: Call, seconds: float | None, silence: float
    ) -> AsyncIterator[httpx.Response]:
        """The answer, its body still unread.

        `seconds` is the time for everything, `silence` that for the next bytes.
        """
        # Only now: while a call waits for its turn, the token may be replaced.
        token = await self._token(call.urgency)
        headers = {"authorization": f"Token {token}", **call.headers}
        timeout = httpx.Timeout(silence, connect=self._deadlines.connect)
        if self._http.is_closed:
            raise NotSent("Its account was removed meanwhile.")
        response: httpx.Response | None = None
        try:
            async with (
                asyncio.timeout(seconds),
                self._http.stream(
                    call.method, call.path, json=call.body, headers=headers, timeout=timeout
                ) as response,
            ):
                yield response
        except TimeoutError:
            raise _out_of_time(call, response) from None
        except httpx.HTTPError as error:
            raise _unavailable(error) from None
        self._refused = ""

    def _check_refused(self, urgency: Urgency) -> None:
        if self._refused and urgency is not Urgency.PERSON:
            raise TokenRefused(self._refused)

    async def _token(self, urgency: Urgency) -> str:
        token = await to_thread.run_sync(self._read_token)
        self._check_refused(urgency)
        if _TOKEN.fullmatch(token) is None:
            # As a header it would raise an error that quotes it.
            raise TokenRefused("This is no token: it is empty or holds blanks or other signs.")
        return token

    async def _refuse(self, response: httpx.Response) -> NoReturn:
        # A proxy's error page may repeat the request.
        content = _masked(await _body(response), response)
        error = refusal(self.account, response.status_code, content, response.headers)
        if isinstance(error, TokenRefused):
            resumes = self._resumes
            token = await to_thread.run_sync(self._read_token)
            # What is said of a token that has been replaced meanwhile does not count.
            if _token_sent(response) == token and resumes == self._resumes:
                self._refused = str(error)
        raise error


def _token_sent(response: httpx.Response) -> str:
    return response.request.headers["authorization"].removeprefix("Token ")


def _masked(content: bytes, response: httpx.Response) -> bytes:
    return content.replace(_token_sent(response).encode(), b"[token]")


async def _body(response: httpx.Response, limit: int = MAX_ANSWER_BYTES) -> bytes:
    return await bounded_body(response.aiter_raw(), response.headers, limit)


@cache
def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise ConfigurationError(f"The CA file {ca_file} cannot be used: {error}.") from None
    return context


def _unavailable(error: Exception) -> HostUnavailable:
    if isinstance(error, httpx.ConnectError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return NotSent("The host's certificate cannot be trusted.")
        return NotSent("Nothing answers at the host's address.")
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return NotSent("The host did not answer in time.")
    if isinstance(error, httpx.TimeoutException):
        return HostUnavailable(_LATE)
    return HostUnavailable("The host broke off the connection.")


def _out_of_time(call: Call, response: httpx.Response | None) -> HostUnavailable:
    """A file of which much has come is too large; that says nothing against the host."""
    if response is not None and "range" in call.headers and is_much(response.num_bytes_downloaded):
        return AnswerTooLarge("The file is too large to be read in time.")
    return HostUnavailable(_LATE)
