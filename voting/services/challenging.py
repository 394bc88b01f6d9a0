"""Challenges: a ballot that was opened can never be cast (PROTOCOL 2.5). Blind, as the box is.

The server learns the tracker and the α, and no randomness: not how anybody would have voted. It
cannot tell beforehand which ballots will be challenged.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

import evote.election
from voting.models.ballot import BallotAlpha, Challenge
from voting.models.credential import Credential
from voting.models.election import Election
from voting.selectors.ballots import ballot_by_tracker, is_challenged
from voting.services.arrivals import sealed_description
from voting.services.refusals import BallotRejected, ChallengeRefused

# Nobody signs a challenge, so there is a bound for all of an election's voters together.
CHALLENGES_PER_CREDENTIAL = 3
CHALLENGES_AT_LEAST = 1_000


def challenge_ballot(
    *, election: Election, tracker: bytes, alphas: Sequence[bytes], received_at: datetime
) -> bool:
    """See to it that a ballot can never be cast, nor a part of it; say whether that is news.

    `tracker` has 32 bytes, as has each α; there is one α for each ciphertext of a ballot.

    Raises:
        ChallengeRefused: voting is not open, the number of α is wrong, one of them or the ballot
            itself is in the box, or there were too many challenges.
    """
    try:
        description = sealed_description(election)
    except BallotRejected as error:
        raise ChallengeRefused("not_open") from error
    if is_challenged(election=election, tracker=tracker):
        return False
    if not election.accepts_ballots_at(received_at):
        raise ChallengeRefused("not_open")
    if len(set(alphas)) != len(alphas) or len(alphas) != ciphertexts_of_a_ballot(description):
        raise ChallengeRefused("wrong_shape")
    if _has_enough(election=election):
        raise ChallengeRefused("too_many_challenges")
    try:
        _store(election=election, tracker=tracker, alphas=alphas, received_at=received_at)
    except IntegrityError as error:
        # Sent twice at once, it is the same challenge. Else the constraint of the α decided a
        # race between casting and challenging.
        if is_challenged(election=election, tracker=tracker):
            return False
        raise ChallengeRefused("already_cast") from error
    return True


def ciphertexts_of_a_ballot(description: evote.election.Election) -> int:
    """Return how many ciphertexts a ballot of this election has."""
    return sum(question.choice_count for question in description.questions)


@transaction.atomic
def _store(
    *, election: Election, tracker: bytes, alphas: Sequence[bytes], received_at: datetime
) -> None:
    """Write the challenge and its α, or nothing."""
    shared = Election.objects.raw(
        "SELECT id, phase, opens_at, closes_at FROM voting_election WHERE id = %s FOR SHARE",
        [election.pk],
    )[0]
    if not shared.accepts_ballots_at(received_at):
        raise ChallengeRefused("not_open")
    if ballot_by_tracker(election=election, tracker=tracker) is not None:
        raise ChallengeRefused("already_cast")
    if BallotAlpha.objects.filter(election=election, alpha__in=list(alphas)).exists():
        raise ChallengeRefused("already_cast")
    Challenge.objects.create(election=election, tracker=tracker)
    with connection.cursor() as cursor:
        # Sorted, as casting does it: two of them never wait for each other in a circle.
        cursor.execute(
            "INSERT INTO voting_ballotalpha (election_id, alpha, is_mingled, is_challenged)"
            " SELECT %s, unnest(%s), false, true",
            [election.pk, sorted(alphas)],
        )


def _has_enough(*, election: Election) -> bool:
    """Say whether an election has as many challenges as the disk shall hold."""
    credentials = Credential.objects.filter(election=election).count()
    bound = max(CHALLENGES_AT_LEAST, CHALLENGES_PER_CREDENTIAL * credentials)
    return Challenge.objects.filter(election=election).count() >= bound
