"""What sealing archives: the description of an election and its list of trustees."""

import json

from django.conf import settings

import evote.election
from audit.selectors import log_origin
from evote.counting import Counts
from evote.election import (
    AnyQuestion,
    RankedQuestion,
    TrusteeItem,
    Trustees,
    decode_trustee,
    encode_election,
)
from evote.group import ED25519
from evote.threshold import read_threshold_trustees
from voting.models import Election, Question, Trustee, TrusteeGroup


def trustees_of(*, election: Election) -> Trustees:
    """Return the trustees as the record will list them: those alone first, then the groups."""
    alone: list[TrusteeItem] = [
        decode_trustee(bytes(trustee.encoded or b""))
        for trustee in Trustee.objects.filter(election=election, group=None).order_by("position")
    ]
    groups = [
        read_threshold_trustees(
            json.loads(bytes(group.encoded or b"")),
            place="",
            group=ED25519,
            accepts_legacy=False,
        )
        for group in TrusteeGroup.objects.filter(election=election).order_by("position")
    ]
    return Trustees((*alone, *groups))


def describe(*, election: Election, trustees: Trustees, profile: int, booth: str) -> bytes:
    """Write the description that everybody will hash.

    Raises:
        InvalidElection: it could not be read back.
    """
    questions = list(election.questions.order_by("position"))
    context: dict[str, object] = {
        "profile": profile,
        "consultation": election.consultation_url
        or f"{settings.BASE_URL}/elections/{election.uuid}/",
        "log": log_origin(),
        "booth": booth,
        "minimum_ballots": election.minimum_ballots,
        "minimum_shuffles": needed_shuffles(election=election, slots=len(trustees.slots)),
        "access": str(election.access),
        "credentials": str(election.credentials_by),
    }
    if any(question.rule is not None for question in questions):
        context["rules"] = [
            Counts().to_json() if question.rule is None else question.rule for question in questions
        ]
    return encode_election(
        uuid=election.uuid,
        name=election.title,
        description=election.description,
        public_key=trustees.public_key,
        questions=[_question(question=question) for question in questions],
        context=context,
        administrator=election.organisation.name,
        credential_authority=str(election.credentials_by),
    )


def needed_shuffles(*, election: Election, slots: int) -> int:
    """Return how many trustees have to shuffle: never more than there are (PROTOCOL 2.8)."""
    return min(election.minimum_shuffles, slots)


def _question(*, question: Question) -> AnyQuestion:
    if question.kind == Question.Kind.RANKED:
        return RankedQuestion(text=question.text, answers=tuple(question.answers))
    return evote.election.Question(
        text=question.text,
        answers=tuple(question.answers),
        minimum=question.minimum,
        maximum=question.maximum,
        has_blank=question.has_blank,
    )
