import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import LogEntry
from evote.encoding import b64_digest, encode_json
from evote.proofs import read_proof
from evote.proofs.statements import verify_cast
from evote.verify import Verdict, verify_record
from tests.factories.voting import CLOSES, OPENS, TREES, make_election, tracker_of
from tests.integration.voting.conftest import tracker_in
from voting.models import Ballot, Election, Record, RecordEvent
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.selectors.companion import companion_bytes
from voting.selectors.record import record_bytes
from voting.services.arrivals import Submission
from voting.services.casting import cast_ballot
from voting.services.receipts import b64
from voting.services.refusals import BallotRejected

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]
ALICE, BOB = 0, 1


def make(**fields):
    now = timezone.now()
    return make_election(
        **{
            "voters": 2,
            "trustees": 1,
            "questions": [TREES],
            "profile": 1,
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=1),
        }
        | fields
    )


@pytest.fixture
def made():
    """An open election whose record has a companion file."""
    return make()


@pytest.fixture
def cast(made, post_ballot):
    """Cast with a statement, as the booth does; other members take the place of the true ones."""

    def post(voter, ballot, *, prev=NO_PREVIOUS_BALLOT, **members):
        proof = made.statement(voter, ballot, prev=prev).to_json()
        return post_ballot(made, ballot, prev=prev, **({"proof": proof} | members))

    return post


def code_of(response):
    return response.status_code, response.json()["code"]


def traces():
    return Ballot.objects.count(), LogEntry.objects.count()


def test_a_ballot_comes_with_a_statement_and_it_is_kept_as_the_companion_has_it(made, cast):
    ballot = made.ballot(ALICE, [YES])
    proof = made.statement(ALICE, ballot)

    response = cast(ALICE, ballot, proof=proof.to_json())

    assert response.status_code == 201
    assert bytes(Ballot.objects.get().statement) == encode_json(
        {"tracker": b64_digest(ballot), "prev": "A" * 43, "proof": proof.to_json()}
    )


def test_its_hash_is_in_the_log_entry_of_the_ballot(made, cast):
    first = tracker_in(cast(ALICE, made.ballot(ALICE, [YES])))
    cast(ALICE, made.ballot(ALICE, [NO]), prev=first)
    made.record()

    for ballot in Ballot.objects.all():
        event = RecordEvent.objects.get(payload=ballot.tracker)
        entry = json.loads(bytes(LogEntry.objects.get(identity=event.entry).body))
        assert entry["companion"] == hashlib.sha256(bytes(ballot.statement)).hexdigest()


def test_kept_statements_verify_and_chain_in_the_order_of_the_record(made, cast):
    prev = NO_PREVIOUS_BALLOT
    for answer in (YES, NO, YES):
        prev = tracker_in(cast(ALICE, made.ballot(ALICE, [answer]), prev=prev))
        made.record()
    chain = [json.loads(bytes(row.statement)) for row in Ballot.objects.order_by("height")]

    assert [link["prev"] for link in chain] == ["A" * 43, *(link["tracker"] for link in chain[:-1])]
    for link, row in zip(chain, Ballot.objects.order_by("height"), strict=True):
        verify_cast(
            proof=read_proof(link["proof"], place="proof", is_ordered=True),
            fingerprint=made.description.fingerprint,
            credential=row.credential,
            tracker=link["tracker"],
            prev=link["prev"],
        )


def test_a40_without_a_statement_nothing_is_cast(made, post_ballot):
    envelope = made.envelope(ALICE, made.ballot(ALICE, [YES]))
    del envelope["proof"]

    response = post_ballot.raw(made.election.uuid, json.dumps(envelope).encode())

    assert code_of(response) == (400, "non_canonical")
    assert not Ballot.objects.exists()


def test_inside_the_server_too_nothing_is_cast_without_a_statement(made):
    ballot = made.ballot(ALICE, [YES])
    with pytest.raises(BallotRejected, match="bad_statement"):
        cast_ballot(
            election=made.election,
            submission=Submission(body=ballot, prev=NO_PREVIOUS_BALLOT, proof=None),
            doorkeeper=None,
            received_at=timezone.now(),
        )


def test_in_profile_0_a_statement_is_refused(post_ballot):
    made = make(profile=0)

    response = post_ballot(
        made, made.ballot(ALICE, [YES]), proof={"challenge": "1", "response": "1"}
    )

    assert code_of(response) == (400, "non_canonical")


def test_a40_every_part_of_the_statement_is_signed(made, cast):
    ballot, other = made.ballot(ALICE, [YES]), made.ballot(ALICE, [NO])
    proof = made.statement(ALICE, ballot)
    elsewhere = make()
    elsewhere.credentials[ALICE] = made.credentials[ALICE]
    forged = {
        "another credential": made.statement(BOB, ballot),
        "another ballot": made.statement(ALICE, other),
        "another prev": made.statement(ALICE, ballot, prev=tracker_of(other)),
        "another election": elsewhere.statement(ALICE, ballot),
        "another challenge": replace(proof, challenge=proof.challenge ^ 1),
        "another response": replace(proof, response=proof.response ^ 1),
    }
    for name, wrong in forged.items():
        before = traces()
        response = cast(ALICE, ballot, proof=wrong.to_json())
        assert code_of(response) == (400, "bad_statement"), name
        assert traces() == before
    assert cast(ALICE, ballot).status_code == 201


def test_the_ballots_own_signature_is_no_statement(made, cast):
    ballot = made.ballot(ALICE, [YES])
    signature = json.loads(ballot)["signature"]["proof"]

    assert code_of(cast(ALICE, ballot, proof=signature)) == (400, "bad_statement")


@pytest.mark.parametrize(
    "proof",
    [
        None,
        "x",
        [],
        {"challenge": "1"},
        {"challenge": "1", "response": "1", "more": "1"},
        {"challenge": 1, "response": 1},
        {"challenge": "01", "response": "1"},
        {"challenge": "-1", "response": "1"},
        {"challenge": "1", "response": str(2**252 + 27742317777372353535851937790883648493)},
    ],
)
def test_a11_a_statement_has_one_spelling(made, cast, proof):
    assert code_of(cast(ALICE, made.ballot(ALICE, [YES]), proof=proof)) == (400, "non_canonical")


def test_a40_a_withheld_ballot_with_its_own_statement_comes_too_late(made, cast):
    withheld = made.ballot(ALICE, [YES])
    current = tracker_in(cast(ALICE, made.ballot(ALICE, [NO])))

    response = cast(ALICE, withheld)

    assert code_of(response) == (409, "stale_prev")
    assert response.json()["current"] == b64(current)
    assert Ballot.objects.count() == 1


def test_a40_a_withheld_ballot_cannot_be_chained_by_anybody_else(made, cast):
    withheld = made.ballot(ALICE, [YES])
    old = made.statement(ALICE, withheld).to_json()
    current = tracker_in(cast(ALICE, made.ballot(ALICE, [NO])))

    response = cast(ALICE, withheld, prev=current, proof=old)

    assert code_of(response) == (400, "bad_statement")
    assert Ballot.objects.count() == 1


def test_a_bad_statement_does_not_use_up_the_attempts_of_the_voter(made, cast):
    ballot = made.ballot(ALICE, [YES])
    wrong = made.statement(BOB, ballot).to_json()
    for _ in range(40):
        assert code_of(cast(ALICE, ballot, proof=wrong)) == (400, "bad_statement")

    assert cast(ALICE, ballot).status_code == 201


# --- Sending a recorded ballot again -----------------------------------------------------


def test_a_stranger_learns_nothing_from_a_recorded_ballot_sent_again(made, cast):
    recorded = made.ballot(ALICE, [YES])
    first = tracker_in(cast(ALICE, recorded))
    made.record()
    cast(ALICE, made.ballot(ALICE, [NO]), prev=first)
    stranger = made.statement(BOB, recorded, prev=bytes(range(32))).to_json()

    response = cast(ALICE, recorded, prev=bytes(range(32)), proof=stranger)

    assert code_of(response) == (400, "bad_statement")
    assert "current" not in response.json()


def test_the_voter_learns_what_counts_when_they_ask_with_their_own_signature(made, cast):
    recorded = made.ballot(ALICE, [YES])
    first = tracker_in(cast(ALICE, recorded))
    made.record()
    second = tracker_in(cast(ALICE, made.ballot(ALICE, [NO]), prev=first))

    response = cast(ALICE, recorded, prev=second)

    assert code_of(response) == (409, "stale_prev")
    assert response.json()["current"] == b64(second)


def test_in_profile_0_a_recorded_ballot_sent_again_tells_what_the_board_tells(post_ballot):
    made = make(profile=0)
    recorded = made.ballot(ALICE, [YES])
    first = tracker_in(post_ballot(made, recorded))
    made.record()
    second = tracker_in(post_ballot(made, made.ballot(ALICE, [NO]), prev=first))

    before = post_ballot(made, recorded, prev=bytes(range(32)))
    made.record()
    after = post_ballot(made, recorded, prev=bytes(range(32)))

    assert code_of(before) == code_of(after) == (409, "stale_prev")
    assert before.json()["current"] == b64(first)
    assert after.json()["current"] == b64(second)


def test_in_profile_0_a_waiting_ballot_sent_again_tells_of_itself_alone(post_ballot):
    made = make(profile=0)
    waiting = made.ballot(ALICE, [YES])
    first = tracker_in(post_ballot(made, waiting))
    post_ballot(made, made.ballot(ALICE, [NO]), prev=first)

    response = post_ballot(made, waiting, prev=bytes(range(32)))

    assert response.json()["current"] == b64(first)


def test_the_same_bytes_again_get_the_same_answer(made, cast):
    ballot = made.ballot(ALICE, [YES])
    proof = made.statement(ALICE, ballot).to_json()
    first = cast(ALICE, ballot, proof=proof)

    again = cast(ALICE, ballot, proof=proof)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Ballot.objects.count() == 1


# --- What the verifier makes of it -------------------------------------------------------


def test_a40_the_verifier_accepts_the_chain_and_refuses_a_fork_made_by_hand():
    made = make(
        phase=Election.Phase.PUBLISHED,
        votes=[(ALICE, [YES]), (BOB, [YES]), (ALICE, [NO])],
        opens_at=OPENS,
        closes_at=CLOSES,
    )
    record = record_bytes(election=made.election)
    height = Record.objects.get(election=made.election).height - 1
    companion = companion_bytes(election=made.election, height=height)
    first = Ballot.objects.get(prev=NO_PREVIOUS_BALLOT, credential=made.public(ALICE))
    second = Ballot.objects.exclude(prev=NO_PREVIOUS_BALLOT).get()
    fork = made.statement(ALICE, bytes(second.body)).to_json()
    forged = json.loads(companion)
    [place] = [
        number
        for number, cast in enumerate(forged["casts"])
        if cast["tracker"] == b64(bytes(second.tracker))
    ]
    assert forged["casts"][place]["prev"] == b64(bytes(first.tracker))
    forged["casts"][place] |= {"prev": "A" * 43, "proof": fork}

    assert verdict(record, companion) == Verdict.COMPLETE
    assert verdict(record, encode_json(forged)) == Verdict.INVALID


def verdict(record, companion):
    return verify_record(record, companion=companion, progress=lambda *_: None).verdict
