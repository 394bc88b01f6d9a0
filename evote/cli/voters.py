"""The registrar's folder: pseudonyms with their credentials, and the public list."""

import contextlib
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.sources import (
    ElectionAddress,
    election_address,
    read_source,
    warn_if_readable_by_others,
    write_new_file,
)
from evote.credential import derive_public_credential, encode_credentials
from evote.encoding import encode_json
from evote.errors import DecodeError

VOTERS_FILE = "voters.csv"
PUBLIC_FILE = "public.json"
_COLUMNS = ("voter", "credential", "weight", "link")
_LIMIT_BYTES = 1_000_000_000
_PSEUDONYM_LIMIT = 100
# A spreadsheet takes a cell that begins like this for a formula and runs it.
_FORMULA_MARKS = tuple("=+-@\t\r")
_WEIGHT_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """A voter by their pseudonym. `weight` is None where every voter counts as one."""

    pseudonym: str
    credential: str
    weight: int | None

    def link(self, address: ElectionAddress) -> str:
        """Give the link that opens the booth with this credential, in the part never sent."""
        page = f"{address.site}/elections/{address.uuid}/"
        return f"{page}booth/#credential={self.credential}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What `evote registrar make` wrote."""

    folder: Path
    address: ElectionAddress
    voters: tuple[Voter, ...]

    def voter(self, pseudonym: str) -> Voter:
        """Find one voter.

        Raises:
            CommandFailed: there is none with this pseudonym.
        """
        for voter in self.voters:
            if voter.pseudonym == pseudonym:
                return voter
        msg = f"--voter: there is no {pseudonym!r} in {self.folder / VOTERS_FILE}"
        raise CommandFailed(msg)


# --- The list of pseudonyms --------------------------------------------------------------


def read_voter_ids(source: str) -> dict[str, int | None]:
    """Read the registrar's own list: from each pseudonym to its weight, in the file's order.

    Raises:
        CommandFailed: with the line and the reason; nothing has been written then.
    """
    header, rows = _read_csv(source)
    if header not in (["voter"], ["voter", "weight"]):
        msg = f'{source}: the first line must be "voter" or "voter,weight"'
        raise CommandFailed(msg)
    voters: dict[str, int | None] = {}
    for line, row in rows:
        place = f"{source}, line {line}"
        if len(row) != len(header):
            msg = f"{place}: {len(row)} columns instead of {len(header)}"
            raise CommandFailed(msg)
        pseudonym = row[0].strip()
        _check_pseudonym(pseudonym, place=place)
        if pseudonym in voters:
            msg = f"{place}: {pseudonym!r} stands twice in the list"
            raise CommandFailed(msg)
        voters[pseudonym] = _read_weight(row[1].strip(), place=place) if len(row) > 1 else None
    if not voters:
        msg = f"{source}: there is no voter in the list"
        raise CommandFailed(msg)
    return voters


def _check_pseudonym(pseudonym: str, *, place: str) -> None:
    if not pseudonym or len(pseudonym) > _PSEUDONYM_LIMIT or not pseudonym.isprintable():
        msg = f"{place}: a pseudonym has 1 to {_PSEUDONYM_LIMIT} printable characters"
        raise CommandFailed(msg)
    if pseudonym.startswith(_FORMULA_MARKS):
        msg = f"{place}: {pseudonym!r} begins like a formula, which a spreadsheet would run"
        raise CommandFailed(msg)


def _read_weight(text: str, *, place: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _WEIGHT_DIGITS
    if not is_number or text.startswith("0"):
        msg = f"{place}: a weight is a whole number of at least 1, not {text!r}"
        raise CommandFailed(msg)
    return int(text)


def _read_csv(source: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read a CSV file: its header, and its other lines with their numbers; empty lines skipped."""
    data = read_source(source, limit_bytes=_LIMIT_BYTES)
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{source}: not a CSV file in UTF-8: {error}"
        raise CommandFailed(msg) from error
    if not rows:
        msg = f"{source} is empty"
        raise CommandFailed(msg)
    return [name.strip() for name in rows[0][1]], rows[1:]


# --- The folder --------------------------------------------------------------------------


def new_folder(path: str) -> Path:
    """Make the registrar's folder, for its owner alone.

    Raises:
        CommandFailed: it exists already, or cannot be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    return folder


def write_folder(folder: Path, *, address: ElectionAddress, voters: Sequence[Voter]) -> None:
    """Write the secret list and the public one."""
    write_new_file(str(folder / VOTERS_FILE), _encode_voters(voters, address=address), mode=0o600)
    write_new_file(str(folder / PUBLIC_FILE), _public_list(voters, uuid=address.uuid), mode=0o644)


def open_folder(path: str) -> Folder:
    """Read what `write_folder` wrote.

    Raises:
        CommandFailed: it is no such folder, with the file, the line and the reason.
    """
    folder = Path(path)
    source = str(folder / VOTERS_FILE)
    header, rows = _read_csv(source)
    warn_if_readable_by_others(source)
    if tuple(header) != _COLUMNS or not rows:
        msg = f"{source} was not written by evote registrar make"
        raise CommandFailed(msg)
    voters = []
    addresses = set()
    for line, row in rows:
        place = f"{source}, line {line}"
        if len(row) != len(_COLUMNS):
            msg = f"{place}: {len(row)} columns instead of {len(_COLUMNS)}"
            raise CommandFailed(msg)
        pseudonym, credential, weight, link = row
        voters.append(
            Voter(
                pseudonym=pseudonym,
                credential=credential,
                weight=_read_weight(weight, place=place) if weight else None,
            )
        )
        addresses.add(election_address(link.partition("booth/")[0]))
    address = addresses.pop()
    if addresses or address is None:
        msg = f"{source}: the links do not lead to one election"
        raise CommandFailed(msg)
    return Folder(folder=folder, address=address, voters=tuple(voters))


def replace_voter(opened: Folder, new: Voter) -> None:
    """Write both lists with the new credential in the place of that voter's old one.

    Each file is replaced whole. The public list follows from the secret one, so that a crash
    between the two loses nothing: the next replacement writes both again.
    """
    voters = [new if voter.pseudonym == new.pseudonym else voter for voter in opened.voters]
    for name, data, mode in (
        (VOTERS_FILE, _encode_voters(voters, address=opened.address), 0o600),
        (PUBLIC_FILE, _public_list(voters, uuid=opened.address.uuid), 0o644),
    ):
        target = opened.folder / name
        draft = target.with_suffix(".new")
        with contextlib.suppress(FileNotFoundError):  # left by a crash
            draft.unlink()
        write_new_file(str(draft), data, mode=mode)
        draft.replace(target)


def encode_public(value: Mapping[str, object]) -> bytes:
    """Write a small file for the server."""
    return encode_json(dict(value))


def _encode_voters(voters: Sequence[Voter], *, address: ElectionAddress) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(
        (voter.pseudonym, voter.credential, voter.weight or "", voter.link(address))
        for voter in voters
    )
    return text.getvalue().encode()


def _public_list(voters: Sequence[Voter], *, uuid: str) -> bytes:
    try:
        weights = {
            derive_public_credential(uuid=uuid, credential=voter.credential): voter.weight
            for voter in voters
        }
    except DecodeError as error:
        msg = f"{VOTERS_FILE}: {error}"
        raise CommandFailed(msg) from error
    given = {public: weight for public, weight in weights.items() if weight is not None}
    if given and len(given) != len(weights):
        msg = f"{VOTERS_FILE}: only some voters have a weight"
        raise CommandFailed(msg)
    return encode_credentials(weights, weights=given or None)
