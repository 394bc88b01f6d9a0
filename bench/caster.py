"""A client that casts ballots over many connections and takes little of the cores itself.

One thread and a selector: each connection has one request under way, sends the next one when its
answer has come, and notes how long it took. Requests are made beforehand.
"""

import json
import selectors
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.integration.drills.installation import HOST

CREATED = b"HTTP/1.1 201 "
END_OF_HEADERS = b"\r\n\r\n"
LENGTH = b"content-length: "
LARGEST_ANSWER_BYTES = 65_536
ANSWER_SECONDS = 60.0


@dataclass(slots=True)
class Connection:
    """One connection: when its request was sent, and what of the answer is here."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        """Send the next request."""
        self.received = b""
        self.sent_at = time.monotonic()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; say whether the answer is whole."""
        part = self.socket.recv(LARGEST_ANSWER_BYTES)
        assert part, "the server hung up"
        self.received += part
        headers, end, body = self.received.partition(END_OF_HEADERS)
        if not end:
            return False
        assert headers.startswith(CREATED), self.received
        return len(body) >= length_in(headers)


@dataclass(slots=True)
class Round:
    """What came of casting some ballots at once: seconds in all, and for each of them."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def wait_ms(self, percent: int) -> float:
        """Give the time below which so many of a hundred answers came."""
        return 1000 * statistics.quantiles(self.waits, n=100)[percent - 1]


def as_requests(*, uuid: str, casts: Sequence[object]) -> list[bytes]:
    """Write the requests beforehand, so that the client takes little of the cores."""
    bodies = [json.dumps(cast, separators=(",", ":")).encode() for cast in casts]
    return [
        f"POST /api/elections/{uuid}/ballots HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]


def cast_all(*, port: int, requests: Sequence[bytes], connections: int) -> Round:
    """Cast every ballot; each must be new in the box."""
    found = Round()
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector:
        begun = time.monotonic()
        for _number, request in zip(range(connections), waiting, strict=False):
            connection = Connection(socket.create_connection((HOST, port)))
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(request)
        while selector.get_map():
            ready = selector.select(ANSWER_SECONDS)
            assert ready, "no answer"
            for key, _events in ready:
                _go_on(key.data, waiting=waiting, selector=selector, found=found)
        found.seconds = time.monotonic() - begun
    assert len(found.waits) == len(requests)
    return found


def _go_on(
    connection: Connection,
    *,
    waiting: Iterator[bytes],
    selector: selectors.BaseSelector,
    found: Round,
) -> None:
    """Take what has come to a connection; send its next request when the answer is whole."""
    if not connection.receive():
        return
    found.waits.append(time.monotonic() - connection.sent_at)
    request = next(waiting, None)
    if request is None:
        selector.unregister(connection.socket)
        connection.socket.close()
    else:
        connection.send(request)


def length_in(headers: bytes) -> int:
    """Return the length that the headers of an answer tell."""
    lowered = headers.lower()
    start = lowered.index(LENGTH) + len(LENGTH)
    return int(lowered[start:].partition(b"\r\n")[0])
