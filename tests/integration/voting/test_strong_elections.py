"""Elections of profile 1: the setup is signed, and the companion file stands beside the record."""

import hashlib
import json
from datetime import timedelta

import pytest

from audit.models import LogEntry
from evote.encoding import decode_json, encode_json
from evote.group import GENERATOR, random_scalar
from evote.proofs.statements import sign_transcript
from evote.record.companion import decode_companion
from evote.verify import Verdict, verify_record
from tests.factories.voting import (
    OPENS,
    TREES,
    add_trustees,
    built_booth,
    make_draft,
    make_election,
    run_log,
)
from voting.models import Election, Record, RecordEvent, TranscriptSignature
from voting.selectors.companion import companion_bytes
from voting.selectors.elections import result_of
from voting.selectors.record import record_bytes
from voting.selectors.transcript import transcript_of
from voting.services.decrypting import DecryptionRefused, accept_partial_decryption, publish_result
from voting.services.elections import QuestionDraft
from voting.services.phases import WrongPhase
from voting.services.sealing import NotReady, seal_election, take_back_seal
from voting.services.signing import SignatureRefused, accept_signature
from voting.services.trustees import name_trustee, replace_trustee

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]
VOTES = [(0, [YES]), (1, [NO]), (0, [NO]), (2, [YES])]


def strong(**wanted):
    return make_election(
        **{"profile": 1, "voters": 3, "trustees": 1, "questions": [TREES]} | wanted
    )


def verified(made, **options):
    record = Record.objects.get(election=made.election)
    return verify_record(
        record_bytes(election=made.election),
        companion=companion_bytes(election=made.election, height=record.height - 1),
        progress=lambda *_: None,
        **options,
    )


# --- The signed setup --------------------------------------------------------------------


def test_an_election_is_sealed_when_the_last_trustee_has_signed():
    made = strong(phase=Election.Phase.SIGNING, trustees=1, group=(2, 3))
    assert not RecordEvent.objects.exists()
    assert not made.election.is_public

    made.sign()

    assert made.election.phase == Election.Phase.SEALED
    event = RecordEvent.objects.get()
    ceremony = json.loads(bytes(event.companion))
    assert len(ceremony["signatures"]) == 4
    assert [len(commits) for commits in ceremony["commits"]] == [3]
    run_log()
    entry = next(
        entry.content for entry in LogEntry.objects.all() if entry.content.get("type") == "Setup"
    )
    assert entry["companion"] == hashlib.sha256(bytes(event.companion)).hexdigest()


def test_the_description_binds_what_was_chosen():
    made = strong(phase=Election.Phase.SIGNING, trustees=1, minimum_ballots=12)

    context = json.loads(bytes(made.election.archived_election))["pnyx"]

    assert list(context) == [
        "profile",
        "consultation",
        "log",
        "booth",
        "minimum_ballots",
        "minimum_shuffles",
        "access",
        "credentials",
    ]
    assert (context["profile"], context["minimum_ballots"], context["minimum_shuffles"]) == (
        1,
        12,
        1,
    )


def test_nobody_changes_what_the_trustees_sign():
    made = strong(phase=Election.Phase.SIGNING)

    with pytest.raises(WrongPhase):
        name_trustee(election=made.election, name="Late", email="late@example.org")


def sign(made, owner, *, secret_key=None, transcript=None, now=OPENS):
    found = transcript_of(election=made.election)
    proof = sign_transcript(
        secret_key=secret_key or made.secret_keys[owner - 1],
        fingerprint=found.fingerprint,
        transcript=transcript or found.transcript,
    )
    return accept_signature(election=made.election, owner=owner, proof=proof, now=now)


def test_a27_a_signature_of_another_transcript_is_refused_and_its_trustee_named():
    made = strong(phase=Election.Phase.SIGNING, trustees=2)

    with pytest.raises(SignatureRefused) as refused:
        sign(made, 1, transcript="00" * 32)

    assert refused.value.code == "bad_proof"
    assert "Trustee 1" in str(refused.value)
    assert not TranscriptSignature.objects.exists()


def test_no_signature_begins_an_election_in_which_nobody_could_vote():
    made = strong(phase=Election.Phase.SIGNING, trustees=1)

    with pytest.raises(SignatureRefused) as refused:
        sign(made, 1, now=made.election.closes_at)

    assert refused.value.code == "too_late"
    made.election.refresh_from_db()
    assert made.election.phase == Election.Phase.SIGNING


def test_a27_nobody_signs_for_another_slot():
    made = strong(phase=Election.Phase.SIGNING, trustees=2)

    with pytest.raises(SignatureRefused):
        sign(made, 1, secret_key=made.secret_keys[1])


@pytest.mark.parametrize("owner", [0, 3, -1])
def test_a_slot_that_does_not_exist_cannot_sign(owner):
    made = strong(phase=Election.Phase.SIGNING, trustees=2)

    with pytest.raises(SignatureRefused) as refused:
        sign(made, owner, secret_key=random_scalar())

    assert refused.value.code == "unknown_owner"


def test_the_same_slot_signs_once():
    made = strong(phase=Election.Phase.SIGNING, trustees=2)

    assert sign(made, 1) is True
    assert sign(made, 1) is False
    assert TranscriptSignature.objects.count() == 1


def test_a_seal_that_not_all_sign_is_taken_back_and_the_trustee_replaced():
    made = strong(phase=Election.Phase.SIGNING, trustees=2)
    sign(made, 1)

    draft = take_back_seal(election=made.election)

    assert draft.phase == Election.Phase.DRAFT
    assert draft.archived_election is None
    assert not TranscriptSignature.objects.exists()
    replace_trustee(trustee=draft.trustees.get(position=2), name="Other", email="other@example.org")
    with built_booth(), pytest.raises(NotReady, match="1 of 2 trustees"):
        seal_election(election=draft, now=OPENS - timedelta(hours=1), profile=1)


def test_a_seal_that_all_have_signed_stands():
    made = strong(phase=Election.Phase.SEALED)

    with pytest.raises(WrongPhase):
        take_back_seal(election=made.election)


def test_a_group_that_has_not_made_its_keys_keeps_the_election_from_being_sealed():
    made = make_draft()
    add_trustees(made, emails=["alone@example.org"])
    from voting.services.groups import make_group

    make_group(election=made.election, threshold=2)
    with built_booth(), pytest.raises(NotReady, match="has not made its keys"):
        seal_election(election=made.election, now=OPENS - timedelta(hours=1))


# --- The whole way -----------------------------------------------------------------------


@pytest.mark.parametrize("group", [None, (2, 3)])
def test_both_files_verify_in_the_end(group):
    made = strong(phase=Election.Phase.PUBLISHED, group=group, votes=VOTES)

    report = verified(made)

    assert report.verdict == Verdict.COMPLETE, report.to_json()
    assert [one.count for one in result_of(election=made.election)[0].answers] == [1, 2]


@pytest.mark.parametrize(
    "phase",
    [Election.Phase.SEALED, Election.Phase.OPEN, Election.Phase.CLOSED, Election.Phase.TALLIED],
)
def test_both_files_are_valid_so_far_in_every_phase(phase):
    made = strong(phase=phase, votes=VOTES)

    assert verified(made).verdict == Verdict.UNFINISHED


def test_every_entry_of_the_log_binds_its_element():
    made = strong(phase=Election.Phase.PUBLISHED, group=(2, 3), votes=VOTES)
    data = companion_bytes(
        election=made.election, height=Record.objects.get(election=made.election).height - 1
    )
    value = decode_json(data, source="companion", limit_bytes=10**7)
    elements = [value["ceremony"], *value["casts"], *value["decryptions"]]

    named = [
        entry.content["companion"]
        for entry in LogEntry.objects.order_by("index")
        if "companion" in entry.content
    ]

    assert named == [hashlib.sha256(encode_json(one)).hexdigest() for one in elements]


def test_no_entry_of_the_log_names_a_person():
    made = strong(phase=Election.Phase.PUBLISHED, group=(2, 3), votes=VOTES)

    told = " ".join(json.dumps(entry.content) for entry in LogEntry.objects.all())

    for trustee in made.election.trustees.all():
        assert trustee.name not in told
    assert "@" not in told


# --- Groups decrypt ----------------------------------------------------------------------


@pytest.mark.parametrize("owners", [(1, 2, 3), (1, 2, 4), (1, 4, 3)])
def test_a29_any_two_of_three_suffice_with_the_one_who_stands_alone(owners):
    made = strong(phase=Election.Phase.TALLIED, group=(2, 3), votes=VOTES)

    made.decrypt(*owners)
    made.publish()

    assert [one.count for one in result_of(election=made.election)[0].answers] == [1, 2]
    assert verified(made).verdict == Verdict.COMPLETE


@pytest.mark.parametrize("owners", [(1,), (1, 2), (2, 3, 4)])
def test_a29_too_few_wait(owners):
    made = strong(phase=Election.Phase.TALLIED, group=(2, 3), votes=VOTES)

    made.decrypt(*owners)

    assert publish_result(election=made.election) is None


def test_a29_more_contributions_than_needed_are_in_the_record():
    made = strong(phase=Election.Phase.TALLIED, group=(2, 3), votes=VOTES)

    made.decrypt()
    made.publish()

    assert RecordEvent.objects.filter(type="PartialDecryption").count() == 4
    assert verified(made).verdict == Verdict.COMPLETE


def test_a29_a_wrong_contribution_first_is_refused_and_the_others_finish():
    made = strong(phase=Election.Phase.TALLIED, group=(2, 3), votes=VOTES)
    forged = made.decryption(3)

    with pytest.raises(DecryptionRefused) as refused:
        accept_partial_decryption(
            election=made.election, owner=2, data=forged, proofs=made.strong_proofs(3)
        )

    assert refused.value.code == "bad_proof"
    assert made.election.trustees.get(position=2).name in str(refused.value)
    made.decrypt(1, 3, 4)
    made.publish()
    assert verified(made).verdict == Verdict.COMPLETE


# --- Strong proofs -----------------------------------------------------------------------


def hand_in(made, owner=1, *, data=None, proofs=None):
    return accept_partial_decryption(
        election=made.election,
        owner=owner,
        data=data or made.decryption(owner),
        proofs=proofs,
    )


@pytest.fixture
def tallied():
    return strong(phase=Election.Phase.TALLIED, trustees=2, votes=VOTES)


def test_a05_a_decryption_without_strong_proofs_is_refused(tallied):
    with pytest.raises(DecryptionRefused, match="Trustee 1"):
        hand_in(tallied, proofs=None)


@pytest.mark.parametrize("change", ["challenge", "response"])
def test_a04_a_forged_strong_proof_is_refused_and_its_trustee_named(tallied, change):
    proofs = json.loads(tallied.strong_proofs(1))
    proofs[0][1][change] = str(int(proofs[0][1][change]) ^ 1)

    with pytest.raises(DecryptionRefused, match="Trustee 1") as refused:
        hand_in(tallied, proofs=encode_json(proofs))

    assert refused.value.code == "bad_proof"
    assert not RecordEvent.objects.filter(type="PartialDecryption").exists()


def test_a05_a_forged_factor_is_refused_and_its_trustee_named(tallied):
    value = json.loads(tallied.decryption(1))
    value["decryption_factors"][0][0] = (GENERATOR ** random_scalar()).encode()

    with pytest.raises(DecryptionRefused, match="Trustee 1") as refused:
        hand_in(tallied, data=encode_json(value), proofs=tallied.strong_proofs(1))

    assert refused.value.code == "bad_proof"


@pytest.mark.parametrize("shape", ["[]", "[[]]", "{}", "[[1,2]]", "null", '[["a","b"]]'])
def test_strong_proofs_of_another_shape_are_refused(tallied, shape):
    with pytest.raises(DecryptionRefused):
        hand_in(tallied, proofs=shape.encode())


def test_a31_the_proofs_of_another_trustee_are_refused(tallied):
    with pytest.raises(DecryptionRefused):
        hand_in(tallied, proofs=tallied.strong_proofs(2))


# --- Too few ballots ---------------------------------------------------------------------


def test_a36_fewer_ballots_than_the_minimum_are_not_decrypted():
    made = strong(phase=Election.Phase.CLOSED, votes=VOTES, minimum_ballots=4)

    made.tally()
    run_log()

    assert made.election.phase == Election.Phase.UNCOUNTED
    with pytest.raises(WrongPhase, match="Too few ballots"):
        hand_in(made, proofs=b"[]")
    assert publish_result(election=made.election) is None
    outcome = LogEntry.objects.latest("index").content
    assert (outcome["kind"], outcome["outcome"]) == ("election-outcome", "below-minimum")
    assert "result" not in outcome
    assert outcome["note"] == hashlib.sha256(made.election.result_note.encode()).hexdigest()
    assert verified(made).verdict == Verdict.UNFINISHED


def test_a36_revotes_do_not_help_to_reach_the_minimum():
    made = strong(
        phase=Election.Phase.CLOSED,
        votes=[(0, [YES]), (0, [NO]), (0, [YES]), (1, [YES])],
        minimum_ballots=3,
    )

    made.tally()

    assert made.election.phase == Election.Phase.UNCOUNTED


def test_a36_as_many_ballots_as_the_minimum_are_counted():
    made = strong(phase=Election.Phase.PUBLISHED, votes=VOTES, minimum_ballots=3)

    assert made.election.phase == Election.Phase.PUBLISHED


# --- Ranked questions --------------------------------------------------------------------

RANK = QuestionDraft(
    text="Which first?",
    answers=["Bridge", "Square", "Harbour"],
    minimum=0,
    maximum=1,
    has_blank=False,
    kind="RANKED",
    rule={"method": "schulze"},
)
RANKINGS = [(0, [[1, 2, 3], YES]), (1, [[3, 1, 2], NO]), (0, [[2, 1, 3], NO])]


def test_ranked_answers_are_shuffled_twice_and_decrypted():
    made = strong(
        phase=Election.Phase.PUBLISHED, group=(2, 3), questions=[RANK, TREES], votes=RANKINGS
    )

    ranked, counted = result_of(election=made.election)

    assert sorted(ranked.rankings) == [(2, 1, 3), (3, 1, 2)]
    assert [one.count for one in counted.answers] == [0, 2]
    kinds = list(RecordEvent.objects.order_by("height").values_list("type", flat=True))
    assert kinds[-9:-4] == [
        "EncryptedTally",
        "Shuffle",
        "Shuffle",
        "EndShuffles",
        "PartialDecryption",
    ]
    report = verified(made)
    assert report.verdict == Verdict.COMPLETE, report.to_json()


def test_the_companion_reads_back():
    made = strong(
        phase=Election.Phase.PUBLISHED, questions=[RANK, TREES], votes=RANKINGS, trustees=2
    )
    height = Record.objects.get(election=made.election).height - 1

    companion = decode_companion(
        companion_bytes(election=made.election, height=height), election=made.description
    )

    assert [len(companion.casts), len(companion.shuffles), len(companion.decryptions)] == [3, 2, 2]
