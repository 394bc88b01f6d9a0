"""The second file of an election: what Pnyx adds beside the record (PROTOCOL, part 2).

`<uuid>.pnyx.json` has one element for the Setup event, for each Ballot, each Shuffle and each
PartialDecryption, in the order of the events. The log's entry of such an event names the SHA-256
of its element, so the file is as public and as fixed as the record is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from evote.election import Election, Trustees
from evote.encoding import (
    decode_canonical_json,
    encode_json,
    hash_of_b64,
    read_hash,
    read_integer,
    read_list,
    read_ordered_object,
    read_text,
)
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.proofs import Proof, read_proof
from evote.proofs.statements import verify_transcript
from evote.tally.strong import ProofNesting, proofs_to_json, read_proof_nesting
from evote.threshold.ceremony import check_commits, commit_text_hash
from evote.threshold.certificates import certificates_hash
from evote.threshold.transcript import transcript_hash

COMPANION_LIMIT_BYTES = 4_000_000_000
_ELEMENT_LIMIT_BYTES = 64_000_000


class WrongCompanion(EvoteError):
    """The companion file is of another election than the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """How the keys came about: the commits, T, and everybody's signature of T (2.4).

    `commits` has one list for each item with a threshold, with one hash for each member;
    `signatures` one for each slot.
    """

    commits: tuple[tuple[str, ...], ...]
    transcript: str
    signatures: tuple[Proof, ...]

    def to_json(self) -> dict[str, object]:
        """Give the member `ceremony`."""
        return {
            "commits": [list(commits) for commits in self.commits],
            "transcript": self.transcript,
            "signatures": [proof.to_json() for proof in self.signatures],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A credential's statement that this ballot replaces that one (2.2)."""

    tracker: str
    prev: str
    proof: Proof

    def to_json(self) -> dict[str, object]:
        """Give one entry of `casts`."""
        return {"tracker": self.tracker, "prev": self.prev, "proof": self.proof.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffleStatement:
    """A slot's statement that it made this shuffle here (2.8). `payload` is the shuffle's hash."""

    owner: int
    payload: str
    proof: Proof

    def to_json(self) -> dict[str, object]:
        """Give one entry of `shuffles`."""
        return {"owner": self.owner, "payload": self.payload, "proof": self.proof.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StrongDecryption:
    """A slot's strong proofs (2.3). `payload` is the hash of its partial decryption."""

    owner: int
    payload: str
    proofs: ProofNesting

    def to_json(self) -> dict[str, object]:
        """Give one entry of `decryptions`."""
        return {
            "owner": self.owner,
            "payload": self.payload,
            "proofs": proofs_to_json(self.proofs),
        }


CompanionElement = Ceremony | Cast | ShuffleStatement | StrongDecryption


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """The whole file."""

    uuid: str
    fingerprint: str
    ceremony: Ceremony
    casts: tuple[Cast, ...]
    shuffles: tuple[ShuffleStatement, ...]
    decryptions: tuple[StrongDecryption, ...]


# --- Writing -----------------------------------------------------------------------------


def encode_element(element: CompanionElement) -> bytes:
    """Write one element: the bytes whose SHA-256 is the `companion` of an entry of the log."""
    return encode_json(element.to_json())


def encode_companion(companion: Companion) -> bytes:
    """Write the whole file."""
    return join_companion(
        uuid=companion.uuid,
        fingerprint=companion.fingerprint,
        ceremony=encode_element(companion.ceremony),
        casts=map(encode_element, companion.casts),
        shuffles=map(encode_element, companion.shuffles),
        decryptions=map(encode_element, companion.decryptions),
    )


def join_companion(
    *,
    uuid: str,
    fingerprint: str,
    ceremony: bytes,
    casts: Iterable[bytes],
    shuffles: Iterable[bytes],
    decryptions: Iterable[bytes],
) -> bytes:
    """Put the file together from elements that are written already."""
    return b"".join(
        companion_parts(
            uuid=uuid,
            fingerprint=fingerprint,
            ceremony=ceremony,
            casts=casts,
            shuffles=shuffles,
            decryptions=decryptions,
        )
    )


def companion_parts(
    *,
    uuid: str,
    fingerprint: str,
    ceremony: bytes,
    casts: Iterable[bytes],
    shuffles: Iterable[bytes],
    decryptions: Iterable[bytes],
) -> Iterator[bytes]:
    """Give the file piece by piece, for a server that need not hold all of it at once."""
    head = encode_json({"version": 1, "election": uuid, "election_hash": fingerprint})
    yield head.removesuffix(b"}") + b',"ceremony":' + ceremony
    for name, elements in (
        (b"casts", casts),
        (b"shuffles", shuffles),
        (b"decryptions", decryptions),
    ):
        yield b',"%s":[' % name
        for index, element in enumerate(elements):
            yield b"," + element if index else element
        yield b"]"
    yield b"}"


# --- Reading -----------------------------------------------------------------------------


def decode_companion(data: bytes, *, election: Election) -> Companion:
    """Read the companion of this election; what it states, the verifier checks.

    Raises:
        DecodeError: not the one spelling of a companion.
        WrongCompanion: it is of another election.
    """
    value = decode_canonical_json(data, source="companion", limit_bytes=COMPANION_LIMIT_BYTES)
    item = read_ordered_object(
        value,
        place="",
        fields=(
            "version",
            "election",
            "election_hash",
            "ceremony",
            "casts",
            "shuffles",
            "decryptions",
        ),
    )
    if read_integer(item["version"], place="version") != 1:
        msg = "this version of the companion is not known"
        raise DecodeError(msg, place="version")
    uuid = read_text(item["election"], place="election")
    fingerprint = read_text(item["election_hash"], place="election_hash")
    if (uuid, fingerprint) != (election.uuid, election.fingerprint):
        msg = f"this is the companion of the election {uuid}, fingerprint {fingerprint}"
        raise WrongCompanion(msg)
    casts, shuffles, decryptions = (
        read_list(item[name], place=name) for name in ("casts", "shuffles", "decryptions")
    )
    return Companion(
        uuid=uuid,
        fingerprint=fingerprint,
        ceremony=read_ceremony(item["ceremony"], place="ceremony"),
        casts=tuple(read_cast(cast, place=f"casts[{index}]") for index, cast in enumerate(casts)),
        shuffles=tuple(
            _read_shuffle(shuffle, place=f"shuffles[{index}]")
            for index, shuffle in enumerate(shuffles)
        ),
        decryptions=tuple(
            _read_decryption(decryption, place=f"decryptions[{index}]")
            for index, decryption in enumerate(decryptions)
        ),
    )


def read_ceremony(value: object, *, place: str) -> Ceremony:
    """Take the member `ceremony`; `verify_ceremony` checks it."""
    item = read_ordered_object(value, place=place, fields=("commits", "transcript", "signatures"))
    lists = read_list(item["commits"], place=f"{place}.commits")
    signatures = read_list(item["signatures"], place=f"{place}.signatures")
    return Ceremony(
        commits=tuple(
            tuple(
                read_hash(commit, place=f"{place}.commits[{number}][{index}]")
                for index, commit in enumerate(
                    read_list(commits, place=f"{place}.commits[{number}]")
                )
            )
            for number, commits in enumerate(lists)
        ),
        transcript=read_hash(item["transcript"], place=f"{place}.transcript"),
        signatures=tuple(
            read_proof(proof, place=f"{place}.signatures[{index}]", is_ordered=True)
            for index, proof in enumerate(signatures)
        ),
    )


def read_cast(value: object, *, place: str) -> Cast:
    """Take one entry of `casts`."""
    item = read_ordered_object(value, place=place, fields=("tracker", "prev", "proof"))
    texts = {}
    for name in ("tracker", "prev"):
        texts[name] = read_text(item[name], place=f"{place}.{name}")
        hash_of_b64(texts[name], place=f"{place}.{name}")
    return Cast(
        tracker=texts["tracker"],
        prev=texts["prev"],
        proof=read_proof(item["proof"], place=f"{place}.proof", is_ordered=True),
    )


def decode_cast(data: bytes) -> Cast:
    """Read one element of `casts` by itself, as the server keeps it.

    Raises:
        DecodeError: not the one spelling.
    """
    value = decode_canonical_json(data, source="cast", limit_bytes=_ELEMENT_LIMIT_BYTES)
    return read_cast(value, place="cast")


def decode_strong_decryption(data: bytes) -> StrongDecryption:
    """Read one element of `decryptions` by itself, as the server keeps it.

    Raises:
        DecodeError: not the one spelling.
    """
    value = decode_canonical_json(data, source="decryption", limit_bytes=_ELEMENT_LIMIT_BYTES)
    return _read_decryption(value, place="decryption")


def _read_shuffle(value: object, *, place: str) -> ShuffleStatement:
    item = read_ordered_object(value, place=place, fields=("owner", "payload", "proof"))
    return ShuffleStatement(
        owner=read_integer(item["owner"], place=f"{place}.owner", minimum=1),
        payload=read_hash(item["payload"], place=f"{place}.payload"),
        proof=read_proof(item["proof"], place=f"{place}.proof", is_ordered=True),
    )


def _read_decryption(value: object, *, place: str) -> StrongDecryption:
    item = read_ordered_object(value, place=place, fields=("owner", "payload", "proofs"))
    return StrongDecryption(
        owner=read_integer(item["owner"], place=f"{place}.owner", minimum=1),
        payload=read_hash(item["payload"], place=f"{place}.payload"),
        proofs=read_proof_nesting(item["proofs"], place=f"{place}.proofs"),
    )


# --- The ceremony ------------------------------------------------------------------------


def verify_ceremony(
    *, ceremony: Ceremony, election: Election, trustees: Trustees, archived_trustees: bytes
) -> None:
    """Check that the keys were committed to before they were shown, and that all slots agree.

    `trustees` are verified ones, `archived_trustees` the bytes that they were read from.

    Raises:
        InvalidProof: a list has a wrong length, a commit is repeated or not what was revealed, T
            is another one, or a slot did not sign it.
    """
    check_all_commits(ceremony.commits, uuid=election.uuid, trustees=trustees)
    expected = transcript_hash(
        fingerprint=election.fingerprint,
        trustees=archived_trustees,
        ceremonies=trustees.ceremonies,
        commits=ceremony.commits,
    )
    if ceremony.transcript != expected:
        msg = "the transcript is not the one of this election and these trustees"
        raise InvalidProof(msg)
    slots = trustees.slots
    if len(ceremony.signatures) != len(slots):
        msg = f"{len(ceremony.signatures)} signed the transcript, not {len(slots)}"
        raise InvalidProof(msg)
    for owner, (slot, signature) in enumerate(
        zip(slots, ceremony.signatures, strict=True), start=1
    ):
        try:
            verify_transcript(
                proof=signature,
                fingerprint=election.fingerprint,
                public_key=slot.public_key,
                transcript=expected,
            )
        except InvalidProof as error:
            msg = f"trustee {owner}: {error}"
            raise InvalidProof(msg) from error


def check_all_commits(commits: Sequence[Sequence[str]], *, uuid: str, trustees: Trustees) -> None:
    """Check that each member of each item revealed what they had committed to.

    Raises:
        InvalidProof: with the item and the member.
    """
    if len(commits) != len(trustees.ceremonies):
        msg = f"there are {len(commits)} lists of commits for {len(trustees.ceremonies)} ceremonies"
        raise InvalidProof(msg)
    for number, (hashes, item) in enumerate(
        zip(commits, trustees.ceremonies, strict=True), start=1
    ):
        if len(hashes) != item.size:
            msg = f"ceremony {number}: there are {len(hashes)} commits of {item.size} members"
            raise InvalidProof(msg)
        check_commits(hashes)
        certs = certificates_hash(item.signed_certificates)
        for index, (commit, signed) in enumerate(
            zip(hashes, item.signed_commitments, strict=True), start=1
        ):
            if commit != commit_text_hash(
                uuid=uuid, index=index, certs=certs, commitments_message=signed.message
            ):
                msg = f"ceremony {number}: member {index} did not reveal what they committed to"
                raise InvalidProof(msg)
