"""Several trustees, or several workers, at the same moment."""

from collections import Counter

import pytest

from evote.encoding import decode_json
from evote.proofs.statements import sign_transcript
from evote.tally.shuffles import make_shuffle
from evote.verify import Verdict, verify_record
from tests.factories.ceremonies import make_ceremony
from tests.factories.threads import many_at_once
from tests.factories.voting import OPENS, TREES, make_draft, make_election
from tests.integration.voting.test_shuffling import RANK
from tests.integration.voting.test_shuffling import VOTES as RANKINGS
from voting import tasks
from voting.models import (
    CeremonyMessage,
    Election,
    Record,
    RecordEvent,
    ShuffleUpload,
    TranscriptSignature,
    Trustee,
    TrusteeCall,
)
from voting.selectors.ceremonies import Stage
from voting.selectors.companion import companion_bytes
from voting.selectors.record import record_bytes
from voting.selectors.transcript import transcript_of
from voting.services.ceremonies import MessageRefused, accept_message
from voting.services.decrypting import accept_partial_decryption
from voting.services.phases import Refused, WrongPhase
from voting.services.sealing import take_back_seal
from voting.services.shuffling import receive_shuffle
from voting.services.signing import accept_signature
from voting.services.tallying import tally_election

pytestmark = pytest.mark.django_db(transaction=True)

YES = [1, 0]


def told(step):
    """Take a step; say what came of it."""
    try:
        return step()
    except Refused as refusal:
        return getattr(refusal, "code", type(refusal).__name__)


def test_the_same_message_from_many_sides_is_taken_once():
    made = make_ceremony(election=make_draft().election, until="certificate")
    data = made.make("commit", 1)

    outcomes = many_at_once(lambda _position: told(lambda: made.send("commit", 1, data)), times=6)

    assert Counter(outcomes) == {True: 1, False: 5}
    assert CeremonyMessage.objects.filter(step="commit").count() == 1


def test_all_members_send_their_last_share_at_once_and_the_key_is_made_once():
    made = make_ceremony(election=make_draft().election, until="polynomial")
    shares = [made.make("share", member) for member in (1, 2, 3)]
    election, item = made.group.election, made.group.position

    outcomes = many_at_once(
        lambda position: told(
            lambda: accept_message(
                election=election,
                item=item,
                member=position + 1,
                step="share",
                data=shares[position],
            )
        ),
        times=3,
    )

    assert outcomes == [True] * 3
    assert made.state.stage == Stage.COMPLETE
    assert Trustee.objects.filter(public_key__isnull=False).count() == 3


def test_two_different_messages_of_one_member_leave_one():
    made = make_ceremony(election=make_draft().election)
    first = made.make("certificate", 1)
    second = made.make("certificate", 1)
    assert first != second

    outcomes = many_at_once(
        lambda position: told(lambda: made.send("certificate", 1, [first, second][position])),
        times=2,
    )

    assert sorted(map(str, outcomes)) == ["True", "already_taken"]


def signing(trustees):
    made = make_election(
        phase=Election.Phase.SIGNING, profile=1, trustees=trustees, questions=[TREES]
    )
    found = transcript_of(election=made.election)
    proofs = [
        sign_transcript(secret_key=key, fingerprint=found.fingerprint, transcript=found.transcript)
        for key in made.secret_keys
    ]
    return made, proofs


def test_all_trustees_sign_at_once_and_the_record_begins_once():
    made, proofs = signing(4)

    outcomes = many_at_once(
        lambda position: told(
            lambda: accept_signature(
                election=made.election, owner=position + 1, proof=proofs[position], now=OPENS
            )
        ),
        times=4,
    )

    assert outcomes == [True] * 4
    assert RecordEvent.objects.filter(type="Setup").count() == 1
    assert Election.objects.get().phase == Election.Phase.SEALED


def test_a_seal_is_taken_back_or_signed_never_both():
    made, proofs = signing(1)

    def act(position):
        if position:
            return told(lambda: take_back_seal(election=made.election).phase)
        return told(
            lambda: accept_signature(election=made.election, owner=1, proof=proofs[0], now=OPENS)
        )

    outcomes = many_at_once(act, times=2)

    phase = Election.objects.get().phase
    assert (phase, outcomes) in [
        (Election.Phase.SEALED, [True, WrongPhase.__name__]),
        (Election.Phase.DRAFT, [WrongPhase.__name__, Election.Phase.DRAFT]),
    ]
    assert RecordEvent.objects.count() == (phase == Election.Phase.SEALED)
    assert TranscriptSignature.objects.count() == (phase == Election.Phase.SEALED)


def test_two_trustees_shuffle_the_same_list_and_one_has_to_shuffle_again():
    made = make_election(
        phase=Election.Phase.CLOSED, profile=1, questions=[RANK], votes=RANKINGS, trustees=3
    )
    made.tally()
    data = [
        make_shuffle(
            election=made.description,
            tally=made.present_tally(),
            progress=lambda _done, _total: None,
        )
        for _ in range(2)
    ]
    proofs = [made.shuffle_statement(owner, data[owner - 1]) for owner in (1, 2)]

    many_at_once(
        lambda position: receive_shuffle(
            election=made.election,
            owner=position + 1,
            data=data[position],
            proof=proofs[position],
        ),
        times=2,
    )
    many_at_once(lambda _position: tasks.check_shuffles(), times=2)
    tasks.check_shuffles()

    assert RecordEvent.objects.filter(type="Shuffle").count() == 1
    states = ShuffleUpload.objects.order_by("state").values_list("state", "code")
    assert list(states) == [("ACCEPTED", ""), ("REFUSED", "stale_parent")]


def test_several_workers_check_one_shuffle_and_record_it_once(monkeypatch):
    monkeypatch.setattr("voting.services.shuffling.CIPHERTEXTS_PER_PART", 1)
    made = make_election(
        phase=Election.Phase.CLOSED, profile=1, questions=[RANK], votes=RANKINGS, trustees=3
    )
    made.tally()
    data = make_shuffle(
        election=made.description,
        tally=made.present_tally(),
        progress=lambda _done, _total: None,
    )
    receive_shuffle(
        election=made.election, owner=1, data=data, proof=made.shuffle_statement(1, data)
    )

    many_at_once(lambda _position: tasks.check_shuffles(), times=4)
    tasks.check_shuffles()

    assert ShuffleUpload.objects.get().state == "ACCEPTED"
    assert RecordEvent.objects.filter(type="Shuffle").count() == 1


def test_all_decrypt_while_the_sweep_publishes():
    made = make_election(
        phase=Election.Phase.TALLIED,
        profile=1,
        trustees=1,
        group=(2, 3),
        questions=[TREES],
        votes=[(0, [YES])],
    )
    parts = [(made.decryption(owner), made.strong_proofs(owner)) for owner in range(1, 5)]

    def act(position):
        if position == 4:
            return tasks.publish_results()
        data, proofs = parts[position]
        return told(
            lambda: accept_partial_decryption(
                election=made.election, owner=position + 1, data=data, proofs=proofs
            )
        )

    many_at_once(act, times=5)
    tasks.publish_results()

    assert RecordEvent.objects.filter(type="Result").count() == 1
    record = Record.objects.get(election=made.election)
    companion = companion_bytes(election=made.election, height=record.height - 1)
    value = decode_json(companion, source="companion", limit_bytes=10**7)
    events = RecordEvent.objects.filter(type="PartialDecryption").order_by("height")
    assert [one["owner"] for one in value["decryptions"]] == [event.owner for event in events]
    report = verify_record(
        record_bytes(election=made.election), companion=companion, progress=lambda *_: None
    )
    assert report.verdict == Verdict.COMPLETE


def test_several_workers_tally_ranked_ballots_and_begin_the_shuffling_once(monkeypatch):
    monkeypatch.setattr("voting.services.tallying.BALLOTS_PER_CHUNK", 1)
    made = make_election(
        phase=Election.Phase.CLOSED, profile=1, questions=[RANK], votes=RANKINGS, trustees=2
    )

    many_at_once(lambda _position: tally_election(election=made.election), times=4)
    tally_election(election=made.election)

    assert RecordEvent.objects.filter(type="EncryptedTally").count() == 1
    assert Election.objects.get().phase == Election.Phase.SHUFFLING


def test_eight_sweeps_call_each_trustee_once():
    made, _proofs = signing(2)

    many_at_once(lambda _position: tasks.call_trustees(), times=4)

    assert TrusteeCall.objects.count() == made.election.trustees.count() == 2


def test_a_message_after_the_wrong_step_leaves_no_lock_behind():
    made = make_ceremony(election=make_draft().election)

    def act(_position):
        with pytest.raises(MessageRefused):
            made.send("commit", 1, b"{}")
        return made.send("certificate", 1)

    outcomes = many_at_once(lambda position: told(lambda: act(position)), times=2)

    assert True in outcomes
