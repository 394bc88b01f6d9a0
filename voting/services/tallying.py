"""From the closed ballot box to the encrypted tally. A pure function of the record."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Sum

import evote.election
from evote.ballot import Ballot as DecodedBallot
from evote.ballot import CastBallot, decode_ballot, refused_ballots
from evote.election import decode_election
from evote.encoding import b64_of_hash, sha256_hex
from evote.errors import EvoteError, InvalidProof
from evote.proofs import Proof
from evote.record.companion import decode_cast
from evote.tally import (
    EncryptedTally,
    add_ballots,
    add_tallies,
    decode_encrypted_tally,
    encode_encrypted_tally,
    encode_sized_tally,
    has_ranked_question,
)
from voting.models import (
    Ballot,
    BallotAlpha,
    Credential,
    Election,
    Record,
    RecordEvent,
    TallyChunk,
)
from voting.services.outcome import end_below_minimum
from voting.services.phases import move_down
from voting.services.recording import Addition, append_event

# What the C extension computes in one call, in about a second.
BALLOTS_PER_CHUNK = 1000


class TallyRefused(Exception):
    """The box holds a ballot that must not be counted. The message names it."""


def tally_election(*, election: Election, may_go_on: Callable[[], bool] = lambda: True) -> Election:
    """Check and add every ballot that counts, and write the encrypted tally into the record.

    The work is cut into chunks that any number of workers share. Each chunk is a transaction
    of its own, and what it gives depends on the record alone: killed at any point and begun
    again, the same bytes come out. When others still hold chunks, or `may_go_on` says that
    other work waits, this returns, and whoever comes next finishes.

    Fewer ballots than the election's minimum are not decrypted: it ends here (PROTOCOL 2.7).

    Raises:
        TallyRefused: a ballot in the box does not verify; nothing will be decrypted.
    """
    if election.phase != Election.Phase.CLOSED:
        return election
    _cut_chunks(election=election)
    while may_go_on() and add_chunk(election=election):
        pass
    return _finish(election=election)


def add_chunk(*, election: Election) -> bool:
    """Take a chunk that nobody works on, check and add its ballots; say whether there was one."""
    with transaction.atomic():
        chunk = (
            TallyChunk.objects.select_for_update(skip_locked=True)
            .filter(election=election, encrypted_tally__isnull=True)
            .order_by("first_height")
            .first()
        )
        if chunk is None:
            return False
        description = _description(election=election)
        checked = _check_ballots(chunk=chunk, description=description)
        counted = [(one.ballot, one.weight) for one in checked if not one.is_replaced]
        tally = add_ballots(election=description, ballots_with_weights=counted, are_verified=True)
        chunk.counted = len(counted)
        chunk.total_weight = sum(weight for _ballot, weight in counted)
        chunk.alphas = ",".join(alpha for one in checked for alpha in one.ballot.alphas)
        chunk.encrypted_tally = encode_encrypted_tally(tally, election=description)
        chunk.save(update_fields=["counted", "total_weight", "alphas", "encrypted_tally"])
    return True


@transaction.atomic
def _cut_chunks(*, election: Election) -> None:
    """Make the chunks, once: heights 1 to the last ballot, in equal steps."""
    election = Election.objects.select_for_update(no_key=True).get(pk=election.pk)
    if TallyChunk.objects.filter(election=election).exists():
        return
    # Counted in the record, not in the box, so that a ballot missing there is missed. The Setup
    # event has height 0, so the ballots' heights are 1, 2, …, last.
    last = RecordEvent.objects.filter(election=election, type=RecordEvent.Type.BALLOT).count()
    TallyChunk.objects.bulk_create(
        TallyChunk(
            election=election,
            first_height=first,
            last_height=min(first + BALLOTS_PER_CHUNK - 1, last),
        )
        for first in range(1, last + 1, BALLOTS_PER_CHUNK)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBallot:
    """A ballot of the record that verifies, its weight, and whether a later one replaces it."""

    ballot: DecodedBallot
    weight: int
    is_replaced: bool


def _check_ballots(
    *, chunk: TallyChunk, description: evote.election.Election
) -> list[CheckedBallot]:
    """Check every ballot of the chunk, those that are replaced too."""
    election = chunk.election
    successor = Ballot.objects.filter(
        election=election, credential=OuterRef("credential"), prev=OuterRef("tracker")
    )
    event = RecordEvent.objects.filter(
        election=election,
        height=OuterRef("height"),
        type=RecordEvent.Type.BALLOT,
        payload=OuterRef("tracker"),
    )
    rows = Ballot.objects.filter(
        election=election, height__range=(chunk.first_height, chunk.last_height)
    ).annotate(is_replaced=Exists(successor), is_in_record=Exists(event))
    expected = chunk.last_height - chunk.first_height + 1
    found = list(rows.order_by("height"))
    if len(found) != expected:
        msg = f"{expected - len(found)} ballots of election {election.uuid} are missing"
        raise TallyRefused(msg)
    weights = dict(
        Credential.objects.filter(
            election=election, public__in={row.credential for row in found}
        ).values_list("public", "weight")
    )
    checked = []
    ballots = _verified(rows=found, description=description)
    for row, ballot in zip(found, ballots, strict=True):
        if not row.is_in_record or row.credential not in weights:
            msg = f"ballot {ballot.tracker} is not as it was accepted"
            raise TallyRefused(msg)
        checked.append(
            CheckedBallot(
                ballot=ballot, weight=weights[row.credential], is_replaced=row.is_replaced
            )
        )
    _check_challenges(election=election, checked=checked)
    return checked


def _check_challenges(*, election: Election, checked: Sequence[CheckedBallot]) -> None:
    """Refuse a ballot that a challenge has opened: everybody may know what it says (A-48)."""
    owner = {bytes.fromhex(alpha): one.ballot for one in checked for alpha in one.ballot.alphas}
    opened = BallotAlpha.objects.filter(
        election=election, is_challenged=True, alpha__in=list(owner)
    ).first()
    if opened is not None:
        msg = f"ballot {owner[bytes(opened.alpha)].tracker} was opened by a challenge"
        raise TallyRefused(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A stored ballot before its proofs are looked at, and what is wrong with its statement."""

    row: Ballot
    cast: CastBallot
    failure: EvoteError | None


def _verified(
    *, rows: Sequence[Ballot], description: evote.election.Election
) -> Iterator[DecodedBallot]:
    """Verify stored ballots again: nobody may have put one there by hand (A-10, A-46).

    All are computed together; the first one that must not be counted is named.
    """
    read: list[_Read] = []
    unreadable: TallyRefused | None = None
    for row in rows:
        try:
            read.append(_read(row=row, description=description))
        except TallyRefused as error:
            unreadable = error
            break
    refusals = refused_ballots([one.cast for one in read], election=description)
    for one, refusal in zip(read, refusals, strict=True):
        failure = refusal or one.failure
        if failure is not None:
            msg = f"ballot {bytes(one.row.tracker).hex()}: {failure}"
            raise TallyRefused(msg) from failure
        ballot = one.cast.ballot
        if ballot.credential != one.row.credential:
            msg = f"ballot {ballot.tracker} is not as it was accepted"
            raise TallyRefused(msg)
        yield ballot
    if unreadable is not None:
        raise unreadable


def _read(*, row: Ballot, description: evote.election.Election) -> _Read:
    body = bytes(row.body)
    if hashlib.sha256(body).digest() != bytes(row.tracker):
        msg = f"ballot {bytes(row.tracker).hex()} is not what its tracker says"
        raise TallyRefused(msg)
    try:
        ballot = decode_ballot(body, election=description)
    except EvoteError as error:
        msg = f"ballot {bytes(row.tracker).hex()}: {error}"
        raise TallyRefused(msg) from error
    prev = b64_of_hash(bytes(row.prev).hex())
    proof, failure = None, None
    try:
        proof = _statement_proof(row, ballot=ballot, prev=prev, description=description)
    except EvoteError as error:
        failure = error
    return _Read(row=row, cast=CastBallot(ballot=ballot, prev=prev, proof=proof), failure=failure)


def _statement_proof(
    row: Ballot, *, ballot: DecodedBallot, prev: str, description: evote.election.Election
) -> Proof | None:
    """Return the proof that the credential signed which ballot this one replaces (PROTOCOL 2.2).

    Raises:
        EvoteError: the statement is missing or not for this ballot.
    """
    if description.context.get("profile", 0) == 0:
        return None
    cast = decode_cast(bytes(row.statement or b""))
    if (cast.tracker, cast.prev) != (ballot.tracker, prev):
        msg = "its cast statement is for another ballot"
        raise InvalidProof(msg)
    return cast.proof


@transaction.atomic
def _finish(*, election: Election) -> Election:
    """Multiply the chunks and write the event, when all chunks are there."""
    locked = (
        Election.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=election.pk, phase=Election.Phase.CLOSED)
        .first()
    )
    chunks = TallyChunk.objects.filter(election=election)
    if locked is None or chunks.filter(encrypted_tally__isnull=True).exists():
        return Election.objects.get(pk=election.pk)
    _check_copies(election=locked)
    description = _description(election=locked)
    tally: EncryptedTally = add_tallies(
        (
            decode_encrypted_tally(bytes(data or b""), election=description)
            for data in chunks.order_by("first_height")
            .values_list("encrypted_tally", flat=True)
            .iterator(chunk_size=50)
        ),
        election=description,
    )
    sums = chunks.aggregate(counted=Sum("counted"), weight=Sum("total_weight"))
    counted, weight = sums["counted"] or 0, sums["weight"] or 0
    encoded = encode_encrypted_tally(tally, election=description)
    sizes = encode_sized_tally(
        num_tallied=counted, total_weight=weight, encrypted_tally=sha256_hex(encoded)
    )
    event = append_event(
        election=locked,
        record=Record.objects.select_for_update().get(election=locked),
        addition=Addition(
            type=RecordEvent.Type.ENCRYPTED_TALLY,
            objects=[("encrypted_tally", encoded), ("sized_encrypted_tally", sizes)],
        ),
    )
    chunks.update(alphas="")
    if counted < locked.minimum_ballots:
        return end_below_minimum(election=locked, event=event)
    following = (
        Election.Phase.SHUFFLING if has_ranked_question(description) else Election.Phase.TALLIED
    )
    move_down(election=locked, phase=following)
    return locked


def _check_copies(*, election: Election) -> None:
    """Refuse two ciphertexts with the same α: one of them was copied (A-01).

    The database compares them, however many there are; nothing of it is held in memory here.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT alpha FROM voting_tallychunk, unnest(string_to_array(alphas, ',')) AS alpha"
            " WHERE election_id = %s GROUP BY alpha HAVING count(*) > 1 LIMIT 1",
            [election.pk],
        )
        copied = cursor.fetchone()
    if copied is not None:
        msg = f"the ciphertext with alpha {copied[0]} is in the box of {election.uuid} twice"
        raise TallyRefused(msg)


def _description(*, election: Election) -> evote.election.Election:
    assert election.archived_election is not None
    return decode_election(bytes(election.archived_election))
