"""The parts into which the verification of a published record is cut."""

from collections.abc import Iterator
from functools import cached_property

from django.db.models import Exists, OuterRef, QuerySet

from evote.credential import read_credentials
from evote.election import Election as Description
from evote.election import Trustees
from evote.record import Link
from evote.record.companion import decode_strong_decryption
from evote.shuffle import PartProducts
from evote.tally import EncryptedTally
from evote.tally.shuffle_parts import (
    OpenShuffle,
    PartRange,
    WrittenLists,
    check_shuffle_part,
    open_shuffle,
    shuffled_lists,
    tally_lists,
)
from evote.verify.parts import (
    Elements,
    Parts,
    check_credential_task,
    check_decryption,
    credential_task,
    credential_tasks,
)
from evote.verify.sections import Section, SectionAnswer, check_section
from voting.models import Ballot, Credential, Election, RecordEvent, RecordObject
from voting.models.verification import VerificationPart
from voting.selectors.record import archived_object, record_chunks, record_length_bytes
from voting.selectors.tally import (
    closing_hash,
    description_of,
    present_tally,
    sealed_trustees,
)

# Some seconds of work each, without the C extension.
BALLOTS_PER_PART = 1000
CIPHERTEXTS_PER_PART = 400

Kind = VerificationPart.Kind


def plan_parts(*, election: Election) -> Iterator[VerificationPart]:
    """Give every part of the verification, not saved."""
    workshop = Workshop(election)

    def part(
        kind: Kind, first: int, end: int, *, height: int = 0, question: int = 0
    ) -> VerificationPart:
        return VerificationPart(
            election=election, kind=kind, height=height, question=question, first=first, end=end
        )

    for task in credential_tasks(workshop.credentials, election=workshop.description):
        yield part(Kind.CREDENTIALS, task.first, task.first + len(task.credentials))
    last = _events(election, RecordEvent.Type.BALLOT).count()
    for first in range(1, last + 1, BALLOTS_PER_PART):
        yield part(Kind.BALLOTS, first, min(first + BALLOTS_PER_PART, last + 1))
    for height in _heights(election, RecordEvent.Type.SHUFFLE):
        for one in workshop.shuffle_at(height).ranges(size=CIPHERTEXTS_PER_PART):
            yield part(Kind.SHUFFLE, one.first, one.end, height=height, question=one.question)
    for height in _heights(election, RecordEvent.Type.PARTIAL_DECRYPTION):
        yield part(Kind.DECRYPTION, 0, 0, height=height)


class Workshop:
    """What one worker needs for its parts, read from the record when it is first needed."""

    def __init__(self, election: Election) -> None:
        self.election = election
        self._shuffle: tuple[int, OpenShuffle] | None = None

    def check(self, part: VerificationPart) -> object:
        """Do one part, and return what to keep.

        Raises:
            EvoteError: something does not hold.
        """
        if part.kind == Kind.CREDENTIALS:
            check_credential_task(
                credential_task(
                    self.credentials[part.first : part.end],
                    first=part.first,
                    election=self.description,
                )
            )
            return True
        if part.kind == Kind.BALLOTS:
            return check_section(self._section(part)).to_json()
        if part.kind == Kind.SHUFFLE:
            one = PartRange(question=part.question, first=part.first, end=part.end)
            return check_shuffle_part(self.shuffle_at(part.height), part=one).to_json()
        self._check_decryption(height=part.height)
        return True

    @cached_property
    def description(self) -> Description:
        """The sealed description."""
        return description_of(election=self.election)

    @cached_property
    def trustees(self) -> Trustees:
        """The sealed list of trustees."""
        return sealed_trustees(election=self.election)

    @cached_property
    def credentials(self) -> list[str]:
        """The public credentials, in the order of their list."""
        data = archived_object(election=self.election, name="credentials")
        assert data is not None, "a record has its credentials"
        return list(read_credentials(data))

    @cached_property
    def decryptable(self) -> EncryptedTally:
        """What the trustees decrypted."""
        tally = present_tally(election=self.election, description=self.description)
        assert tally is not None, "a published election has its tally"
        return tally

    def shuffle_at(self, height: int) -> OpenShuffle:
        """Return the shuffle of an event, read for its form."""
        if self._shuffle is None or self._shuffle[0] != height:
            data = _object_at(self.election, height=height, name="shuffle")
            source = self._source_of(height)
            opened = open_shuffle(data, election=self.description, source=source)
            self._shuffle = (height, opened)
        return self._shuffle[1]

    def _source_of(self, height: int) -> WrittenLists:
        earlier = [
            other for other in _heights(self.election, RecordEvent.Type.SHUFFLE) if other < height
        ]
        if earlier:
            data = _object_at(self.election, height=earlier[-1], name="shuffle")
            return shuffled_lists(data, election=self.description)
        tally = archived_object(election=self.election, name="encrypted_tally")
        assert tally is not None, "a shuffled election has its tally"
        return tally_lists(tally, election=self.description)

    def _section(self, part: VerificationPart) -> Section:
        """Cut neighbouring ballots out of the record, with all that belongs to them."""
        election = self.election
        assert election.record_timestamp is not None
        assert election.archived_election is not None
        events = {
            event.height: event
            for event in RecordEvent.objects.filter(
                election=election, height__range=(part.first - 1, part.end - 1)
            )
        }
        before, first, last = events[part.first - 1], events[part.first], events[part.end - 1]
        data = record_chunks(
            election=election, from_byte=first.begins_at_byte, to_byte=last.ends_at_byte
        )
        ballots = _ballots(election, first=part.first, end=part.end)
        return Section(
            election=bytes(election.archived_election),
            timestamp=election.record_timestamp,
            after=Link(height=before.height, type=before.type, hash=bytes(before.hash).hex()),
            data=b"".join(data),
            casts=tuple(bytes(one.statement or b"") for one in ballots)
            if election.profile
            else None,
            counted=_counted(election, first=part.first, end=part.end),
        )

    def _check_decryption(self, *, height: int) -> None:
        event = RecordEvent.objects.get(election=self.election, height=height)
        assert event.owner is not None, "a decryption has an owner"
        check_decryption(
            data=_object_at(self.election, height=height, name="partial_decryption"),
            statement=decode_strong_decryption(bytes(event.companion or b""))
            if self.election.profile
            else None,
            election=self.description,
            trustee=self.trustees.slots[event.owner - 1],
            tally=self.decryptable,
            closing=closing_hash(election=self.election),
        )


def collect_parts(*, election: Election) -> Parts:
    """Return the answers of all parts, with the two ends of the record."""
    assert election.record_timestamp is not None
    rows = VerificationPart.objects.filter(election=election)
    setup = RecordEvent.objects.get(election=election, height=0)
    last = _events(election, RecordEvent.Type.BALLOT).order_by("-height").first() or setup
    end = record_length_bytes(election=election)
    head = record_chunks(election=election, from_byte=0, to_byte=setup.ends_at_byte)
    tail = record_chunks(election=election, from_byte=last.ends_at_byte, to_byte=end)
    return Parts(
        head=b"".join(head),
        tail=b"".join(tail),
        timestamp=election.record_timestamp,
        sections=[
            SectionAnswer.from_json(answer)
            for answer in rows.filter(kind=Kind.BALLOTS)
            .order_by("first")
            .values_list("answer", flat=True)
        ],
        elements=_elements(election) if election.profile else None,
        credentials=frozenset(
            rows.filter(kind=Kind.CREDENTIALS, answer=True).values_list("first", "end")
        ),
        shuffles=_shuffles(election),
        decryptions=frozenset(
            rows.filter(kind=Kind.DECRYPTION, answer=True).values_list("height", flat=True)
        ),
    )


def _elements(election: Election) -> Elements:
    def of_type(kind: str) -> tuple[bytes, ...]:
        rows = _events(election, kind).order_by("height").values_list("companion", flat=True)
        return tuple(bytes(companion or b"") for companion in rows)

    (ceremony,) = of_type(RecordEvent.Type.SETUP)
    return Elements(
        ceremony=ceremony,
        shuffles=of_type(RecordEvent.Type.SHUFFLE),
        decryptions=of_type(RecordEvent.Type.PARTIAL_DECRYPTION),
    )


def _shuffles(election: Election) -> dict[int, list[list[PartProducts]]]:
    group = description_of(election=election).group
    found: dict[int, list[list[PartProducts]]] = {}
    rows = VerificationPart.objects.filter(election=election, kind=Kind.SHUFFLE)
    for height, question, answer in rows.order_by("height", "question", "first").values_list(
        "height", "question", "answer"
    ):
        questions = found.setdefault(height, [])
        if question == len(questions):
            questions.append([])
        questions[question].append(PartProducts.from_json(answer, group=group))
    return found


def _counted(election: Election, *, first: int, end: int) -> dict[int, int]:
    """Return the heights of the ballots that count, with their voters' weights."""
    successor = Ballot.objects.filter(
        election=election, credential=OuterRef("credential"), prev=OuterRef("tracker")
    )
    rows = Ballot.objects.filter(
        ~Exists(successor), election=election, height__range=(first, end - 1)
    ).values_list("height", "credential")
    owners = {height: credential for height, credential in rows if height is not None}
    weights = dict(
        Credential.objects.filter(election=election, public__in=owners.values()).values_list(
            "public", "weight"
        )
    )
    # A ballot of nobody counts nothing; that it is there at all, the verdict will say.
    return {height: weights.get(credential, 0) for height, credential in owners.items()}


def _ballots(election: Election, *, first: int, end: int) -> list[Ballot]:
    rows = Ballot.objects.filter(election=election, height__range=(first, end - 1))
    return list(rows.order_by("height"))


def _events(election: Election, kind: str) -> QuerySet[RecordEvent]:
    return RecordEvent.objects.filter(election=election, type=kind)


def _heights(election: Election, kind: str) -> list[int]:
    return list(_events(election, kind).order_by("height").values_list("height", flat=True))


def _object_at(election: Election, *, height: int, name: str) -> bytes:
    body = RecordObject.objects.values_list("body", flat=True).get(
        event__election=election, event__height=height, name=name
    )
    return bytes(body)
