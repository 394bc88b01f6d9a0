"""Reads what the commands are given, from a file or from an address, and writes what they make."""

import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
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

from evote import __version__
from evote.cli.errors import CommandFailed, NotThere

RECORD_LIMIT_BYTES = 8_000_000_000
ANSWER_LIMIT_BYTES = 1_000_000
_PAUSE_LIMIT_SECONDS = 30
_DOWNLOAD_LIMIT_SECONDS = 3600
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ElectionAddress:
    """Where an election is on the web."""

    site: str
    uuid: str

    @property
    def record(self) -> str:
        """The address of its record."""
        return f"{self.site}/elections/{self.uuid}/{self.uuid}.bel"

    @property
    def ballots(self) -> str:
        """Where a voter hands in a ballot."""
        return f"{self._interface}/ballots"

    @property
    def partial_decryptions(self) -> str:
        """Where a trustee hands in a partial decryption."""
        return f"{self._interface}/partial-decryptions"

    @property
    def shuffles(self) -> str:
        """Where a trustee hands in a shuffle."""
        return f"{self._interface}/shuffles"

    def shuffle(self, owner: int) -> str:
        """Give the address that says what became of a trustee's shuffle."""
        return f"{self.shuffles}/{owner}"

    @property
    def transcript(self) -> str:
        """Where trustees sign the setup, and what they sign."""
        return f"{self._interface}/transcript"

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{self.site}/elections/{self.uuid}/"

    @property
    def election(self) -> str:
        """The address of its description, also before there is a record."""
        return f"{self.site}/elections/{self.uuid}/election.json"

    @property
    def trustees(self) -> str:
        """The address of its list of trustees, also before there is a record."""
        return f"{self.site}/elections/{self.uuid}/trustees.json"

    @property
    def companion(self) -> str:
        """The address of the second file."""
        return f"{self.site}/elections/{self.uuid}/{self.uuid}.pnyx.json"

    def ceremony(self, item: int) -> str:
        """Give the address of the state of a ceremony."""
        return f"{self._interface}/ceremonies/{item}"

    def ceremony_messages(self, item: int) -> str:
        """Where the members of a ceremony hand in their messages."""
        return f"{self.ceremony(item)}/messages"

    @property
    def _interface(self) -> str:
        return f"{self.site}/api/elections/{self.uuid}"


def is_address(source: str) -> bool:
    """Say whether a source is an address on the web rather than a file."""
    return source.startswith(("https://", "http://"))


def election_address(source: str) -> ElectionAddress | None:
    """Understand the address of an election's page or of its record; None for a file."""
    if not is_address(source):
        return None
    parts = urlsplit(source)
    before, found, after = parts.path.partition("/elections/")
    uuid = after.strip("/").split("/")[0]
    if not found or not uuid:
        return None
    return ElectionAddress(site=f"{parts.scheme}://{parts.netloc}{before}", uuid=uuid)


def check_is_election_asked_for(uuid: str, *, source: str) -> None:
    """See that the record found at an election's address is of that election.

    A valid record of another election is no answer, least of all to a trustee or a voter.

    Raises:
        CommandFailed: it is of another one.
    """
    address = election_address(source)
    if address is not None and address.uuid != uuid:
        msg = f"{source}: the server gave the record of another election, {uuid}"
        raise CommandFailed(msg)


def record_address(source: str) -> str:
    """Give the address of a record from that, or from the one of the election's page.

    Raises:
        CommandFailed: it is neither.
    """
    if urlsplit(source).path.endswith(".bel"):
        return source
    address = election_address(source)
    if address is None:
        msg = (
            f"{source} is neither the address of a record, which ends in .bel, "
            "nor of an election's page, …/elections/<uuid>/"
        )
        raise CommandFailed(msg)
    return address.record


def read_record_source(source: str) -> bytes:
    """Read a record from a file, from its address, or from the address of the election's page.

    Raises:
        CommandFailed: it cannot be read, with the name of the file or address.
    """
    if is_address(source):
        source = record_address(source)
    return read_source(source, limit_bytes=RECORD_LIMIT_BYTES)


def companion_of(source: str) -> str | None:
    """Give the second file that stands beside a record; None where it has no name."""
    if is_address(source):
        source = record_address(source)
    if not source.endswith(".bel"):
        return None
    return f"{source.removesuffix('.bel')}.pnyx.json"


def read_source(source: str, *, limit_bytes: int) -> bytes:
    """Read a file, an address, or standard input for `-`, within a size limit.

    Raises:
        CommandFailed: it cannot be read or is too large.
    """
    if is_address(source):
        return _send(Request(source), limit_bytes=limit_bytes)  # noqa: S310 — http(s) only
    try:
        if source == "-":
            data = sys.stdin.buffer.read(limit_bytes + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(limit_bytes + 1)
    except FileNotFoundError as error:
        msg = f"{source}: {error.strerror}"
        raise NotThere(msg) from error
    except OSError as error:
        msg = f"{source}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    check_size(len(data), source=source, limit_bytes=limit_bytes)
    return data


def post_json(url: str, *, body: bytes) -> bytes:
    """Send JSON to an address and give the answer.

    Raises:
        CommandFailed: the server refused it or cannot be reached, with the reason it gave.
    """
    request = Request(  # noqa: S310 — http(s) only
        url, data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    return _send(request, limit_bytes=ANSWER_LIMIT_BYTES)


def _send(request: Request, *, limit_bytes: int) -> bytes:
    return b"".join(_receive(request, limit_bytes=limit_bytes))


def download(url: str, *, limit_bytes: int) -> Iterator[bytes]:
    """Give what is at an address piece by piece.

    Raises:
        CommandFailed: it cannot be read or is too large.
    """
    return _receive(Request(url), limit_bytes=limit_bytes)  # noqa: S310 — http(s) only


def _receive(request: Request, *, limit_bytes: int) -> Iterator[bytes]:
    url = request.full_url
    request.add_header("User-Agent", f"evote/{__version__}")
    deadline = time.monotonic() + _DOWNLOAD_LIMIT_SECONDS
    size = 0
    try:
        response = _opener().open(request, timeout=_PAUSE_LIMIT_SECONDS)
        assert response is not None  # UnknownHandler raises for what no handler takes
        with response:
            while chunk := response.read(_CHUNK_BYTES):
                size += len(chunk)
                check_size(size, source=url, limit_bytes=limit_bytes)
                yield chunk
                if time.monotonic() > deadline:
                    msg = f"{url}: not finished after {_DOWNLOAD_LIMIT_SECONDS} seconds"
                    raise CommandFailed(msg)
    except HTTPError as error:
        with error:
            reason = error.read(1000).decode(errors="replace").strip()
        msg = f"{url}: the server answered {error.code} {error.reason}. {reason}"
        kind = NotThere if error.code == HTTPStatus.NOT_FOUND else CommandFailed
        raise kind(msg.rstrip()) from error
    except (URLError, OSError, ValueError) as error:
        msg = f"{url}: {getattr(error, 'reason', error)}"
        raise CommandFailed(msg) from error


def _opener() -> OpenerDirector:
    """Speak HTTP and HTTPS only: no redirect can lead to a file on this computer."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        UnknownHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        HTTPRedirectHandler(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def check_size(size: int, *, source: str, limit_bytes: int) -> None:
    """Say that something is larger than it may be.

    Raises:
        CommandFailed: it is.
    """
    if size > limit_bytes:
        msg = f"{source} is larger than {limit_bytes} bytes"
        raise CommandFailed(msg)


def write_new_file(path: str, data: bytes, *, mode: int) -> None:
    """Write a file that must not exist yet, with these rights from the first moment.

    Raises:
        CommandFailed: it exists, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        msg = f"{path} exists already; evote does not overwrite it"
        raise CommandFailed(msg) from error
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise CommandFailed(msg) from error


def warn_if_readable_by_others(path: str) -> None:
    """Say on standard error that a secret file can be read by other users."""
    if path != "-" and Path(path).stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        print(f"warning: {path} can be read by other users: chmod 600 {path}", file=sys.stderr)
