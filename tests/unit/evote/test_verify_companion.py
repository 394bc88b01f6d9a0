"""What the second file proves to the verifier (PROTOCOL, part 2), and every way to break it."""

import json
from dataclasses import replace

import pytest

from evote.election import RankedQuestion
from evote.proofs.statements import NO_PREVIOUS_TRACKER
from evote.record import decode_companion, encode_companion
from evote.verify import StepStatus, Verdict, verify_record
from tests.factories.companion import make_casts
from tests.factories.evote import ONE_OF_TWO, make_world, write_complete_record
from tests.factories.profile import Files, changed, make_profile_world, write_files

RANKED = RankedQuestion(text="In which order?", answers=("A", "B", "C"), extra=None)
COMPANION, CEREMONY, CASTS, SHUFFLES, STRONG = 12, 13, 14, 15, 16

WORLD = make_profile_world(
    questions=[ONE_OF_TWO, RANKED], voters=2, trustees=1, thresholds=[(2, 3)]
)
VOTES = [
    (voter, WORLD.ballot(voter, [bits, ranks]))
    for voter, bits, ranks in (
        (0, [0, 1], [1, 2, 3]),
        (1, [1, 0], [3, 1, 0]),
        (0, [1, 0], [2, 2, 1]),
    )
]
WHOLE = write_files(WORLD, VOTES, owners={1, 2, 4})


def verify(files: Files, *, companion: bytes | None = b""):
    return verify_record(
        files.record,
        companion=files.companion if companion == b"" else companion,
        progress=lambda *_: None,
    )


def failed(report):
    return {step.number for step in report.steps if step.status == StepStatus.FAILED}


def problems(report):
    return "; ".join(str(problem) for step in report.steps for problem in step.problems)


class TestVerdicts:
    def test_a_whole_election_of_profile_1_is_valid_and_complete(self):
        report = verify(WHOLE)
        assert problems(report) == ""
        assert report.verdict == Verdict.COMPLETE
        assert report.profile == 1
        assert {step.status for step in report.steps} == {StepStatus.PASSED}

    @pytest.mark.parametrize("until", ["Setup", "Ballot", "EncryptedTally", "PartialDecryption"])
    def test_one_that_is_not_finished_is_valid_so_far(self, until):
        report = verify(write_files(WORLD, VOTES, owners={1, 2, 4}, until=until))
        assert problems(report) == ""
        assert report.verdict == Verdict.UNFINISHED

    def test_of_an_election_without_it_nothing_is_asked(self):
        world = make_world(voters=1)
        report = verify_record(write_complete_record(world, []).data(), progress=lambda *_: None)
        assert report.verdict == Verdict.COMPLETE
        assert report.profile == 0
        statuses = {step.status for step in report.steps if step.number >= COMPANION}
        assert statuses == {StepStatus.NOT_ASKED_FOR}

    def test_nobody_can_leave_the_second_file_out(self):
        report = verify(WHOLE, companion=None)
        assert report.verdict == Verdict.INVALID
        assert failed(report) == {COMPANION}
        assert f"{WORLD.election.uuid}.pnyx.json, which is missing" in problems(report)

    @pytest.mark.parametrize("companion", [b"{}", b"[]", b"null", b"\xff", b'{"version":1}'])
    def test_what_is_no_second_file_is_refused(self, companion):
        report = verify(WHOLE, companion=companion)
        assert failed(report) == {COMPANION}

    def test_the_second_file_of_another_election_is_refused(self):
        other = make_profile_world(questions=[ONE_OF_TWO], voters=1)
        files = write_files(other, [(0, other.ballot(0, [[0, 1]]))])
        report = verify(WHOLE, companion=files.companion)
        assert failed(report) == {COMPANION}
        assert other.election.uuid in problems(report)

    @pytest.mark.parametrize("name", ["casts", "shuffles", "decryptions"])
    @pytest.mark.parametrize("change", ["one less", "one more", "none"])
    def test_each_event_has_exactly_one_element(self, name, change):
        items = json.loads(WHOLE.companion)[name]
        spoilt = {"one less": items[:-1], "one more": [*items, items[0]], "none": []}[change]
        report = verify(WHOLE, companion=changed(WHOLE.companion, name, to=spoilt))
        assert failed(report) == {COMPANION}
        assert f"companion, {name}" in problems(report)


class TestMinimum:
    def test_with_too_few_ballots_nothing_is_decrypted_and_the_report_says_why(self):
        world = make_profile_world(questions=[ONE_OF_TWO], voters=2, minimum_ballots=3)
        votes = [(voter, world.ballot(voter, [[0, 1]])) for voter in range(2)]
        report = verify(write_files(world, votes, until="EncryptedTally"))
        assert report.verdict == Verdict.UNFINISHED
        waiting = next(step for step in report.steps if step.number == 9)
        assert waiting.comparisons == (
            "2 ballots were cast; with fewer than 3 nothing is decrypted",
        )

    def test_what_was_decrypted_all_the_same_is_refused(self):
        world = make_profile_world(questions=[ONE_OF_TWO], voters=2, minimum_ballots=3)
        votes = [(voter, world.ballot(voter, [[0, 1]])) for voter in range(2)]
        report = verify(write_files(world, votes))
        assert failed(report) == {9}
        assert "nothing may be with fewer than 3" in problems(report)

    def test_fewer_shuffles_than_asked_for_are_refused(self):
        report = verify(write_files(WORLD, VOTES, shufflers=(2,)))
        assert failed(report) == {SHUFFLES}
        assert "1 shuffles, but the election asks for 2" in problems(report)


class TestCeremony:
    @pytest.mark.parametrize(
        "path",
        [
            ("ceremony", "transcript"),
            ("ceremony", "commits", 0, 1),
            ("ceremony", "signatures", 0, "challenge"),
            ("ceremony", "signatures", 3, "response"),
        ],
    )
    def test_every_value_counts(self, path):
        value = json.loads(WHOLE.companion)
        for step in path:
            value = value[step]
        other = ("1" if value[0] != "1" else "2") + value[1:]
        report = verify(WHOLE, companion=changed(WHOLE.companion, *path, to=other))
        assert failed(report) & {COMPANION, CEREMONY}

    def test_a_member_who_revealed_something_else_is_named(self):
        commits = json.loads(WHOLE.companion)["ceremony"]["commits"]
        commits[0][2] = "0" * 64
        report = verify(
            WHOLE, companion=changed(WHOLE.companion, "ceremony", "commits", to=commits)
        )
        assert failed(report) == {CEREMONY}
        assert "member 3" in problems(report)

    def test_a_trustee_whose_signature_is_another_one_is_named(self):
        signatures = json.loads(WHOLE.companion)["ceremony"]["signatures"]
        signatures[1] = signatures[2]
        report = verify(
            WHOLE, companion=changed(WHOLE.companion, "ceremony", "signatures", to=signatures)
        )
        assert failed(report) == {CEREMONY}
        assert "trustee 2" in problems(report)


class TestCasts:
    def with_casts(self, casts):
        companion = decode_companion(WHOLE.companion, election=WORLD.election)
        return verify(WHOLE, companion=encode_companion(replace(companion, casts=tuple(casts))))

    def casts(self):
        return list(decode_companion(WHOLE.companion, election=WORLD.election).casts)

    def test_a_statement_about_another_ballot_is_refused(self):
        casts = self.casts()
        casts[0], casts[1] = casts[1], casts[0]
        report = self.with_casts(casts)
        assert failed(report) == {CASTS}
        assert "casts[0], event 1: it is about another ballot" in problems(report)

    def test_a_fork_is_refused_even_if_its_credential_signed_it(self):
        casts = self.casts()
        (fork,) = make_casts(WORLD, [VOTES[2]])  # as if there had been no ballot before
        assert fork.prev == NO_PREVIOUS_TRACKER
        report = self.with_casts([*casts[:2], fork])
        assert failed(report) == {CASTS}
        assert "casts[2], event 3: it does not follow" in problems(report)

    def test_a_ballot_that_was_held_back_cannot_be_let_through_later(self):
        # The server drops the first ballot: what follows it says that it was there.
        report = verify(write_files(WORLD, VOTES[1:]), companion=None)
        held_back = write_files(WORLD, VOTES[1:])
        companion = decode_companion(held_back.companion, election=WORLD.election)
        casts = (companion.casts[0], self.casts()[2])
        report = verify(held_back, companion=encode_companion(replace(companion, casts=casts)))
        assert failed(report) == {CASTS}

    def test_somebody_elses_signature_is_refused(self):
        casts = self.casts()
        casts[1] = replace(casts[1], proof=casts[0].proof)
        report = self.with_casts(casts)
        assert failed(report) == {CASTS}
        assert "casts[1], event 2: the cast statement is not by this credential" in problems(report)


class TestStatements:
    @pytest.mark.parametrize(
        ("name", "field", "value", "step"),
        [
            ("shuffles", "owner", 3, SHUFFLES),
            ("shuffles", "owner", 99, SHUFFLES),
            ("shuffles", "payload", "0" * 64, SHUFFLES),
            ("decryptions", "owner", 2, STRONG),
            ("decryptions", "payload", "0" * 64, STRONG),
        ],
    )
    def test_what_is_about_another_event_is_refused(self, name, field, value, step):
        report = verify(WHOLE, companion=changed(WHOLE.companion, name, 0, field, to=value))
        assert failed(report) == {step}
        assert "it is about another" in problems(report)

    def test_a_shuffle_signed_by_another_trustee_is_refused(self):
        proofs = [item["proof"] for item in json.loads(WHOLE.companion)["shuffles"]]
        report = verify(
            WHOLE, companion=changed(WHOLE.companion, "shuffles", 0, "proof", to=proofs[1])
        )
        assert failed(report) == {SHUFFLES}

    def test_every_strong_proof_counts_and_its_trustee_is_named(self):
        for path in ((0, 0), (0, 1), (1, 0), (1, 1)):
            proof = json.loads(WHOLE.companion)["decryptions"][1]["proofs"]
            for step in path:
                proof = proof[step]
            proof["response"] = str(int(proof["response"]) ^ 1)
            spoilt = changed(WHOLE.companion, "decryptions", 1, "proofs", *path, to=proof)
            report = verify(WHOLE, companion=spoilt)
            assert failed(report) == {STRONG}
            assert "decryptions[1], trustee 2" in problems(report)

    @pytest.mark.parametrize("proofs", [[], [[]], [[], []], {}])
    def test_strong_proofs_of_another_shape_are_refused(self, proofs):
        spoilt = changed(WHOLE.companion, "decryptions", 0, "proofs", to=proofs)
        assert failed(verify(WHOLE, companion=spoilt)) & {COMPANION, STRONG}
