"""`evote verify --follow`: keep watching an open election; complain if its board ever shrinks.

A record only grows, by bytes at its end. So whoever watches keeps what they were shown, and what
they are shown next must begin with it. If it does not, both versions are kept: each is a chain of
hashes, so together they show that the server showed two histories.
"""

import contextlib
import json
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
    rechecker = Rechecker(is_growing=True)
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
            beside = kept.with_name(f"{kept.name.removesuffix('.bel')}.pnyx.json")
            companion = rechecker.companion_bytes()
            if not _has_only_grown(companion, known=_read_copy(beside)):
                _keep_both(companion or b"", kept=beside, what="second file")
                return None
            if last.verdict == Verdict.INVALID:
                _replace(kept.with_name(f"{kept.name}.invalid"), data)
                return last
            _replace(kept, data)
            if companion is not None:
                _replace(beside, companion)
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


def _has_only_grown(companion: bytes | None, *, known: bytes) -> bool:
    """Say whether the second file holds all that it held before: its lists only grow."""
    if not known:
        return True
    try:
        before, now = json.loads(known), json.loads(companion or b"null")
        return now["ceremony"] == before["ceremony"] and all(
            now[name][: len(before[name])] == before[name]
            for name in ("casts", "shuffles", "decryptions")
        )
    except (ValueError, TypeError, KeyError):
        return False


def _keep_evidence(data: bytes, *, known: bytes, kept: Path) -> None:
    common = next(
        (
            index
            for index, (ours, theirs) in enumerate(zip(known, data, strict=False))
            if ours != theirs
        ),
        min(len(known), len(data)),
    )
    print(
        f"The record had {len(known)} bytes and is shown now with {len(data)}; "
        f"they part after byte {common}."
    )
    _keep_both(data, kept=kept, what="record")


def _keep_both(data: bytes, *, kept: Path, what: str) -> None:
    other = kept.with_name(f"{kept.name}.contradiction")
    _replace(other, data)
    print(
        f"THE BOARD WAS CHANGED: the {what} no longer holds what it held.\n"
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
