"""What the pages of an election show, gathered from the record and the log."""

from dataclasses import asdict, dataclass

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext

from accounts.models import Organisation, Role
from accounts.selectors import Person, organisations_where, roll_votes, verified_emails
from audit import selectors as log
from audit.models import LogEntry
from evote.tally import decode_result
from voting.models import Ballot, Credential, Election, Question, RecordEvent, RecordObject, Trustee
from voting.models.verification import Verification, VerificationPart
from voting.selectors.elections import votes_cast
from voting.selectors.trackers import encode_in_address, encode_tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class TrusteeState:
    """One trustee and what they have done so far."""

    trustee: Trustee
    has_decrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionOverview:
    """The figures and links of an election's page."""

    people: int
    credentials: int
    ballots: int
    voters: int
    votes_on_roll: int
    votes_cast: int
    appeal_days: int
    trustees: tuple[TrusteeState, ...]
    fingerprint: str
    record_bytes: int
    roll_entry: LogEntry | None
    booth_entry: LogEntry | None
    result_entry: LogEntry | None

    @property
    def is_weighted(self) -> bool:
        """Say whether somebody on the roll has more than one vote."""
        return self.votes_on_roll > self.people

    @property
    def revotes(self) -> int:
        """How many recorded ballots were replaced by a later one of the same credential."""
        return self.ballots - self.voters

    @property
    def missing_decryptions(self) -> int:
        """How many trustees have not decrypted yet."""
        return sum(not state.has_decrypted for state in self.trustees)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerResult:
    """One line of a result. `answer` of a blank vote is our own word for it."""

    answer: str
    count: int
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """The counts of one question. `ballots` is how many votes were counted: ballots by weight."""

    text: str
    minimum: int
    maximum: int
    ballots: int
    answers: tuple[AnswerResult, ...]
    none_chosen: int | None

    @property
    def adds_up_to_more(self) -> bool:
        """Say whether the shares can add up to more than the whole."""
        return self.maximum > 1

    @property
    def rows(self) -> list[dict[str, object]]:
        """The answers as the chart takes them."""
        return [asdict(answer) for answer in self.answers]


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotPlace:
    """Where one ballot stands."""

    tracker: str
    address: str
    entry: LogEntry | None
    has_receipt: bool
    is_cosigned: bool
    is_replaced: bool


def public_elections() -> QuerySet[Election]:
    """Return the elections anybody may see: open ones, then those to come, then closed ones."""
    order = Case(
        When(phase=Election.Phase.OPEN, then=Value(0)),
        When(phase=Election.Phase.SEALED, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return (
        Election.objects.exclude(phase__in=Election.UNSEALED)
        .select_related("organisation")
        .order_by(order, "-closes_at", "uuid")
    )


def organisations_administered_by(user: Person) -> QuerySet[Organisation]:
    """Return the organisations whose elections this person may administer."""
    if not user.is_authenticated:
        return Organisation.objects.none()
    return organisations_where(user, Role.Kind.ADMINISTRATOR)


def drafts_of(user: Person) -> QuerySet[Election]:
    """Return the drafts that this person may administer."""
    return Election.objects.filter(
        phase__in=Election.UNSEALED, organisation__in=organisations_administered_by(user)
    ).order_by("opens_at", "uuid")


def trusteeships_of(user: Person) -> QuerySet[Election]:
    """Return the elections without a result in which this person is a trustee."""
    if not user.is_authenticated:
        return Election.objects.none()
    return (
        Election.objects.exclude(phase__in=Election.ENDED)
        .filter(trustees__email__in=verified_emails(user))
        .distinct()
        .order_by("opens_at", "uuid")
    )


def election_overview(*, election: Election) -> ElectionOverview:
    """Return the figures of an election's page."""
    events = RecordEvent.objects.filter(election=election)
    decrypted = set(
        events.filter(type=RecordEvent.Type.PARTIAL_DECRYPTION).values_list("owner", flat=True)
    )
    recorded = Ballot.objects.filter(election=election, height__isnull=False)
    record = getattr(election, "record", None)
    result = events.filter(type=RecordEvent.Type.RESULT).first()
    return ElectionOverview(
        people=election.roll.entries.count() if election.roll else 0,
        credentials=Credential.objects.filter(election=election).count(),
        ballots=events.filter(type=RecordEvent.Type.BALLOT).count(),
        voters=recorded.values("credential").distinct().count(),
        votes_on_roll=roll_votes(election.roll) if election.roll else 0,
        votes_cast=votes_cast(election=election),
        appeal_days=settings.APPEAL_DAYS,
        trustees=tuple(
            TrusteeState(trustee=trustee, has_decrypted=trustee.position in decrypted)
            for trustee in election.trustees.order_by("position")
        ),
        fingerprint=encode_tracker(bytes(election.fingerprint)) if election.fingerprint else "",
        record_bytes=record.length_bytes if record else 0,
        roll_entry=_entry(election.roll_entry),
        booth_entry=_entry(election.booth_entry),
        result_entry=_entry(result.entry) if result else None,
    )


def question_results(*, election: Election) -> tuple[QuestionResult, ...]:
    """Return the published counts, question by question, in the words of the election."""
    archived = RecordObject.objects.get(
        event__election=election, event__type=RecordEvent.Type.RESULT, name="result"
    )
    counts = decode_result(bytes(archived.body)).counts
    ballots = votes_cast(election=election)
    questions = list(election.questions.order_by("position"))
    return tuple(
        _question_result(question=question, counts=list(line), ballots=ballots)
        for question, line in zip(questions, counts, strict=True)
    )


def verification_of(*, election: Election) -> Verification | None:
    """Return what this server found when it verified the whole record, or None: not yet."""
    return Verification.objects.filter(election=election).first()


def verification_progress(*, election: Election) -> tuple[int, int]:
    """Return how many parts of the record are verified, and how many there are; 0 when done."""
    parts = VerificationPart.objects.filter(election=election)
    left = parts.filter(answer__isnull=True, problem="").count()
    total = parts.count()
    return total - left, total


def ballot_place(*, election: Election, tracker: bytes) -> BallotPlace | None:
    """Return where the ballot with this tracker stands, or None: it is not in the box."""
    ballot = Ballot.objects.filter(election=election, tracker=tracker).first()
    if ballot is None:
        return None
    event = RecordEvent.objects.filter(
        election=election, type=RecordEvent.Type.BALLOT, payload=tracker
    ).first()
    entry = _entry(event.entry) if event else None
    proof = log.proof_of(entry) if entry is not None else None
    return BallotPlace(
        tracker=encode_tracker(tracker),
        address=encode_in_address(tracker),
        entry=entry,
        has_receipt=proof is not None,
        is_cosigned=proof is not None and proof.is_cosigned,
        is_replaced=Ballot.objects.filter(
            Q(election=election, credential=ballot.credential, prev=tracker)
        ).exists(),
    )


def _entry(identity: bytes | memoryview | None) -> LogEntry | None:
    return log.entry_by_identity(bytes(identity)) if identity is not None else None


def _question_result(*, question: Question, counts: list[int], ballots: int) -> QuestionResult:
    answers = list(question.answers)
    if question.has_blank:
        # The blank choice leads in the record and closes the list on the page.
        answers, counts = [*answers, gettext("Blank ballot")], [*counts[1:], counts[0]]
    if question.kind == Question.Kind.RANKED:
        answers, counts = [], []
    most = max(counts[: len(question.answers)], default=0)
    return QuestionResult(
        text=question.text,
        minimum=question.minimum,
        maximum=question.maximum,
        ballots=ballots,
        answers=tuple(
            AnswerResult(
                answer=answer,
                count=count,
                is_first=position < len(question.answers) and count == most > 0,
            )
            for position, (answer, count) in enumerate(zip(answers, counts, strict=True))
        ),
        none_chosen=ballots - sum(counts) if question.maximum == 1 and counts else None,
    )
