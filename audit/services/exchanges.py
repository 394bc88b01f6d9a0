"""Talking to several servers of other people at the same time, and believing none of them.

Each exchange has a thread, and all of them one deadline. Whoever has not answered by then is cut
off, however busy it keeps us: its socket is shut, so that not even a server that sends a byte
now and then holds a thread. No redirect is followed, and an answer beyond the limit is dropped.
"""

import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 5.0
ANSWER_LIMIT_BYTES = 128_000
DETAIL_LIMIT_CHARACTERS = 200
USER_AGENT = "pnyx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, whoever it is. `body` is within the limit."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """There was no answer, or none that could be read. The reason is for operators."""

    reason: str


class Exchanges:
    """Requests that run side by side until one common deadline."""

    def __init__(self, *, seconds: float = TOTAL_SECONDS) -> None:
        self._end = time.monotonic() + seconds
        self._answers: queue.SimpleQueue[tuple[_Exchange, Answer | Silence]] = queue.SimpleQueue()
        self._open: dict[str, _Exchange] = {}

    def ask(self, url: str, *, body: bytes | None, key: str, media_type: str = "") -> None:
        """Send a body by POST, or fetch by GET where there is none.

        `media_type` says what the body is, where the server asks.
        `key` is the name under which `answers` gives the answer. Only one exchange with a key
        is open at a time.
        """
        assert key not in self._open
        exchange = _Exchange(
            url=url, body=body, key=key, media_type=media_type, answers=self._answers
        )
        self._open[key] = exchange
        exchange.start()

    def answers(self) -> Iterator[tuple[str, Answer | Silence]]:
        """Give each answer as soon as it is there. Whoever reads them may ask again meanwhile."""
        while self._open:
            left = self._end - time.monotonic()
            try:
                exchange, answer = self._answers.get(timeout=max(0.0, left))
            except queue.Empty:
                break
            del self._open[exchange.key]
            yield exchange.key, answer
        for key, exchange in list(self._open.items()):
            del self._open[key]
            exchange.cut()
            yield key, Silence(reason="no whole answer in time")


class _Exchange(threading.Thread):
    """One request and its answer."""

    def __init__(
        self,
        *,
        url: str,
        body: bytes | None,
        key: str,
        media_type: str,
        answers: "queue.SimpleQueue[tuple[_Exchange, Answer | Silence]]",
    ) -> None:
        super().__init__(daemon=True)
        self.key = key
        self._url = url
        self._body = body
        self._headers = {"User-Agent": USER_AGENT, "Connection": "close"}
        if media_type:
            self._headers["Content-Type"] = media_type
        self._answers = answers
        self._socket: socket.socket | None = None
        self._is_cut = threading.Event()

    def run(self) -> None:
        try:
            answer: Answer | Silence = self._exchange()
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = f"{type(error).__name__}: {error}"
            answer = Silence(reason=reason[:DETAIL_LIMIT_CHARACTERS])
        self._answers.put((self, answer))

    def cut(self) -> None:
        """Shut the socket: whatever the thread waits for ends at once."""
        self._is_cut.set()
        if self._socket is not None:
            try:
                # Not the method of a TLS socket, which would take its own time to say goodbye.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return

    def _exchange(self) -> Answer | Silence:
        parts = urlsplit(self._url)
        connection = _connection(parts.scheme, netloc=parts.netloc)
        try:
            connection.connect()
            # Kept here, because the connection lets go of it while the answer is being read.
            self._socket = connection.sock
            if self._is_cut.is_set():
                return Silence(reason="no connection in time")
            self._socket.settimeout(TOTAL_SECONDS)
            connection.request(
                "GET" if self._body is None else "POST",
                parts.path or "/",
                body=self._body,
                headers=self._headers,
            )
            with connection.getresponse() as response:
                body = response.read(ANSWER_LIMIT_BYTES + 1)
                if len(body) > ANSWER_LIMIT_BYTES:
                    return Silence(reason=f"an answer of more than {ANSWER_LIMIT_BYTES} bytes")
                return Answer(status=response.status, body=body)
        finally:
            connection.close()


def _connection(scheme: str, *, netloc: str) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(netloc, timeout=CONNECT_SECONDS)
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(netloc, timeout=CONNECT_SECONDS, context=context)
    msg = "the address begins with neither https:// nor http://"
    raise ValueError(msg)
