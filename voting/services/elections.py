"""Drafting an election: everything that can still change before it is sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from accounts.models import Organisation, Roll
from accounts.services.rolls import RollUnchangeable, seal_roll
from evote.counting import Asked, read_rule
from evote.election import generate_uuid
from evote.errors import DecodeError
from evote.group import ED25519
from voting.models import Election, Question
from voting.services.phases import Refused, lock_election

QUESTIONS_LIMIT = 100
ANSWERS_LIMIT = 200
MINIMUM_LIMIT = 1_000_000
SHUFFLES_LIMIT = 50
# A ballot may have 256 kB (PROTOCOL 3.1, issue 2). These are the most that one encrypted
# choice with its proof, one branch of a proof over all of them, and the rest can take.
BALLOT_LIMIT_BYTES = 256_000
BYTES_PER_CHOICE = 560
BYTES_PER_BRANCH = 195
BYTES_PER_BALLOT = 1_000


class ElectionRefused(Refused):
    """The description of the election cannot stand as it is."""


class QuestionRefused(Refused):
    """The question cannot be asked like this."""


class RollRefused(Refused):
    """The roll cannot serve this election."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionDraft:
    """A question as its author means it.

    Counted by adding, it lets choose from `minimum` to `maximum` of `answers`; a ranked one
    takes a rank or a grade for each, and has 0, 1 and no blank there. `rule` says how an
    outcome is made of the result (docs/counting.md); None publishes what was decrypted alone.
    """

    text: str
    answers: Sequence[str]
    minimum: int
    maximum: int
    has_blank: bool
    kind: Question.Kind = Question.Kind.HOMOMORPHIC
    rule: Mapping[str, object] | None = None


@transaction.atomic
def draft_election(
    *,
    organisation: Organisation,
    title: str,
    description: str,
    questions: Sequence[QuestionDraft],
    opens_at: datetime,
    closes_at: datetime,
    consultation_url: str,
) -> Election:
    """Begin an election. Nobody but its organisers sees it until it is sealed.

    `consultation_url` is the public address of the debate that led to it, or empty.

    Raises:
        ElectionRefused: no title, or the times are not in order, or too many answers.
        QuestionRefused: one of the questions cannot be asked like this.
    """
    _check_description(
        title=title,
        description=description,
        opens_at=opens_at,
        closes_at=closes_at,
        consultation_url=consultation_url,
    )
    for question in questions:
        _check_question(question=question)
    election = Election.objects.create(
        organisation=organisation,
        uuid=generate_uuid(),
        title=title.strip(),
        description=description.strip(),
        opens_at=opens_at,
        closes_at=closes_at,
        consultation_url=consultation_url,
    )
    Question.objects.bulk_create(
        Question(election=election, position=position, **_columns(question=question))
        for position, question in enumerate(questions)
    )
    _check_size(election=election)
    return election


@transaction.atomic
def revise_election(
    *,
    election: Election,
    title: str,
    description: str,
    opens_at: datetime,
    closes_at: datetime,
    consultation_url: str,
) -> Election:
    """Replace what a draft says about itself.

    Raises:
        WrongPhase: the election is sealed.
        ElectionRefused: no title, or the times are not in order.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    _check_description(
        title=title,
        description=description,
        opens_at=opens_at,
        closes_at=closes_at,
        consultation_url=consultation_url,
    )
    election.title = title.strip()
    election.description = description.strip()
    election.opens_at = opens_at
    election.closes_at = closes_at
    election.consultation_url = consultation_url
    election.save()
    return election


@transaction.atomic
def choose_minimums(*, election: Election, minimum_ballots: int, minimum_shuffles: int) -> Election:
    """Say with how few ballots nothing is decrypted, and how many trustees shuffle at least.

    The page says what fewer than ten ballots mean for the secrecy of the vote.

    Raises:
        WrongPhase: the election is sealed.
        ElectionRefused: a number is not possible.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    if not (1 <= minimum_ballots <= MINIMUM_LIMIT and 1 <= minimum_shuffles <= SHUFFLES_LIMIT):
        raise ElectionRefused(_("Choose numbers of at least 1."))
    election.minimum_ballots = minimum_ballots
    election.minimum_shuffles = minimum_shuffles
    election.save(update_fields=["minimum_ballots", "minimum_shuffles"])
    return election


@transaction.atomic
def add_question(*, election: Election, question: QuestionDraft) -> Question:
    """Put one more question at the end of the ballot.

    Raises:
        WrongPhase: the election is sealed.
        QuestionRefused: the question cannot be asked like this.
        ElectionRefused: the ballot would become too large.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    _check_question(question=question)
    last = Question.objects.filter(election=election).aggregate(last=Max("position"))["last"]
    added = Question.objects.create(
        election=election,
        position=0 if last is None else last + 1,
        **_columns(question=question),
    )
    _check_size(election=election)
    return added


@transaction.atomic
def revise_question(*, question: Question, draft: QuestionDraft) -> Question:
    """Replace a question by another at the same place.

    Raises:
        WrongPhase: the election is sealed.
        QuestionRefused: the question cannot be asked like this.
        ElectionRefused: the ballot would become too large.
    """
    election = lock_election(election=question.election, phase=Election.Phase.DRAFT)
    _check_question(question=draft)
    for column, value in _columns(question=draft).items():
        setattr(question, column, value)
    question.save()
    _check_size(election=election)
    return question


@transaction.atomic
def remove_question(*, question: Question) -> None:
    """Take a question off the ballot; those behind it move up.

    Raises:
        WrongPhase: the election is sealed.
    """
    election = lock_election(election=question.election, phase=Election.Phase.DRAFT)
    question.delete()
    Question.objects.filter(election=election, position__gt=question.position).update(
        position=F("position") - 1
    )


@transaction.atomic
def choose_roll(*, election: Election, roll: Roll) -> Election:
    """Say who may vote. The roll is sealed, so that it can no longer change.

    Raises:
        WrongPhase: the election is sealed.
        RollRefused: the roll is not sealed, empty, of another organisation, or credentials
            were already asked for.
    """
    election = lock_election(election=election, phase=Election.Phase.DRAFT)
    if election.is_issuing_credentials:
        raise RollRefused(_("Credentials are going out to the people on the roll chosen before."))
    if roll.organisation_id != election.organisation_id:
        raise RollRefused(_("This roll belongs to another organisation."))
    if not roll.is_sealed:
        raise RollRefused(_("Seal the roll first. An open roll can still change."))
    if not roll.entries.exists():
        raise RollRefused(_("Nobody is on this roll."))
    election.roll = roll
    election.save(update_fields=["roll"])
    return election


@transaction.atomic
def seal_and_choose_roll(*, election: Election, roll: Roll, now: datetime) -> Election:
    """Say who may vote; a roll that is still open is sealed by this.

    Raises:
        WrongPhase, RollRefused: as `choose_roll`; the roll stays open then.
    """
    if not roll.is_sealed:
        try:
            seal_roll(roll=roll, now=now)
        except RollUnchangeable as error:
            raise RollRefused(str(error)) from error
    return choose_roll(election=election, roll=roll)


def _check_description(
    *, title: str, description: str, opens_at: datetime, closes_at: datetime, consultation_url: str
) -> None:
    if not 1 <= len(title.strip()) <= 200:
        raise ElectionRefused(_("Write a title of 1 to 200 characters."))
    if len(description) > 4000:
        raise ElectionRefused(_("Write a description of at most 4000 characters."))
    if "\0" in title + description:
        raise ElectionRefused(_("The text holds a character that cannot be stored."))
    if not opens_at < closes_at:
        raise ElectionRefused(_("Voting has to open before it closes."))
    if consultation_url:
        try:
            URLValidator(schemes=["http", "https"])(consultation_url)
        except ValidationError as error:
            raise ElectionRefused(_("Write the whole address of the debate.")) from error


def _check_question(*, question: QuestionDraft) -> None:
    answers = [answer.strip() for answer in question.answers]
    if not 1 <= len(question.text.strip()) <= 500:
        raise QuestionRefused(_("Write a question of 1 to 500 characters."))
    if not 1 <= len(answers) <= ANSWERS_LIMIT:
        message = _("Give from 1 to %(limit)s answers.")
        raise QuestionRefused(message % {"limit": ANSWERS_LIMIT})
    if not all(1 <= len(answer) <= 300 for answer in answers):
        raise QuestionRefused(_("Write each answer in 1 to 300 characters."))
    if len(set(answers)) != len(answers):
        raise QuestionRefused(_("The same answer stands there twice."))
    if not 0 <= question.minimum <= question.maximum <= len(answers) or question.maximum == 0:
        message = _("Ask for at least 0 and at most %(answers)s answers, the smaller number first.")
        raise QuestionRefused(message % {"answers": len(answers)})
    if any("\0" in text for text in [question.text, *answers]):
        raise QuestionRefused(_("The text holds a character that cannot be stored."))
    if question.kind == Question.Kind.RANKED:
        _check_ranked(question=question)
    _check_rule(question=question)


def _columns(*, question: QuestionDraft) -> dict[str, object]:
    return {
        "text": question.text.strip(),
        "answers": [answer.strip() for answer in question.answers],
        "minimum": question.minimum,
        "maximum": question.maximum,
        "has_blank": question.has_blank,
        "kind": question.kind,
        "rule": None if question.rule is None else dict(question.rule),
    }


def _check_ranked(*, question: QuestionDraft) -> None:
    """Refuse what a ranked question cannot be (PROTOCOL 1.6)."""
    if len(question.answers) > ED25519.vector_limit:
        message = _("At most %(limit)s answers can be ranked.")
        raise QuestionRefused(message % {"limit": ED25519.vector_limit})
    if (question.minimum, question.maximum, question.has_blank) != (0, 1, False):
        raise QuestionRefused(_("A ranked question has no numbers of answers and no blank vote."))


def _check_rule(*, question: QuestionDraft) -> None:
    """Refuse a rule that cannot count the ballots of its question."""
    if question.rule is None:
        return
    is_ranked = question.kind == Question.Kind.RANKED
    asked = Asked(answers=len(question.answers), maximum=None if is_ranked else question.maximum)
    try:
        read_rule(dict(question.rule), place="rule", question=asked)
    except DecodeError as error:
        message = _("This rule cannot count the ballots of this question: %(reason)s.")
        raise QuestionRefused(message % {"reason": error}) from error


def _check_size(*, election: Election) -> None:
    """Refuse a description whose ballots the box would refuse as too large."""
    questions = list(Question.objects.filter(election=election))
    if len(questions) > QUESTIONS_LIMIT:
        message = _("Ask at most %(limit)s questions in one election.")
        raise ElectionRefused(message % {"limit": QUESTIONS_LIMIT})
    size = BYTES_PER_BALLOT
    for question in questions:
        blank = 1 if question.has_blank else 0
        if question.kind == Question.Kind.RANKED:
            size += BYTES_PER_CHOICE
            continue
        size += BYTES_PER_CHOICE * (len(question.answers) + blank)
        size += BYTES_PER_BRANCH * (question.maximum - question.minimum + 1 + 3 * blank)
    if size > BALLOT_LIMIT_BYTES:
        raise ElectionRefused(
            _("Ballots with so many answers would become too large. Make two elections of it.")
        )
