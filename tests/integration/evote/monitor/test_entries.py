import json

import pytest

from evote.encoding import canonical_json
from evote.tlog.note import SigningKey
from evote.tlog.rotation import KIND, sign_rotation
from evote.tlog.succession import Closing, Reason, Tree, sign_closing
from tests.factories.logs import ORIGIN, event
from tests.integration.evote.monitor.evidence import kept

OTHER_ELECTION = "zzzzzzzzzzzzzz"


def outcome(**members):
    entry = {
        "kind": "election-outcome",
        "election": OTHER_ELECTION,
        "fingerprint": "53KNlIhNVc/QsIVMKYREKvJsWfjn6oyi5NZ922v7qNo",
        "outcome": "below-minimum",
    }
    return canonical_json(entry | members)


def closing(log, *, size=None, root=None):
    """Make the entry by which this log says that it keeps entries of a log that was closed."""
    old = SigningKey(name="old.example.org/log", seed=b"0" * 32)
    said = Closing(
        old=old.verifier,
        final=Tree(size=400, root=b"f" * 32),
        new=log.key.verifier,
        kept=Tree(size=log.size if size is None else size, root=root or log.root()),
        reason=Reason.BEHIND,
        explanation=b"e" * 32,
        at="2026-11-21T09:00:00Z",
    )
    return canonical_json(
        {"kind": "log-succession", **sign_closing(said, old=old, new=log.key).body()}
    )


class TestEntries:
    @pytest.mark.parametrize(
        ("entries", "complaint"),
        [
            ([b"no JSON"], "not JSON"),
            ([b'{"kind": "booth"}'], "canonical"),
            ([b"\xff\xfe"], "not JSON"),
            ([canonical_json({"kind": "booth", "name": "a"})], "'sha256' is missing"),
            ([event(300, voter="Ada")], "'voter' is unknown"),
            ([event(300, election="short")], "not of the form"),
            ([event(0, type="Setup")], "height 0; the next of its election is 300"),
            ([event(0, election=OTHER_ELECTION)], "cannot stand at the beginning"),
            ([event(300, type="Result")], "Result cannot stand after Ballot"),
            ([outcome(), outcome(note="0" * 64)], "outcome already"),
        ],
    )
    def test_one_that_may_not_stand_there_is_proven(self, watch, judge, log, entries, complaint):
        assert watch()[0] == 0
        log.grow(*entries, event(300))
        status, output, _ = watch(patience=1000)
        assert status == 1
        assert complaint in output
        status, output, _ = judge("entry")
        assert status == 0
        assert "PROVEN" in output

    def test_a_new_log_that_keeps_what_its_closing_says_is_followed(self, watch, log):
        log.grow(closing(log), event(300))
        status, output, _ = watch()
        assert status == 0
        assert "302 entries, all checked" in output

    @pytest.mark.parametrize(
        ("size", "of", "complaint"),
        [
            (299, 299, "the log keeps 299 entries, and 300 stand before it"),
            (301, 300, "the log keeps 301 entries, and 300 stand before it"),
            (300, 299, "the 300 entries before it are not those that it says the log keeps"),
            (0, 0, "the log keeps 0 entries, and 300 stand before it"),
        ],
    )
    def test_a_new_log_that_keeps_something_else_is_proven(
        self, watch, judge, log, size, of, complaint
    ):
        log.grow(closing(log, size=size, root=log.root(of)), event(300))
        status, output, _ = watch()
        assert status == 1
        assert complaint in output
        log.grow(*(event(height) for height in range(301, 350)))
        status, output, _ = judge("entry")
        assert status == 0
        assert "PROVEN" in output
        assert complaint in output

    def test_a_gap_is_the_observers_word(self, watch, judge, log):
        log.grow(event(301))
        status, output, _ = watch()
        assert status == 1
        assert "height 301; the next of its election is 300" in output
        status, output, _ = judge("entry")
        assert status == 3
        assert "any copy of the log shows" in output

    def test_a_gap_is_proven_by_a_copy_of_the_log(self, watch, judge, log, tmp_path):
        log.grow(event(301), event(300))
        watch()
        log.grow(event(302))  # a copy that has gone on meanwhile will do
        status, output, _ = judge("entry", "--copy", log.folder)
        assert status == 0
        assert "PROVEN" in output
        short = log.fork(tmp_path / "short", size=300)
        short.publish()
        other = log.fork(tmp_path / "other", size=10, entries=log.entries)
        other.publish()
        for copy in (short.folder, other.folder):
            status, output, _ = judge("entry", "--copy", copy)
            assert status == 1
            assert "NOT SHOWN" in output

    def test_the_evidence_of_an_entry_is_an_ordinary_receipt(self, watch, run, log):
        log.grow(b"no JSON")
        watch()
        receipt = kept("entry") / "entry-300.tlog-proof"
        assert run("receipt", "check", receipt, "--key", log.vkey)[0] == 0

    def test_an_unknown_kind_ends_the_watch_and_accuses_nobody(self, watch, judge, log):
        log.grow(canonical_json({"kind": "lottery"}))
        status, output, _ = watch(patience=1000)
        assert status == 1
        assert "kind 'lottery'; update evote" in output
        assert judge("entry")[0] == 3

    def test_an_election_that_begins_in_the_middle_is_proven_by_a_copy(self, watch, judge, log):
        log.grow(event(5, election=OTHER_ELECTION))
        assert watch()[0] == 1
        assert judge("entry")[0] == 3
        assert judge("entry", "--copy", log.folder)[0] == 0

    def test_a_kind_that_the_observer_knows_is_accepted(self, watch, log, tmp_path):
        schema = {"type": "object", "properties": {"kind": {"const": "lottery"}}}
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "lottery.json").write_text(json.dumps(schema))
        log.grow(canonical_json({"kind": "lottery"}))
        assert watch("--schemas", tmp_path / "more")[0] == 0

    def test_a_finding_is_found_again_after_a_restart(self, watch, log):
        log.grow(event(0, type="Setup"))
        assert [watch()[0] for _ in range(2)] == [1, 1]

    def test_elections_may_overlap(self, watch, log):
        log.grow(
            event(0, type="Setup", election=OTHER_ELECTION),
            event(300),
            event(1, election=OTHER_ELECTION),
            event(301, type="EndBallots"),
            outcome(),
        )
        assert watch()[0] == 0


class TestKeys:
    @pytest.fixture
    def new(self):
        return SigningKey(name=ORIGIN, seed=b"\2" * 32)

    def change(self, old, new):
        return canonical_json({"kind": KIND, **sign_rotation(old=old, new=new).body()})

    @pytest.mark.parametrize("has_seen_the_old", [True, False])
    @pytest.mark.parametrize("is_given_the_new", [True, False])
    def test_a_change_of_keys_is_followed(
        self, watch, log, new, has_seen_the_old, is_given_the_new
    ):
        if has_seen_the_old:
            assert watch()[0] == 0
            is_given_the_new = False
        log.grow(self.change(log.key, new))  # still signed by the old key
        if has_seen_the_old:
            status, output, _ = watch()
            assert status == 0
            assert f"the log changed its key, now {new.verifier.encode()}" in output
        old_key, log.key = log.vkey, new
        log.grow(event(300))
        assert watch(key=log.vkey if is_given_the_new else old_key)[0] == 0
        log.grow(event(301))
        assert watch(key=log.vkey if is_given_the_new else old_key)[0] == 0

    def test_the_last_checkpoint_of_the_old_key_may_be_shown_again(self, watch, log, new):
        log.grow(self.change(log.key, new))
        assert [watch()[0] for _ in range(2)] == [0, 0]

    def test_the_old_key_signs_nothing_more(self, watch, judge, log, new):
        log.grow(self.change(log.key, new))
        assert watch()[0] == 0
        log.grow(event(300))
        assert watch()[0] == 1
        kept("unsigned")

    def test_a_key_that_the_old_one_did_not_sign_is_not_believed(self, watch, log, new):
        old = log.key
        stranger = SigningKey(name=ORIGIN, seed=b"\3" * 32)
        log.append(self.change(stranger, new))
        log.key = new
        log.publish()
        assert watch(key=old.verifier.encode())[0] == 1
        kept("unsigned")

    def test_a_change_that_does_not_lead_to_the_given_key_is_said(self, watch, log, new):
        stranger = SigningKey(name=ORIGIN, seed=b"\3" * 32)
        log.grow(self.change(stranger, new))
        status, output, _ = watch()
        assert status == 1
        assert "no change leads to the key that was given" in output
