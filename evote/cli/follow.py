"""`evote verify --follow`: keep watching an open election; complain if its board ever shrinks.

A record only grows, by bytes at its end. So whoever watches keeps what they were shown, and what
they are shown next must begin with it. If it does not, both versions are kept: each is a chain of
hashes, so together they show that the server showed two histories.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.sources import election_address, read_record_source, write_new_file
from evote.cli.verification import Rechecker
from evote.verify import Report, Verdict

# Called with each report; the last one is what the watching ends with.
Show = Callable[[Report], None]


def follow(source: str, *, every_seconds: int, copy: str | None, show: Show) -> Report | None:
    """Verify a record again whenever it has grown, until it is complete or wrong.

    `copy` is the file in which the record is kept, also for the next start; `<uuid>.bel` in the
    current folder where it is None. A server that cannot be reached is said and asked again: that
    alone proves nothing.

    Returns:
        The last report, or None where the record no longer begins with what was shown before.

    Raises:
        CommandFailed: the address is not an election's, or the copy cannot be read or written.
    """
    address = election_address(source)
    if address is None:
        msg = "--follow needs the address of an election's page, https://…/elections/<uuid>/"
        raise CommandFailed(msg)
    kept = Path(copy or f"{address.uuid}.bel")
    known = _read_copy(kept)
    rechecker = Rechecker()
    last: Report | None = None
    while True:
        try:
            data = read_record_source(source)
        except CommandFailed as error:
            print(f"not reached, will ask again: {error}", flush=True)
            time.sleep(every_seconds)
            continue
        if not data.startswith(known):
            _keep_evidence(data, known=known, kept=kept)
            return None
        if last is None or len(data) > len(known):
            last = rechecker.verify(data, source=source)
            show(last)
            if last.verdict == Verdict.INVALID:
                _replace(kept.with_name(f"{kept.name}.invalid"), data)
                return last
            _replace(kept, data)
            known = data
            if last.verdict == Verdict.COMPLETE:
                return last
        time.sleep(every_seconds)


def _read_copy(kept: Path) -> bytes:
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        msg = f"{kept}: {error.strerror or error}"
        raise CommandFailed(msg) from error


def _keep_evidence(data: bytes, *, known: bytes, kept: Path) -> None:
    other = kept.with_name(f"{kept.name}.contradiction")
    _replace(other, data)
    common = next(
        (
            index
            for index, (ours, theirs) in enumerate(zip(known, data, strict=False))
            if ours != theirs
        ),
        min(len(known), len(data)),
    )
    print(
        f"THE BOARD WAS CHANGED: the record had {len(known)} bytes and is shown now with "
        f"{len(data)}; they part after byte {common}.\n"
        f"Keep both files, they prove it: {kept} and {other}",
        flush=True,
    )


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):  # left by a crash
        draft.unlink()
    write_new_file(str(draft), data, mode=0o644)
    draft.replace(path)
