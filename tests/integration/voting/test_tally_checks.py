"""What the tally checks once more, as if somebody had the database in their hands."""

import pytest

from evote.credential import derive_secret_key
from evote.encoding import b64_of_hash
from evote.proofs.statements import sign_cast
from evote.record.companion import Cast, encode_element
from tests.factories.forgeries import parsed
from tests.factories.voting import TREES, make_election, tracker_of
from tests.integration.voting.conftest import resign
from tests.integration.voting.test_shuffling import RANK
from voting.models import Ballot, BallotAlpha, Election, RecordEvent, TallyChunk
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.selectors.progress import progress_of
from voting.services import tallying
from voting.services.tallying import TallyRefused, add_chunk, tally_election

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr("voting.services.tallying.BALLOTS_PER_CHUNK", 2)


def opened(**fields):
    return make_election(
        **{
            "questions": [TREES],
            "voters": 5,
            "trustees": 1,
            "profile": 1,
            "votes": [(voter, [YES if voter % 2 else NO]) for voter in range(4)],
        }
        | fields
    )


def statement(made, voter, ballot, *, prev=NO_PREVIOUS_BALLOT, signer=None):
    tracker, before = b64_of_hash(tracker_of(ballot).hex()), b64_of_hash(prev.hex())
    secret_key = derive_secret_key(
        uuid=made.election.uuid,
        credential=made.credentials[voter if signer is None else signer],
    )
    proof = sign_cast(
        secret_key=secret_key,
        fingerprint=made.description.fingerprint,
        tracker=tracker,
        prev=before,
    )
    return encode_element(Cast(tracker=tracker, prev=before, proof=proof))


def put_by_hand(made, voter, ballot, *, prev=NO_PREVIOUS_BALLOT, stated):
    """Insert a ballot and close, as somebody with the database in their hands would."""
    Ballot.objects.create(
        election=made.election,
        tracker=tracker_of(ballot),
        credential=made.public(voter),
        prev=prev,
        body=ballot,
        statement=stated,
    )
    made.close()


def assert_refused(made, match):
    with pytest.raises(TallyRefused, match=match):
        tally_election(election=made.election)

    assert Election.objects.get().phase == Election.Phase.CLOSED
    assert not RecordEvent.objects.filter(type="EncryptedTally").exists()


def test_what_is_put_in_by_hand_and_right_is_counted():
    made = opened()
    ballot = made.ballot(4, [YES])

    put_by_hand(made, 4, ballot, stated=statement(made, 4, ballot))

    assert tally_election(election=made.election).phase == Election.Phase.TALLIED


def test_a01_a_ciphertext_that_is_in_the_box_twice_stops_the_tally(small_chunks):
    made = opened()
    first = Ballot.objects.get(credential=made.public(0))
    copied = resign(made, 0, parsed(bytes(first.body)))
    prev = bytes(first.tracker)
    alpha = parsed(bytes(first.body))["answers"][0]["choices"][0]["alpha"]

    put_by_hand(made, 0, copied, prev=prev, stated=statement(made, 0, copied, prev=prev))

    assert_refused(made, "twice")
    assert alpha in {one for chunk in TallyChunk.objects.all() for one in chunk.alphas.split(",")}


def test_a48_a_ballot_that_a_challenge_opened_stops_the_tally():
    made = opened()
    ballot = made.ballot(4, [YES])
    alpha = parsed(ballot)["answers"][0]["choices"][1]["alpha"]
    BallotAlpha.objects.create(
        election=made.election, alpha=bytes.fromhex(alpha), is_challenged=True
    )

    put_by_hand(made, 4, ballot, stated=statement(made, 4, ballot))

    assert_refused(made, "opened by a challenge")


def test_a40_a_ballot_without_its_statement_stops_the_tally():
    made = opened()
    ballot = made.ballot(4, [YES])
    Ballot.objects.create(
        election=made.election,
        tracker=tracker_of(ballot),
        credential=made.public(4),
        prev=NO_PREVIOUS_BALLOT,
        body=ballot,
        statement=b"{}",
    )
    made.close()

    assert_refused(made, tracker_of(ballot).hex())


def test_a40_a_statement_that_another_credential_signed_stops_the_tally():
    made = opened()
    ballot = made.ballot(4, [YES])

    put_by_hand(made, 4, ballot, stated=statement(made, 4, ballot, signer=3))

    assert_refused(made, tracker_of(ballot).hex())


def test_a40_a_statement_for_another_place_in_the_chain_stops_the_tally():
    made = opened()
    current = Ballot.objects.get(credential=made.public(0))
    ballot = made.ballot(0, [YES])
    prev = bytes(current.tracker)

    put_by_hand(made, 0, ballot, prev=prev, stated=statement(made, 0, ballot))

    assert_refused(made, "another ballot")


def test_the_tally_forgets_what_it_compared(small_chunks):
    made = opened()
    made.close()
    tallying._cut_chunks(election=made.election)
    add_chunk(election=made.election)
    assert TallyChunk.objects.exclude(alphas="").count() == 1

    tally_election(election=made.election)

    assert not TallyChunk.objects.exclude(alphas="").exists()


def test_the_tally_gives_way_and_the_page_says_how_far_it_is(small_chunks):
    made = opened()
    made.close()
    turns = iter([True, False])

    waiting = tally_election(election=made.election, may_go_on=lambda: next(turns))

    assert waiting.phase == Election.Phase.CLOSED
    progress = progress_of(election=waiting)
    assert (progress.chunks_done, progress.chunks) == (1, 2)
    assert progress.waits == ("1 of 2 parts of the box are checked and added up.",)
    assert tally_election(election=made.election).phase == Election.Phase.TALLIED


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.mark.parametrize("after", [0, 1, 2])
def test_d5_a_ranked_tally_that_was_killed_gives_the_same_list(monkeypatch, small_chunks, after):
    votes = [(voter, [[1 + voter % 3, 2, 3]]) for voter in range(5)]
    made = opened(questions=[RANK], votes=votes)
    made.close()
    tallying._cut_chunks(election=made.election)
    for _ in range(after):
        add_chunk(election=made.election)

    def die(**_fields):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(tallying, "_read", die)
        with pytest.raises(Killed):
            tally_election(election=made.election)
    made.tally()

    (ranked,) = made.present_tally().questions
    cast = {
        parsed(bytes(body))["answers"][0]["choices"]["alpha"]
        for body in Ballot.objects.values_list("body", flat=True)
    }
    assert {item.alpha.encode() for item in ranked} == cast
    assert made.election.phase == Election.Phase.SHUFFLING
