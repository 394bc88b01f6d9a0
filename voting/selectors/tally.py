"""The tally as the trustees have to take it: added, and shuffled where answers are ranked."""

from evote.election import Election as Description
from evote.election import Trustees, decode_election, decode_trustees
from evote.tally import EncryptedTally, decode_encrypted_tally
from evote.tally.shuffle_parts import WrittenLists, shuffled_lists, tally_lists
from evote.tally.shuffles import shuffled_tally
from voting.models import Election, RecordEvent, RecordObject, TallyChunk
from voting.selectors.record import archived_object


def description_of(*, election: Election) -> Description:
    """Return the sealed description, decoded."""
    assert election.archived_election is not None
    return decode_election(bytes(election.archived_election))


def sealed_trustees(*, election: Election) -> Trustees:
    """Return the trustees of a sealed election, in the order of the record."""
    assert election.archived_trustees is not None
    return decode_trustees(bytes(election.archived_trustees))


def present_tally(*, election: Election, description: Description) -> EncryptedTally | None:
    """Return the encrypted tally as the last shuffle left it; None before there is one.

    What is in the record was verified when it came.
    """
    data = archived_object(election=election, name="encrypted_tally")
    if data is None:
        return None
    tally = decode_encrypted_tally(data, election=description)
    last = _last_shuffle(election=election)
    return tally if last is None else shuffled_tally(data=last, election=description, tally=tally)


def present_lists(*, election: Election, description: Description) -> WrittenLists | None:
    """Return the ranked answers as they are to be shuffled next, as texts; None before a tally.

    Much faster than `present_tally`, because what the record holds is not decoded again.
    """
    last = _last_shuffle(election=election)
    if last is not None:
        return shuffled_lists(last, election=description)
    data = archived_object(election=election, name="encrypted_tally")
    return None if data is None else tally_lists(data, election=description)


def _last_shuffle(*, election: Election) -> bytes | None:
    last = (
        RecordObject.objects.filter(
            event__election=election, event__type=RecordEvent.Type.SHUFFLE, name="shuffle"
        )
        .order_by("-event__height")
        .values_list("body", flat=True)
        .first()
    )
    return None if last is None else bytes(last)


def shuffle_payloads(*, election: Election) -> dict[int, bytes]:
    """Return the payload of each trustee's Shuffle event, by owner, in the record's order."""
    rows = RecordEvent.objects.filter(election=election, type=RecordEvent.Type.SHUFFLE)
    return {
        owner: bytes(payload or b"")
        for owner, payload in rows.order_by("height").values_list("owner", "payload")
        if owner is not None
    }


def closing_hash(*, election: Election) -> str:
    """Return the hash of the last event before the first decryption (PROTOCOL 2.3)."""
    last = (
        RecordEvent.objects.filter(
            election=election,
            type__in=[RecordEvent.Type.ENCRYPTED_TALLY, RecordEvent.Type.END_SHUFFLES],
        )
        .order_by("-height")
        .first()
    )
    assert last is not None, "a tallied election has its closing event"
    return bytes(last.hash).hex()


def tally_progress(*, election: Election) -> tuple[int, int]:
    """Return how many chunks of ballots are added, and how many there are."""
    chunks = TallyChunk.objects.filter(election=election)
    return chunks.filter(encrypted_tally__isnull=False).count(), chunks.count()
