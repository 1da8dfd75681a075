"""A name server on a loopback port, over UDP and TCP, in DNS's own wire format."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType

from app.hosting.dnscheck import NameServer

SOA = "ns.example.net. root.example.net. 1 7200 900 1209600 {negative_ttl}"
Spoil = Callable[[bytes], bytes | None]


@dataclass
class FakeNameServer:
    """Zones as a recursive name server would answer for them.

    `records` holds lines of a zone file (`TTL IN TYPE VALUE`) by name, `zones` the tops of zones
    with the seconds for which their holes are remembered. `rcode` is answered to everything if it
    is set, and `spoil` makes something else of an answer's bytes; None is silence.
    """

    address: NameServer = field(default_factory=lambda: NameServer("127.0.0.1", 0))
    records: dict[str, list[str]] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=lambda: {"example.org": 3600})
    rcode: dns.rcode.Rcode | None = None
    spoil: Spoil = lambda content: content
    is_truncating: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, query: Message) -> Message:
        question = query.question[0]
        self.asked.append((question.name.to_text(omit_final_dot=True), question.rdtype.name))
        response = dns.message.make_response(query, recursion_available=True)
        if self.rcode is not None:
            response.set_rcode(self.rcode)
            return response
        last = self._follow(response, question.name, question.rdtype)
        if not self._has(last) and last not in map(dns.name.from_text, self.zones):
            response.set_rcode(dns.rcode.NXDOMAIN)
        if not any(found.rdtype == question.rdtype for found in response.answer):
            self._add_zone(response, last)
        return response

    def _follow(self, response: Message, name: Name, kind: RdataType) -> Name:
        """Adds what there is of that kind, behind CNAME records too; the last name looked at."""
        for _ in range(20):
            found = self._rrset(name, kind)
            link = None if kind is RdataType.CNAME else self._rrset(name, RdataType.CNAME)
            response.answer += [rrset for rrset in (found or link,) if rrset is not None]
            if found is not None or link is None:
                return name
            name = link[0].target
        return name

    def _has(self, name: Name) -> bool:
        return any(dns.name.from_text(known) == name for known in self.records)

    def _rrset(self, name: Name, kind: RdataType) -> dns.rrset.RRset | None:
        for zone, negative_ttl in self.zones.items():
            if kind is RdataType.SOA and dns.name.from_text(zone) == name:
                return _soa(zone, negative_ttl)
        for known, lines in self.records.items():
            fields = [line.split(" ", 3) for line in lines]
            values = [(ttl, value) for ttl, _, of, value in fields if of == kind.name]
            if values and dns.name.from_text(known) == name:
                texts = [value for _, value in values]
                return dns.rrset.from_text_list(name, int(values[0][0]), "IN", kind.name, texts)
        return None

    def _add_zone(self, response: Message, name: Name) -> None:
        for zone, negative_ttl in self.zones.items():
            if name.is_subdomain(dns.name.from_text(zone)):
                response.authority.append(_soa(zone, negative_ttl))


def _soa(zone: str, negative_ttl: int) -> dns.rrset.RRset:
    return dns.rrset.from_text(
        f"{zone}.", 86_400, "IN", "SOA", SOA.format(negative_ttl=negative_ttl)
    )


@contextmanager
def fake_name_server() -> Iterator[FakeNameServer]:
    fake = FakeNameServer()

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            content, connection = self.request
            response = fake.answer(dns.message.from_wire(content))
            if fake.is_truncating:
                response.answer.clear()
                response.flags |= dns.flags.TC
            if (spoilt := fake.spoil(response.to_wire())) is not None:
                connection.sendto(spoilt, self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            content = self.rfile.read(int.from_bytes(self.rfile.read(2), "big"))
            answer = fake.answer(dns.message.from_wire(content)).to_wire()
            if (spoilt := fake.spoil(answer)) is not None:
                self.wfile.write(len(spoilt).to_bytes(2, "big") + spoilt)

    udp, tcp = _on_one_port(Datagram, Stream)
    fake.address = NameServer("127.0.0.1", udp.server_address[1])
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in (udp, tcp)]
    for thread in threads:
        thread.start()
    try:
        yield fake
    finally:
        for server, thread in zip((udp, tcp), threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


def _on_one_port(
    datagram: type[socketserver.BaseRequestHandler], stream: type[socketserver.BaseRequestHandler]
) -> tuple[socketserver.UDPServer, socketserver.TCPServer]:
    """A free port of UDP need not be free for TCP."""
    for _ in range(20):
        udp = socketserver.UDPServer(("127.0.0.1", 0), datagram)
        try:
            return udp, socketserver.TCPServer(udp.server_address, stream)
        except OSError:
            udp.server_close()
    raise AssertionError("no port is free for both")


def silent_name_server() -> tuple[socket.socket, NameServer]:
    """A socket that takes questions and never answers; to be closed by the test."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    return listener, NameServer("127.0.0.1", listener.getsockname()[1])
