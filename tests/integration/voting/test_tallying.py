import hashlib
import json

import pytest
from django.db import connection

from evote.encoding import encode_json
from evote.record import read_record
from evote.tally import encode_encrypted_tally
from evote.verify import Verdict
from tests.factories.forgeries import MIXED_ORDER, parsed, signed
from tests.factories.voting import TREES, make_election, tracker_of
from voting import tasks
from voting.models import Ballot, BallotAlpha, Election, RecordEvent, TallyChunk
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.selectors.record import record_bytes
from voting.services import tallying
from voting.services.casting import cast_ballot
from voting.services.refusals import BallotRejected
from voting.services.tallying import TallyRefused, add_chunk, tally_election

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr("voting.services.tallying.BALLOTS_PER_CHUNK", 2)


def closed(**fields):
    return make_election(
        **{
            "phase": Election.Phase.CLOSED,
            "questions": [TREES],
            "voters": 5,
            "trustees": 1,
            "votes": [(voter, [YES if voter % 2 else NO]) for voter in range(5)],
        }
        | fields
    )


def tally_bytes(election):
    return [
        bytes(body)
        for body in RecordEvent.objects.get(election=election, type="EncryptedTally")
        .objects_added.order_by("position")
        .values_list("body", flat=True)
    ]


def put_by_hand(made, ballot: bytes, *, credential: str) -> None:
    """Insert a ballot as somebody with the database in their hands would."""
    made.record()
    publics = [made.public(voter) for voter in range(len(made.credentials))]
    Ballot.objects.create(
        election=made.election,
        tracker=tracker_of(ballot),
        credential=credential,
        prev=NO_PREVIOUS_BALLOT,
        body=ballot,
        statement=encode_json(made.cast_element(publics.index(credential), ballot)),
    )
    made.close()


class TestKilled:
    @pytest.mark.parametrize("step", ["_cut_chunks", "add_chunk", "_finish"])
    def test_d5_a_tally_killed_before_any_of_its_steps_gives_the_same_bytes(
        self, monkeypatch, small_chunks, step
    ):
        made = closed()

        def die(**_fields):
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(tallying, step, die)
            with pytest.raises(Killed):
                tally_election(election=made.election)
        assert Election.objects.get().phase == Election.Phase.CLOSED
        tally_election(election=made.election)

        assert tally_bytes(made.election) == undisturbed(made)

    @pytest.mark.parametrize("after", [1, 2])
    def test_d5_a_tally_killed_between_chunks_goes_on_where_it_was(
        self, monkeypatch, small_chunks, after
    ):
        made = closed()
        tallying._cut_chunks(election=made.election)
        for _ in range(after):
            add_chunk(election=made.election)

        def die(**_fields):
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(tallying, "_read", die)
            with pytest.raises(Killed):
                tally_election(election=made.election)
        assert TallyChunk.objects.filter(encrypted_tally__isnull=False).count() == after
        tally_election(election=made.election)

        assert tally_bytes(made.election) == undisturbed(made)

    def test_a81_a_second_tally_adds_nothing(self):
        made = closed()

        for _ in range(3):
            tally_election(election=made.election)

        assert RecordEvent.objects.filter(type="EncryptedTally").count() == 1


def undisturbed(made):
    """Add the recorded ballots in one go, with nothing but the record."""
    report = made.report()
    assert report.verdict == Verdict.UNFINISHED
    event = read_record(record_bytes(election=made.election)).of_type("EncryptedTally")[0]
    assert event.objects[0] == encode_encrypted_tally(report.tally, election=report.election)
    return list(event.objects)


class TestByHand:
    def test_a46_a_ballot_put_in_without_a_good_signature_stops_the_tally(self):
        made = closed(phase=Election.Phase.OPEN, votes=[(0, [YES])])
        forged = parsed(made.ballot(1, [NO]))
        forged["signature"]["proof"]["response"] = "7"
        ballot = encode_json(forged)
        put_by_hand(made, ballot, credential=made.public(1))

        with pytest.raises(TallyRefused, match=tracker_of(ballot).hex()):
            tally_election(election=made.election)

        assert not RecordEvent.objects.filter(type="EncryptedTally").exists()
        report = made.report()
        assert report.verdict == Verdict.INVALID

    def test_a10_a_ballot_with_an_element_outside_the_group_stops_the_tally(self):
        made = closed(phase=Election.Phase.OPEN, votes=[(0, [YES])])
        forged = parsed(made.ballot(1, [NO]))
        forged["answers"][0]["choices"][0]["alpha"] = MIXED_ORDER
        ballot = signed(forged, uuid=made.election.uuid, credential=made.credentials[1])
        put_by_hand(made, ballot, credential=made.public(1))

        with pytest.raises(TallyRefused, match=tracker_of(ballot).hex()):
            tally_election(election=made.election)

    def test_a46_a_ballot_of_a_credential_that_is_not_listed_stops_the_tally(self):
        made = closed(phase=Election.Phase.OPEN, votes=[(0, [YES])])
        made.credentials.append("11111-111111-11111-111111")
        ballot = made.ballot(5, [NO])
        put_by_hand(made, ballot, credential=made.public(5))

        with pytest.raises(TallyRefused, match="not as it was accepted"):
            tally_election(election=made.election)

    @pytest.mark.parametrize("height", [1, 3, 5])
    def test_a44_a_ballot_taken_out_of_the_box_stops_the_tally(self, height):
        made = closed()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE voting_ballot DISABLE TRIGGER stays")
            cursor.execute("DELETE FROM voting_ballot WHERE height = %s", [height])

        with pytest.raises(TallyRefused, match=r"1 ballots .* missing"):
            tally_election(election=made.election)

    def test_a_refused_tally_is_said_in_the_diary_and_tried_again(self, caplog):
        made = closed(phase=Election.Phase.OPEN, votes=[(0, [YES])])
        made.credentials.append("11111-111111-11111-111111")
        put_by_hand(made, made.ballot(5, [NO]), credential=made.public(5))

        tasks.tally_closed_elections()
        tasks.tally_closed_elections()

        assert "not as it was accepted" in caplog.text
        made.election.refresh_from_db()
        assert made.election.phase == Election.Phase.CLOSED


def test_a_ballot_whose_alpha_is_taken_was_never_counted_twice():
    made = closed(phase=Election.Phase.OPEN, votes=[(0, [YES])])
    ballot = made.ballot(1, [NO])
    alpha = parsed(ballot)["answers"][0]["choices"][0]["alpha"]
    BallotAlpha.objects.create(election=made.election, alpha=bytes.fromhex(alpha))
    with pytest.raises(BallotRejected, match="duplicate_ciphertext"):
        cast_ballot(
            election=made.election,
            submission=made.submission(1, ballot),
            doorkeeper=None,
            received_at=made.election.opens_at,
        )


def test_the_stored_hashes_are_those_of_what_is_stored():
    made = closed()

    for event in RecordEvent.objects.filter(election=made.election):
        assert hashlib.sha256(bytes(event.body)).digest() == bytes(event.hash)
        assert json.loads(bytes(event.body))["height"] == event.height
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM voting_ballot WHERE sha256(body) <> tracker")
        assert cursor.fetchone() == (0,)
