"""Reads a log by its address or from a folder: checkpoint, tiles, entry bundles.

Nothing that is read here is believed. What a server may cost whoever asks it is bounded: in
bytes, also after unpacking, and in seconds; and it cannot send the reader to another host.
"""

import contextlib
import secrets
import socket
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from pathlib import Path
from threading import Timer
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from evote.cli.errors import CommandFailed
from evote.cli.sources import is_address
from evote.tlog.merkle import HASH_SIZE_BYTES
from evote.tlog.note import NOTE_LIMIT_BYTES
from evote.tlog.tiles import (
    ENTRY_LIMIT_BYTES,
    TILE_WIDTH,
    BundleAddress,
    TileAddress,
)

BUNDLE_LIMIT_BYTES = TILE_WIDTH * (2 + ENTRY_LIMIT_BYTES)
TILE_LIMIT_BYTES = TILE_WIDTH * HASH_SIZE_BYTES
_PAUSE_LIMIT_SECONDS = 20
_ANSWER_LIMIT_SECONDS = 120
_NOT_FINISHED = f"not finished after {_ANSWER_LIMIT_SECONDS} seconds"
_CHUNK_BYTES = 1 << 16
_IS_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for the format of gzip
# A server that wants to show its checker something else than everybody must not know it by name.
_USER_AGENTS = ("Mozilla/5.0", "curl/8.5.0", "Wget/1.21.4", "Go-http-client/1.1", "python-requests")


class LogUnreachable(CommandFailed):
    """No answer, or one that says to come back later. It proves nothing."""


class LogAnswerRefused(CommandFailed):
    """An answer that no log gives: too large, packed in an unknown way, sent elsewhere."""


class LogSource(ABC):
    """Where a log can be read. `name` is what messages call it."""

    name: str

    @abstractmethod
    def read(self, path: str, *, limit_bytes: int) -> bytes | None:
        """Read one of the log's files; None where there is none of this name.

        Raises:
            LogUnreachable: nobody can say now whether there is one.
            LogAnswerRefused: what came is not acceptable.
        """

    def checkpoint(self) -> bytes:
        """Read the newest checkpoint: a note, whoever signed it.

        Raises:
            LogUnreachable: there is none, or it cannot be read now.
            LogAnswerRefused: as for `read`.
        """
        data = self.read("checkpoint", limit_bytes=NOTE_LIMIT_BYTES)
        if data is None:
            msg = f"{self.name} has no checkpoint; is this the address of a log, as in …/log?"
            raise LogUnreachable(msg)
        return data

    def kept_checkpoint(self, size: int) -> bytes | None:
        """Read the checkpoint that the log once published at this size, if it kept one."""
        return self.read(f"checkpoints/{size}", limit_bytes=NOTE_LIMIT_BYTES)

    def tile(self, address: TileAddress) -> bytes | None:
        """Read a tile; None where the log does not serve it."""
        return self.read(address.path, limit_bytes=TILE_LIMIT_BYTES)

    def bundle(self, address: BundleAddress) -> bytes | None:
        """Read an entry bundle; None where the log does not serve it."""
        return self.read(address.path, limit_bytes=BUNDLE_LIMIT_BYTES)


def open_log(source: str) -> LogSource:
    """Open a log by the address under which its checkpoint lies, or by its folder.

    Raises:
        CommandFailed: there is no such folder.
    """
    if is_address(source):
        return WebLog(source)
    if not Path(source).is_dir():
        msg = f"{source} is neither the address of a log, https://…/log, nor a folder"
        raise CommandFailed(msg)
    return LogFolder(Path(source))


# --- A folder -------------------------------------------------------------------------------


class LogFolder(LogSource):
    """A log on this computer: a mirror's copy, or a server's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder)

    def read(self, path: str, *, limit_bytes: int) -> bytes | None:
        """Read one of the log's files; None where there is none."""
        place = self.folder / path
        try:
            with place.open("rb") as file:
                data = file.read(limit_bytes + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            msg = f"{place}: {error.strerror or error}"
            raise LogUnreachable(msg) from error
        if len(data) > limit_bytes:
            msg = f"{place} is larger than {limit_bytes} bytes"
            raise LogAnswerRefused(msg)
        return data


# --- An address -----------------------------------------------------------------------------


class WebLog(LogSource):
    """A log on the web, its own server's or a mirror's."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.name = self.address
        self._user_agent = secrets.choice(_USER_AGENTS)
        self._deadline = _Deadline()
        self._opener = _opener(origin=_origin(self.address), watch=self._deadline.watch)

    def read(self, path: str, *, limit_bytes: int) -> bytes | None:
        """Ask for one of the log's files; None where the server answers that there is none."""
        url = f"{self.address}/{path}"
        request = Request(  # noqa: S310 — http(s) only
            url, headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"}
        )
        try:
            with self._deadline.within(_ANSWER_LIMIT_SECONDS):
                response = self._opener.open(request, timeout=_PAUSE_LIMIT_SECONDS)
                assert response is not None  # UnknownHandler raises for what no handler takes
                with response:
                    data = _body(response, url=url, limit_bytes=limit_bytes)
            if self._deadline.is_over:
                raise TimeoutError(_NOT_FINISHED)
        except HTTPError as error:
            error.close()
            if error.code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                return None
            msg = f"{url}: the server answered {error.code} {error.reason}"
            raise LogUnreachable(msg) from error
        except (URLError, HTTPException, OSError, ValueError) as error:
            reason = _NOT_FINISHED if self._deadline.is_over else getattr(error, "reason", error)
            msg = f"{url}: {reason or type(error).__name__}"
            raise LogUnreachable(msg) from error
        return data


class _Deadline:
    """Ends an answer that takes too long, however steadily it drips, by closing its connection.

    A socket's own time limit counts from byte to byte. One answer at a time.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.is_over = False

    def watch(self, connection: socket.socket) -> None:
        """Take the connection that is to be closed."""
        self._socket = connection

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Give what happens inside this many seconds."""
        self.is_over = False
        alarm = Timer(seconds, self._close)
        alarm.daemon = True
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
            self._socket = None

    def _close(self) -> None:
        self.is_over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it ended by itself just now
                self._socket.shutdown(socket.SHUT_RDWR)


class _WatchedConnection(HTTPConnection):
    def __init__(
        self, host: str, *, watch: Callable[[socket.socket], None], timeout: float
    ) -> None:
        super().__init__(host, timeout=timeout)
        self._watch = watch

    def connect(self) -> None:
        super().connect()
        self._watch(self.sock)


class _WatchedSecureConnection(HTTPSConnection):
    def __init__(
        self, host: str, *, watch: Callable[[socket.socket], None], timeout: float
    ) -> None:
        super().__init__(host, timeout=timeout)
        self._watch = watch

    def connect(self) -> None:
        super().connect()
        self._watch(self.sock)


class _WatchedHandler(HTTPHandler):
    def __init__(self, *, watch: Callable[[socket.socket], None]) -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(partial(_WatchedConnection, watch=self._watch), req)


class _WatchedSecureHandler(HTTPSHandler):
    def __init__(self, *, watch: Callable[[socket.socket], None]) -> None:
        super().__init__()
        self._watch = watch

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(partial(_WatchedSecureConnection, watch=self._watch), req)


class _SameHostRedirects(HTTPRedirectHandler):
    """Follow a redirect only where it stays with the host that was asked."""

    max_redirections = 3

    def __init__(self, *, origin: tuple[str, str]) -> None:
        self._origin = origin

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if _origin(newurl) != self._origin:
            reason = f"{req.full_url}: the server sends whoever asks to another host, {newurl}"
            raise LogAnswerRefused(reason)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _opener(*, origin: tuple[str, str], watch: Callable[[socket.socket], None]) -> OpenerDirector:
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        UnknownHandler(),
        _WatchedHandler(watch=watch),
        _WatchedSecureHandler(watch=watch),
        HTTPDefaultErrorHandler(),
        _SameHostRedirects(origin=origin),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _body(response: HTTPResponse, *, url: str, limit_bytes: int) -> bytes:
    encoding = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        msg = f"{url}: the answer is packed as {encoding!r:.40}, which nobody asked for"
        raise LogAnswerRefused(msg)
    unpack = zlib.decompressobj(_IS_GZIP) if encoding == "gzip" else None
    data = bytearray()
    while chunk := response.read(_CHUNK_BYTES):
        room = limit_bytes + 1 - len(data)
        data += chunk if unpack is None else _unpacked(unpack, chunk, room=room, url=url)
        if len(data) > limit_bytes:
            msg = f"{url}: the answer is larger than {limit_bytes} bytes"
            raise LogAnswerRefused(msg)
    if response.length or (unpack is not None and not unpack.eof):
        msg = f"{url}: the answer breaks off"
        raise LogUnreachable(msg)
    return bytes(data)


def _unpacked(unpack: "zlib._Decompress", chunk: bytes, *, room: int, url: str) -> bytes:
    """Unpack at most `room` bytes: a few packed bytes can stand for gigabytes."""
    if unpack.eof:
        msg = f"{url}: something follows after the packed answer"
        raise LogAnswerRefused(msg)
    try:
        data = unpack.decompress(chunk, room)
    except zlib.error as error:
        msg = f"{url}: the packed answer cannot be unpacked: {error}"
        raise LogAnswerRefused(msg) from error
    if unpack.unused_data:
        msg = f"{url}: something follows after the packed answer"
        raise LogAnswerRefused(msg)
    return data
