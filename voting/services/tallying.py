"""From the closed ballot box to the encrypted tally. A pure function of the record."""

import hashlib
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

import evote.election
from evote.ballot import Ballot as DecodedBallot
from evote.ballot import decode_ballot, verify_ballot
from evote.election import decode_election
from evote.encoding import sha256_hex
from evote.errors import DecodeError, InvalidBallot
from evote.tally import (
    EncryptedTally,
    add_ballots,
    add_tallies,
    decode_encrypted_tally,
    encode_encrypted_tally,
    encode_sized_tally,
)
from voting.models import Ballot, Credential, Election, Record, RecordEvent, TallyChunk
from voting.services.phases import move_down
from voting.services.recording import Addition, append_event

BALLOTS_PER_CHUNK = 200


class TallyRefused(Exception):
    """The box holds a ballot that must not be counted. The message names it."""


def tally_election(*, election: Election) -> Election:
    """Check and add every ballot that counts, and write the encrypted tally into the record.

    The work is cut into chunks that any number of workers share. Each chunk is a transaction
    of its own, and what it gives depends on the record alone: killed at any point and begun
    again, the same bytes come out. When others still hold chunks, this returns, and whoever
    comes next finishes.

    Raises:
        TallyRefused: a ballot in the box does not verify; nothing will be decrypted.
    """
    if election.phase != Election.Phase.CLOSED:
        return election
    _cut_chunks(election=election)
    while add_chunk(election=election):
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
        counted = list(_counted_ballots(chunk=chunk, description=description))
        tally = add_ballots(
            election=description, ballots_with_weights=((ballot, 1) for ballot in counted)
        )
        chunk.counted = len(counted)
        chunk.encrypted_tally = encode_encrypted_tally(tally, election=description)
        chunk.save(update_fields=["counted", "encrypted_tally"])
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


def _counted_ballots(
    *, chunk: TallyChunk, description: evote.election.Election
) -> Iterator[DecodedBallot]:
    """Check every ballot of the chunk and yield those that no later one replaces."""
    election = chunk.election
    successor = Ballot.objects.filter(
        election=election, credential=OuterRef("credential"), prev=OuterRef("tracker")
    )
    listed = Credential.objects.filter(election=election, public=OuterRef("credential"))
    event = RecordEvent.objects.filter(
        election=election,
        height=OuterRef("height"),
        type=RecordEvent.Type.BALLOT,
        payload=OuterRef("tracker"),
    )
    rows = Ballot.objects.filter(
        election=election, height__range=(chunk.first_height, chunk.last_height)
    ).annotate(is_replaced=Exists(successor), is_listed=Exists(listed), is_in_record=Exists(event))
    expected = chunk.last_height - chunk.first_height + 1
    found = list(rows.order_by("height"))
    if len(found) != expected:
        msg = f"{expected - len(found)} ballots of election {election.uuid} are missing"
        raise TallyRefused(msg)
    for row in found:
        ballot = _check_ballot(row=row, description=description)
        if not row.is_listed or not row.is_in_record or ballot.credential != row.credential:
            msg = f"ballot {ballot.tracker} is not as it was accepted"
            raise TallyRefused(msg)
        if not row.is_replaced:
            yield ballot


def _check_ballot(*, row: Ballot, description: evote.election.Election) -> DecodedBallot:
    """Verify a stored ballot again: nobody may have put it there by hand (A-10, A-46)."""
    body = bytes(row.body)
    if hashlib.sha256(body).digest() != bytes(row.tracker):
        msg = f"ballot {bytes(row.tracker).hex()} is not what its tracker says"
        raise TallyRefused(msg)
    try:
        ballot = decode_ballot(body, election=description)
        verify_ballot(ballot=ballot, election=description)
    except (DecodeError, InvalidBallot) as error:
        msg = f"ballot {bytes(row.tracker).hex()}: {error}"
        raise TallyRefused(msg) from error
    return ballot


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
    description = _description(election=locked)
    tally: EncryptedTally = add_tallies(
        (
            decode_encrypted_tally(bytes(data or b""), election=description)
            for data in chunks.order_by("first_height").values_list("encrypted_tally", flat=True)
        ),
        election=description,
    )
    counted = chunks.aggregate(total=Sum("counted"))["total"] or 0
    encoded = encode_encrypted_tally(tally, election=description)
    sizes = encode_sized_tally(
        num_tallied=counted, total_weight=counted, encrypted_tally=sha256_hex(encoded)
    )
    append_event(
        election=locked,
        record=Record.objects.select_for_update().get(election=locked),
        addition=Addition(
            type=RecordEvent.Type.ENCRYPTED_TALLY,
            objects=[("encrypted_tally", encoded), ("sized_encrypted_tally", sizes)],
        ),
    )
    move_down(election=locked, phase=Election.Phase.TALLIED)
    return locked


def _description(*, election: Election) -> evote.election.Election:
    assert election.archived_election is not None
    return decode_election(bytes(election.archived_election))
