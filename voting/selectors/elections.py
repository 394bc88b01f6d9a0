"""Questions about elections, for pages and programs."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Sum

from evote.election import AnyQuestion, Question, decode_election
from evote.tally import decode_result
from voting.models import Ballot, Credential, Election, RecordEvent, Trustee
from voting.selectors.record import archived_object


@dataclass(frozen=True, slots=True, kw_only=True)
class TrusteeState:
    """A trustee and what they have done so far."""

    trustee: Trustee
    has_decrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCount:
    """How many chose an answer. `is_blank` marks the blank vote, whose `text` is empty."""

    text: str
    count: int
    is_blank: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """What the trustees decrypted for one question, in the order of the ballot.

    Of a ranked question it is the numbers on each ballot, in the order of the last shuffle.
    """

    text: str
    answers: tuple[AnswerCount, ...]
    rankings: tuple[tuple[int, ...], ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnout:
    """How many may vote, how many did, and how many ballots the record holds.

    Where votes do not all weigh the same there are more votes than people.
    """

    people: int
    voters: int
    ballots: int
    votes_of_all: int
    votes_cast: int


def public_elections() -> QuerySet[Election]:
    """Return the elections that anybody may see, those that close last first."""
    return (
        Election.objects.exclude(phase__in=Election.UNSEALED)
        .select_related("organisation")
        .order_by("-closes_at", "-pk")
    )


def public_election(*, uuid: str) -> Election | None:
    """Return an election that anybody may see."""
    return public_elections().filter(uuid=uuid).first()


def election_of_trustees(*, uuid: str) -> Election | None:
    """Return an election whose description stands, also while its trustees sign it."""
    return Election.objects.exclude(phase=Election.Phase.DRAFT).filter(uuid=uuid).first()


def election_at_slot(*, uuid: str) -> Election | None:
    """Return a public election with what casting needs of it, in one cheap statement."""
    rows = Election.objects.raw(
        "SELECT id, uuid, phase, opens_at, closes_at, fingerprint, archived_election"
        " FROM voting_election WHERE uuid = %s AND phase NOT IN ('DRAFT', 'SIGNING')",
        [uuid],
    )
    return next(iter(rows), None)


def trustee_states(*, election: Election) -> list[TrusteeState]:
    """Return the trustees in the order of the record, with what each has done."""
    decrypted = set(
        RecordEvent.objects.filter(
            election=election, type=RecordEvent.Type.PARTIAL_DECRYPTION
        ).values_list("owner", flat=True)
    )
    return [
        TrusteeState(trustee=trustee, has_decrypted=trustee.position in decrypted)
        for trustee in election.trustees.order_by("position")
    ]


def turnout_of(*, election: Election) -> Turnout:
    """Count from public data alone: the credentials that have a ballot in the record."""
    recorded = Ballot.objects.filter(election=election, height__isnull=False)
    return Turnout(
        people=election.credentials.count(),
        voters=recorded.values("credential").distinct().count(),
        ballots=recorded.count(),
        votes_of_all=votes_of(election.credentials.all()),
        votes_cast=votes_cast(election=election),
    )


def votes_cast(*, election: Election) -> int:
    """Return how many votes the credentials have together that have a ballot in the record."""
    cast = Ballot.objects.filter(
        election=election, height__isnull=False, credential=OuterRef("public")
    )
    return votes_of(Credential.objects.filter(Exists(cast), election=election))


def votes_of(credentials: QuerySet[Credential]) -> int:
    """Return how many votes these credentials have together."""
    total: int | None = credentials.aggregate(votes=Sum("weight"))["votes"]
    return total or 0


def result_of(*, election: Election) -> list[QuestionResult] | None:
    """Return the published result beside the sealed texts; None before it is published."""
    data = archived_object(election=election, name="result")
    if data is None or election.archived_election is None:
        return None
    description = decode_election(bytes(election.archived_election))
    return [
        _question_result(question=question, answer=answer)
        for question, answer in zip(description.questions, decode_result(data).answers, strict=True)
    ]


def _question_result(
    *, question: AnyQuestion, answer: tuple[int, ...] | tuple[tuple[int, ...], ...]
) -> QuestionResult:
    if not isinstance(question, Question):
        rankings = tuple(tuple(numbers) for numbers in answer if not isinstance(numbers, int))
        return QuestionResult(text=question.text, answers=(), rankings=rankings)
    counts = [count for count in answer if isinstance(count, int)]
    texts = ("",) * question.has_blank + question.answers
    return QuestionResult(
        text=question.text,
        answers=tuple(
            AnswerCount(text=text, count=count, is_blank=question.has_blank and index == 0)
            for index, (text, count) in enumerate(zip(texts, counts, strict=True))
        ),
        rankings=None,
    )


def election_events(*, election: Election) -> QuerySet[RecordEvent]:
    """Return the events of the record in their order."""
    return RecordEvent.objects.filter(election=election).order_by("height")
