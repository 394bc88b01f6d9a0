"""The companion file, written from the rows that are its authority (PROTOCOL, part 2)."""

from collections.abc import Iterator

from evote.encoding import b64_of_hash
from evote.record.companion import companion_parts
from voting.models.ballot import Ballot
from voting.models.election import Election
from voting.models.record import RecordEvent

CASTS_PER_QUERY = 500


def companion_chunks(*, election: Election, height: int) -> Iterator[bytes]:
    """Yield the companion of the record up to and with the event at `height`, piece by piece.

    For an election of profile 1 whose record has begun.
    """
    assert election.fingerprint is not None
    setup = RecordEvent.objects.get(election=election, type=RecordEvent.Type.SETUP)
    assert setup.companion is not None, "an election of profile 1"
    return companion_parts(
        uuid=election.uuid,
        fingerprint=b64_of_hash(bytes(election.fingerprint).hex()),
        ceremony=bytes(setup.companion),
        casts=_casts(election=election, last=height),
        shuffles=_elements(election=election, kind=RecordEvent.Type.SHUFFLE, last=height),
        decryptions=_elements(
            election=election, kind=RecordEvent.Type.PARTIAL_DECRYPTION, last=height
        ),
    )


def companion_bytes(*, election: Election, height: int) -> bytes:
    """Return the whole companion. For programs that need all of it at once."""
    return b"".join(companion_chunks(election=election, height=height))


def _casts(*, election: Election, last: int) -> Iterator[bytes]:
    """Yield the cast statements in the order of the record."""
    for first in range(0, last + 1, CASTS_PER_QUERY):
        rows = Ballot.objects.filter(
            election=election,
            height__range=(first, min(first + CASTS_PER_QUERY - 1, last)),
        )
        for statement in rows.order_by("height").values_list("statement", flat=True):
            assert statement is not None, "every ballot of profile 1 has its statement"
            yield bytes(statement)


def _elements(*, election: Election, kind: str, last: int) -> Iterator[bytes]:
    rows = RecordEvent.objects.filter(election=election, type=kind, height__lte=last)
    for element in rows.order_by("height").values_list("companion", flat=True):
        assert element is not None, "every contribution of profile 1 has its element"
        yield bytes(element)
