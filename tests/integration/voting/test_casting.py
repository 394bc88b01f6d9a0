import json
from datetime import timedelta
from typing import get_args

import pytest
from django.utils import timezone

from audit.models import LogEntry
from audit.selectors import verifier_key
from evote.encoding import b64_digest
from evote.errors import BallotCode
from evote.tlog.note import VerifierKey, verify_note
from evote.tlog.receipt import decode_receipt, verify_receipt
from tests.factories.voting import PHASES, make_election, tracker_of
from tests.integration.voting.conftest import traces, tracker_in
from voting.models import Election
from voting.selectors.elections import result_of
from voting.services.receipts import b64
from voting.services.refusals import SENTENCES

pytestmark = pytest.mark.django_db

YES, NO, NEITHER = [1, 0], [0, 1], [0, 0]
MILL, SQUARE, BLANK = [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]
ALICE, BOB = 0, 1


# --- What is accepted --------------------------------------------------------------------


class TestAccepted:
    def test_a_ballot_is_answered_with_a_signed_promise(self, made, post_ballot):
        ballot = made.ballot(ALICE, [YES, MILL])

        response = post_ballot(made, ballot)

        body = response.json()
        assert response.status_code == 201
        assert set(body) == {"tracker", "election", "promise", "status"}
        assert body["status"] == "accepted"
        assert body["tracker"] == b64_digest(ballot)
        promised = verify_note(
            body["promise"].encode(), keys=[VerifierKey.decode(verifier_key())]
        ).text
        assert promised.splitlines() == [
            "pnyx promise 1",
            f"election {made.election.uuid}",
            f"fingerprint {made.description.fingerprint}",
            f"tracker {b64_digest(ballot)}",
            f"prev {'A' * 43}",
        ]

    def test_the_same_ballot_again_gets_the_same_answer_and_no_second_row(self, made, post_ballot):
        ballot = made.ballot(ALICE, [YES, MILL])
        first = post_ballot(made, ballot)
        before = traces()

        second = post_ballot(made, ballot)

        assert second.status_code == 200
        assert second.json() == first.json()
        assert traces() == before

    def test_once_recorded_the_answer_carries_the_receipt(self, made, post_ballot, client):
        ballot = made.ballot(ALICE, [YES, MILL])
        post_ballot(made, ballot)
        made.record()

        again = post_ballot(made, ballot)
        asked = client.get(
            f"/api/elections/{made.election.uuid}/ballots/"
            + b64_digest(ballot).replace("+", "-").replace("/", "_")
        )

        body = again.json()
        assert asked.json() == body
        assert body["status"] == "recorded"
        receipt = decode_receipt(body["receipt"].encode())
        entry = LogEntry.objects.get(index=body["log_index"])
        verify_receipt(receipt, entry=bytes(entry.body), key=VerifierKey.decode(verifier_key()))
        assert json.loads(bytes(entry.body))["payload"] == tracker_of(ballot).hex()

    def test_voting_again_replaces_the_ballot_named_by_prev(self, made, post_ballot):
        first = tracker_in(post_ballot(made, made.ballot(ALICE, [YES, MILL])))

        response = post_ballot(made, made.ballot(ALICE, [NO, MILL]), prev=first)

        assert response.status_code == 201

    def test_the_answer_sets_no_cookie_and_may_not_be_stored(self, made, post_ballot):
        response = post_ballot(made, made.ballot(ALICE, [YES, MILL]))

        assert not response.cookies
        assert response["Cache-Control"] == "no-store"

    def test_a_retry_after_the_polls_closed_still_gets_its_receipt(self, made, post_ballot):
        ballot = made.ballot(ALICE, [YES, MILL])
        post_ballot(made, ballot)
        made.close()

        response = post_ballot(made, ballot)

        assert (response.status_code, response.json()["status"]) == (200, "recorded")


# --- prev --------------------------------------------------------------------------------


class TestPrev:
    def test_a40_a_second_first_ballot_is_refused_with_the_current_tracker(
        self, made, post_ballot, refused
    ):
        first = tracker_in(post_ballot(made, made.ballot(ALICE, [YES, MILL])))

        response = refused(made.ballot(ALICE, [NO, MILL]), "stale_prev", status=409)

        assert response.json()["current"] == b64(first)

    def test_a40_an_older_ballot_that_was_withheld_cannot_come_later(
        self, made, post_ballot, refused
    ):
        withheld = made.ballot(ALICE, [YES, MILL])
        post_ballot(made, made.ballot(ALICE, [NO, MILL]))

        refused(withheld, "stale_prev", status=409)

    def test_a_first_ballot_cannot_claim_to_replace_another(self, made, refused):
        response = refused(
            made.ballot(ALICE, [YES, MILL]), "stale_prev", status=409, prev=b"x" * 32
        )

        assert response.json()["current"] == "A" * 43

    def test_one_voter_cannot_replace_the_ballot_of_another(self, made, post_ballot, refused):
        alices = tracker_in(post_ballot(made, made.ballot(ALICE, [YES, MILL])))

        refused(made.ballot(BOB, [NO, MILL]), "stale_prev", status=409, prev=alices)

    def test_the_same_ballot_with_another_prev_is_another_wish_and_refused(
        self, made, post_ballot, refused
    ):
        ballot = made.ballot(ALICE, [YES, MILL])
        post_ballot(made, ballot)

        refused(ballot, "stale_prev", status=409, prev=b"x" * 32)

    def test_a42_the_order_of_ballots_is_the_chain_even_when_the_clock_runs_backwards(self, made):
        hour = timedelta(hours=1)
        at = made.election.closes_at - hour
        first = made.cast(ALICE, [YES, MILL], at=at)
        made.cast(ALICE, [NO, MILL], prev=first.receipt.tracker, at=at - 2 * hour)
        made.close()
        made.tally()
        made.decrypt()
        made.publish()

        assert [one.count for one in result_of(election=made.election)[0].answers] == [0, 1]


# --- Phases ------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase not in {"DRAFT", "OPEN"}])
def test_a_ballot_in_the_wrong_phase_is_refused(phase, refused):
    now = timezone.now()
    made = make_election(
        phase=phase,
        voters=1,
        trustees=1,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
        votes=[(ALICE, [NO, MILL])] if phase != Election.Phase.SEALED else (),
    )

    refused(made.ballot(ALICE, [YES, MILL]), "not_open", status=409, election=made)


def test_a_ballot_after_the_closing_time_is_refused_before_any_sweep_ran(refused):
    now = timezone.now()
    made = make_election(
        voters=1, trustees=1, opens_at=now - timedelta(hours=2), closes_at=now - timedelta(hours=1)
    )

    refused(made.ballot(ALICE, [YES, MILL]), "not_open", status=409, election=made)


def test_a_draft_and_an_unknown_election_look_the_same(post_ballot):
    draft = make_election(phase=Election.Phase.DRAFT)

    responses = [
        post_ballot.raw(uuid, b'{"ballot":"{}","prev":"' + b"A" * 43 + b'"}')
        for uuid in (draft.election.uuid, "5" * 14)
    ]

    assert [response.status_code for response in responses] == [404, 404]
    assert responses[0].json() == responses[1].json()
    assert responses[0].json()["code"] == "unknown_election"


def test_every_code_of_the_protocol_has_its_sentence():
    assert set(get_args(BallotCode)) <= set(SENTENCES)
