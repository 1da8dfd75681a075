"""Whether the DNS of a custom domain points at its host, asked from this machine.

The system's own look-up follows CNAME records without showing them, so the name server is asked
directly, and only ever about the site's own domain.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.resolver
from anyio import to_thread
from dns.message import Message
from dns.name import Name
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.rrset import RRset

from app.errors import SitedeckError
from app.models import DnsFinding, DnsState

# Seconds: for one answer, and for all that one check asks.
ANSWER_SECONDS = 2.0
TOTAL_SECONDS = 8.0
MAX_SERVERS = 3
AT_ONCE = 4
# A longer chain is either a mistake or an attempt to keep somebody busy.
MAX_CHAIN = 10
MAX_SHOWN = 120
DAY_SECONDS = 86_400

CANNOT_ASK = "The name server cannot be asked from here"


@dataclass(frozen=True, slots=True)
class NameServer:
    """The address (IP) and port of a name server."""

    address: str
    port: int = 53


class _Unanswered(SitedeckError):
    """No name server gave an answer of use."""


class DnsCheck:
    """Asks `servers`, or those that the system is configured with, read anew for each check."""

    def __init__(self, servers: Sequence[NameServer] = (), seconds: float = TOTAL_SECONDS) -> None:
        self._servers = servers
        self._seconds = seconds
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def look(self, domain_name: str, cname: str) -> DnsFinding:
        """Whether the domain points at `cname`, directly or through other names."""
        try:
            async with asyncio.timeout(self._seconds), self._slots:
                servers = self._servers or await to_thread.run_sync(_system_servers)
                return await _look(servers[:MAX_SERVERS], domain_name, cname)
        except TimeoutError:
            return _unknown(f"{CANNOT_ASK}: it did not answer in time.")
        except _Unanswered as error:
            return _unknown(str(error))


def naked_by_name(domain_name: str, cname: str) -> DnsFinding | None:
    """What the name alone tells without asking: one of two labels is naked under any suffix.

    Of a longer one it does not tell: example.co.uk is naked, shop.example.org is not.
    """
    try:
        domain, wanted = dns.name.from_text(domain_name), dns.name.from_text(cname)
    except dns.exception.DNSException:
        return None
    return _naked(domain, wanted) if _has_two_labels(domain) else None


def _has_two_labels(domain: Name) -> bool:
    return len(domain.relativize(dns.name.root)) == 2


def _system_servers() -> Sequence[NameServer]:
    try:
        found = dns.resolver.Resolver().nameservers
    except (dns.exception.DNSException, OSError):
        found = []
    servers = [NameServer(server) for server in found if isinstance(server, str)]
    if not servers:
        raise _Unanswered(f"{CANNOT_ASK}: this machine has none configured.")
    return servers


async def _look(servers: Sequence[NameServer], domain_name: str, cname: str) -> DnsFinding:
    try:
        domain, wanted = dns.name.from_text(domain_name), dns.name.from_text(cname)
    except dns.exception.DNSException:
        return _unknown(f"{domain_name[:MAX_SHOWN]} is not a name that the DNS can hold.")
    answer = await _ask(servers, domain, RdataType.CNAME)
    record = _records(answer, domain, RdataType.CNAME)
    if record is not None:
        if record[0].target == wanted:
            return DnsFinding(DnsState.POINTS, "DNS points there.")
        return await _look_behind(servers, domain, wanted, record)
    if _has_two_labels(domain):
        return _naked(domain, wanted)
    if answer.rcode() == dns.rcode.NXDOMAIN:
        return _missing(domain, wanted, answer)
    for kind in (RdataType.SOA, RdataType.NS):
        if _records(await _ask(servers, domain, kind), domain, kind):
            return _naked(domain, wanted)
    for kind in (RdataType.A, RdataType.AAAA):
        if _records(await _ask(servers, domain, kind), domain, kind):
            return _addresses(domain, wanted)
    return _missing(domain, wanted, answer)


async def _look_behind(
    servers: Sequence[NameServer], domain: Name, wanted: Name, record: RRset
) -> DnsFinding:
    """The name server follows the records itself; what it met on its way is in its answer."""
    target = record[0].target
    try:
        answer = await _ask(servers, domain, RdataType.A)
    except _Unanswered:
        # What is behind may be a circle, or a name server that is down.
        return _elsewhere(domain, wanted, target, record.ttl)
    names = [domain]
    while (found := _records(answer, names[-1], RdataType.CNAME)) and len(names) <= MAX_CHAIN:
        following = found[0].target
        if following == wanted:
            return DnsFinding(DnsState.POINTS, f"DNS points there, by way of {_shown(target)}.")
        if following in names:
            text = f"The CNAME records of {_shown(domain)} lead in a circle."
            return DnsFinding(DnsState.WRONG, text, _change_to(wanted, record.ttl))
        names.append(following)
    return _elsewhere(domain, wanted, target, record.ttl)


async def _ask(servers: Sequence[NameServer], name: Name, kind: RdataType) -> Message:
    """The first answer that says whether there are such records. Raises _Unanswered."""
    problem = ""
    for server in servers:
        query = dns.message.make_query(name, kind)
        try:
            answer, _ = await dns.asyncquery.udp_with_fallback(
                query, server.address, ANSWER_SECONDS, server.port, ignore_unexpected=True
            )
        except dns.exception.Timeout:
            problem = f"{CANNOT_ASK}: it did not answer in time."
        except OSError:
            problem = f"{CANNOT_ASK}: nothing answers at its address."
        except (dns.exception.DNSException, EOFError, ValueError):
            problem = "The name server answered something that is not DNS."
        else:
            if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return answer
            said = dns.rcode.to_text(answer.rcode())
            problem = f"The name server answered {said}: it could not find out about the domain."
    raise _Unanswered(problem)


def _records(answer: Message, name: Name, kind: RdataType) -> RRset | None:
    return answer.get_rrset(answer.answer, name, RdataClass.IN, kind)


def _missing(domain: Name, wanted: Name, answer: Message) -> DnsFinding:
    where = (
        f"Add one for {_shown(domain)} with the value {_shown(wanted)} where its DNS is managed."
    )
    wait = f"New records need up to {_duration(_unknown_for(answer))} to be seen from here."
    return DnsFinding(DnsState.WRONG, "There is no CNAME yet.", f"{where} {wait}")


def _unknown_for(answer: Message) -> int:
    """Seconds for which name servers may keep in mind that there is no such record (RFC 2308)."""
    records = (records for records in answer.authority if records.rdtype == RdataType.SOA)
    return next((min(found.ttl, found[0].minimum) for found in records), DAY_SECONDS)


def _naked(domain: Name, wanted: Name) -> DnsFinding:
    advice = (
        f"Use www.{_shown(domain)} for the site, with a CNAME to {_shown(wanted)}, and have "
        f"{_shown(domain)} redirected there; most registrars can."
    )
    text = "A naked domain cannot have a CNAME."
    return DnsFinding(DnsState.WRONG, text, advice, is_naked=True)


def _addresses(domain: Name, wanted: Name) -> DnsFinding:
    text = f"{_shown(domain)} has addresses of its own and no CNAME."
    advice = (
        f"If a service in front of the site answers there, it has to forward to {_shown(wanted)}. "
        "Otherwise replace the A and AAAA records by the CNAME."
    )
    return DnsFinding(DnsState.UNKNOWN, text, advice)


def _elsewhere(domain: Name, wanted: Name, target: Name, ttl: int) -> DnsFinding:
    text = f"{_shown(domain)} points to {_shown(target)} instead."
    return DnsFinding(DnsState.WRONG, text, _change_to(wanted, ttl))


def _change_to(wanted: Name, ttl: int) -> str:
    return (
        f"Change its CNAME to {_shown(wanted)}. "
        f"A change needs up to {_duration(ttl)} to be seen from here."
    )


def _unknown(text: str) -> DnsFinding:
    return DnsFinding(DnsState.UNKNOWN, text, is_naked=None)


def _shown(name: Name) -> str:
    """As in a zone file: what is no plain letter is written as its number."""
    text = name.to_text(omit_final_dot=True)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _duration(seconds: int) -> str:
    if seconds < 3600:
        return f"{max(1, seconds // 60)} min"
    return f"{seconds // 3600} h" if seconds < DAY_SECONDS else "a day or more"
