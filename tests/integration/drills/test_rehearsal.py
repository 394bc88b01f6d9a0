"""Drill D15: a whole election of a thousand voters in which three of five trustees fail.

One member of the ceremony sends a bad share, one forges a proof, one loses the key. A tenth of
the voters vote again, twenty challenge their first ballot. The totals are right, each fault is
named, and the evidence holds without the server.
"""

import subprocess
from collections import Counter
from datetime import timedelta

import pytest

from config.front_end import ROOT, node_folder
from evote.ballot import decode_ballot
from evote.election import decode_trustees
from evote.encoding import b64_digest, hash_of_b64
from evote.errors import InvalidProof
from evote.tally import verify_partial_decryption
from evote.threshold import decode_signed
from evote.threshold.complaints import judge_complaint, read_complaint
from evote.verify import Verdict, verify_record
from tests.factories.ceremonies import (
    MadeCeremony,
    complaint_of,
    make_ceremony,
    reveal_with_bad_share,
)
from tests.factories.mutants import Mutant
from tests.factories.voting import built_booth, make_draft, run_log, send_credentials
from voting.models import Question
from voting.selectors.companion import companion_bytes
from voting.selectors.record import record_bytes
from voting.services.casting import cast_ballot
from voting.services.ceremonies import accept_complaint
from voting.services.challenging import challenge_ballot
from voting.services.decrypting import DecryptionRefused, accept_partial_decryption
from voting.services.elections import QuestionDraft
from voting.services.groups import begin_ceremony
from voting.services.polls import open_election
from voting.services.refusals import BallotRejected
from voting.services.sealing import seal_election

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

VOTERS, REVOTES, CHALLENGES = 1000, 100, 20
BAD_SHARE, FORGED_PROOF, LOST_KEY = 2, 3, 5
PLAN = QuestionDraft(
    text="Which plan?", answers=["North", "South", "Neither"], minimum=1, maximum=1, has_blank=False
)
ORDER = QuestionDraft(
    text="In which order?",
    answers=["Trees", "Benches", "Lights"],
    minimum=0,
    maximum=1,
    has_blank=False,
    kind=Question.Kind.RANKED,
    rule={"method": "schulze"},
)


def test_d15_three_of_five_trustees_fail_and_the_totals_are_right_all_the_same(tmp_path):
    made = make_draft(questions=(PLAN, ORDER), minimum_ballots=10)
    ceremony = make_ceremony(election=made.election, threshold=3, members=5, until="commit")
    fail_once_with_a_bad_share(ceremony)
    hold_again(ceremony)
    made.secret_keys = [ceremony.shares[member] for member in range(1, 6)]
    send_credentials(made, voters=VOTERS)
    seal_and_open(made)
    votes = cast_all(made)
    made.close()
    made.tally()
    made.shuffle(1)
    made.shuffle(4)
    forge_a_proof(made)
    decrypt_without_the_lost_key(made)
    made.publish()
    record = record_bytes(election=made.election)
    events = made.election.events.count()
    companion = companion_bytes(election=made.election, height=events - 1)
    check_as_an_observer(record, companion, votes=votes, folder=tmp_path)


def fail_once_with_a_bad_share(ceremony: MadeCeremony) -> None:
    """One member cheats, another complains, and the evidence convicts the right one offline."""
    for member in (1, 3, 4, 5):
        ceremony.send("polynomial", member)
    bad = reveal_with_bad_share(ceremony, by=BAD_SHARE, to=4)
    ceremony.send("polynomial", BAD_SHARE, bad)
    complaint = complaint_of(ceremony, by=4, about=BAD_SHARE)
    state = ceremony.state
    opened = state.opened()
    accept_complaint(
        election=ceremony.group.election, item=ceremony.group.position, member=4, data=complaint
    )
    verdict = judge_complaint(
        read_complaint(decode_signed(complaint), ceremony=opened),
        ceremony=opened,
        reveal=state.reveals(ceremony=opened)[BAD_SHARE - 1],
    )
    assert (verdict.by, verdict.about) == (4, BAD_SHARE)


def hold_again(ceremony: MadeCeremony) -> None:
    """The organisers begin anew; this time everybody is honest."""
    ceremony.group = begin_ceremony(group=ceremony.state.group)
    ceremony.run()
    assert ceremony.state.group.encoded is not None


def seal_and_open(made) -> None:
    with built_booth():
        made.election = seal_election(
            election=made.election, now=made.election.opens_at - timedelta(hours=1), profile=1
        )
        made.sign()
        run_log()
        made.election = open_election(election=made.election, now=made.election.opens_at)


def plain_vote(voter: int, *, again: bool = False) -> list[list[int]]:
    """What a voter wants: known to this test alone."""
    choice = (voter * 7 + again) % 3
    order = [[1, 2, 3], [3, 1, 2], [2, 3, 1], [1, 1, 2], [0, 1, 0]][(voter + 2 * again) % 5]
    return [[int(index == choice) for index in range(3)], order]


def cast_all(made) -> list[list[list[int]]]:
    """Twenty challenge first, everybody votes, a tenth votes again; give what counts."""
    votes, trackers = [], []
    for voter in range(VOTERS):
        if voter < CHALLENGES:
            challenge(made, voter)
        votes.append(plain_vote(voter))
        trackers.append(made.cast(voter, votes[voter]).receipt.tracker)
    record_all(made, VOTERS)
    for voter in range(0, VOTERS, VOTERS // REVOTES):
        votes[voter] = plain_vote(voter, again=True)
        made.cast(voter, votes[voter], prev=trackers[voter])
    record_all(made, REVOTES)
    return votes


def record_all(made, count: int) -> None:
    """Let the sweep record the ballots that wait, batch after batch."""
    assert sum(iter(made.record, 0)) == count


def challenge(made, voter: int) -> None:
    """Open a ballot; from then on not even its voter can cast it."""
    ballot = made.ballot(voter, plain_vote(voter))
    alphas = decode_ballot(ballot, election=made.description).alphas
    challenge_ballot(
        election=made.election,
        tracker=hash_of_b64(b64_digest(ballot)),
        alphas=[bytes.fromhex(alpha) for alpha in alphas],
        received_at=made.election.opens_at,
    )
    with pytest.raises(BallotRejected):
        cast_ballot(
            election=made.election,
            submission=made.submission(voter, ballot),
            doorkeeper=None,
            received_at=made.election.opens_at,
        )


def forge_a_proof(made) -> None:
    """A trustee hands in factors of another key: refused and named, and anybody can see it."""
    honest = made.secret_keys[FORGED_PROOF - 1]
    made.secret_keys[FORGED_PROOF - 1] = made.secret_keys[0]
    forged = made.decryption(FORGED_PROOF)
    with pytest.raises(DecryptionRefused, match=f"trustee {FORGED_PROOF} ") as refusal:
        accept_partial_decryption(
            election=made.election,
            owner=FORGED_PROOF,
            data=forged,
            proofs=made.strong_proofs(FORGED_PROOF),
        )
    assert refusal.value.code == "bad_proof"
    made.secret_keys[FORGED_PROOF - 1] = honest
    description = made.description
    slots = decode_trustees(bytes(made.election.archived_trustees)).slots
    with pytest.raises(InvalidProof):
        verify_partial_decryption(
            data=forged,
            election=description,
            trustee=slots[FORGED_PROOF - 1],
            tally=made.present_tally(),
        )


def decrypt_without_the_lost_key(made) -> None:
    """Three of the others suffice."""
    made.decrypt(*(owner for owner in range(1, 6) if owner not in (FORGED_PROOF, LOST_KEY)))


def check_as_an_observer(record: bytes, companion: bytes, *, votes, folder) -> None:
    """Both verifiers accept both files, and the totals are those of the known votes."""
    report = verify_record(record, companion=companion, progress=lambda *_: None)
    assert [str(problem) for step in report.steps for problem in step.problems] == []
    assert report.verdict == Verdict.COMPLETE
    assert report.profile == 1
    assert report.sized_tally.num_tallied == VOTERS
    counted, ranked = report.result.answers
    assert list(counted) == [sum(vote[0][index] for vote in votes) for index in range(3)]
    assert Counter(map(tuple, ranked)) == Counter(tuple(vote[1]) for vote in votes)
    path = folder / "record.jsonl"
    path.write_text(Mutant(name="", record=record, companion=companion).to_json() + "\n")
    node = str(node_folder() / "node")
    program = ROOT / "build" / "tests" / "mutants.mjs"
    if not program.exists():
        subprocess.run([node, "build.mjs", "--tests"], cwd=ROOT, check=True)
    second = subprocess.run([node, str(program), str(path)], capture_output=True, check=True)
    assert second.stdout == b"complete\n"
