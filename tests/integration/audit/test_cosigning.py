from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from audit.models import Checkpoint, Cosignature, Publication, WitnessHealth
from audit.selectors import (
    Standing,
    latest_checkpoint,
    proof_of,
    signed_checkpoint,
    witnesses,
)
from audit.selectors.entries import entry_at
from audit.selectors.key import signing_key
from audit.selectors.policy import PolicyUnusable
from audit.selectors.tree import stored_tree
from audit.services import cosigning, publishing
from audit.services.cosigning import cosign
from audit.services.sequencing import sequence
from audit.tasks import cosign as sweep
from evote.tlog.checkpoint import sign_checkpoint
from evote.tlog.cosignature import Algorithm
from evote.tlog.note import decode_note
from evote.tlog.policy import verify_under_policy
from evote.tlog.witness import AddCheckpoint
from tests.factories.audit import append_ballots
from tests.factories.growth import TODAY, grow, published_file, published_size
from tests.factories.threads import at_once
from tests.factories.witnesses import HonestScript, loopback, policy_of, silent, witness_key

NOW = datetime.now(tz=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.mark.django_db
class TestCosign:
    def test_publishes_a_checkpoint_that_the_quorum_has_cosigned(self, three):
        grow(3)
        assert published_file() is None

        assert cosign(now=NOW) == 3

        cosigned = verify_under_policy(published_file(), three.policy)
        assert cosigned.checkpoint.size == 3
        assert {line.name for line in cosigned.cosignatures} == {"council", "court", "league"}
        assert decode_note(published_file()).signatures[0].key_id == three.log.key_id
        assert latest_checkpoint().head_id == 3

    def test_is_what_the_sweep_does(self, three):
        grow()

        assert sweep() == 3

        assert published_size() == 1

    def test_proves_to_each_witness_that_the_log_only_grew(self, three):
        for number in (3, 300, 1):
            grow(number)
            cosign(now=NOW)

        for witness in three.witnesses:
            assert witness.script.statuses == [200, 200, 200]
            assert witness.script.recorded.size == 304
        assert Publication.objects.count() == 3

    def test_asks_nobody_again_for_what_is_cosigned(self, three):
        grow()
        cosign(now=NOW)
        mtime = (settings.DATA_DIR / "log" / "checkpoint").stat().st_mtime_ns

        assert cosign(now=NOW + timedelta(seconds=1)) == 0

        assert [len(witness.server.requests) for witness in three.witnesses] == [1, 1, 1]
        assert (settings.DATA_DIR / "log" / "checkpoint").stat().st_mtime_ns == mtime

    def test_refreshes_an_unchanged_checkpoint_after_ten_minutes(self, three):
        grow()
        cosign(now=NOW)
        for witness in three.witnesses:
            witness.script.clock = lambda: int(NOW.timestamp()) + 600

        assert cosign(now=NOW + timedelta(minutes=9)) == 0
        assert cosign(now=NOW + timedelta(minutes=10)) == 3

        cosigned = verify_under_policy(published_file(), three.policy)
        assert [line.cosigned_at for line in cosigned.cosignatures] == [
            int(NOW.timestamp()) + 600
        ] * 3
        assert Cosignature.objects.count() == 6, "the older lines are kept"
        assert len(decode_note(published_file()).signatures) == 4

    def test_does_nothing_without_a_policy(self):
        grow()

        assert cosign(now=NOW) == 0

        assert published_size() == 1

    def test_does_nothing_while_the_log_is_empty(self, three):
        assert cosign(now=NOW) == 0

        assert published_file() is None

    def test_takes_several_keys_of_one_witness_from_one_answer(self, use_policy):
        log = signing_key().verifier
        old, new = witness_key("court"), witness_key("court-2", algorithm=Algorithm.ML_DSA_44)
        with loopback(HonestScript(keys=[old, new], log=log)) as server:
            policy = policy_of(
                log, [("old", old, server.url), ("new", new, server.url)], threshold=2
            )
            use_policy(policy)
            grow()

            assert cosign(now=NOW) == 2

            assert len(server.requests) == 1
        verify_under_policy(published_file(), policy)

    def test_ignores_lines_by_keys_that_the_policy_does_not_know(self, use_policy):
        log = signing_key().verifier
        key, stranger = witness_key("court"), witness_key("stranger")
        with loopback(HonestScript(keys=[stranger, key], log=log)) as server:
            use_policy(policy_of(log, [("court", key, server.url)], threshold=1))
            grow()

            assert cosign(now=NOW) == 1

        assert not WitnessHealth.objects.get().problem
        assert "stranger" not in published_file().decode()

    def test_a_policy_that_needs_nobody_publishes_at_once_and_asks_still(self, use_policy):
        log, key = signing_key().verifier, witness_key("court")
        with loopback(HonestScript(keys=[key], log=log)) as server:
            use_policy(policy_of(log, [("court", key, server.url)], threshold=None))
            grow()
            assert published_size() == 1
            assert len(decode_note(published_file()).signatures) == 1

            cosign(now=NOW)

            assert len(decode_note(published_file()).signatures) == 2
            sequence(today=TODAY)
            assert len(decode_note(published_file()).signatures) == 2

    @pytest.mark.parametrize("data", [b"", b"\xff\n", b"quorum none\n", b"log x\nquorum none\n"])
    def test_publishes_nothing_under_a_policy_that_cannot_be_used(self, use_policy, data):
        use_policy(data)
        grow()

        with pytest.raises(PolicyUnusable):
            cosign(now=NOW)

        assert published_file() is None
        assert signed_checkpoint().head_id == 1, "the log went on"
        assert witnesses() == []

    def test_publishes_nothing_under_the_policy_of_another_log(self, use_policy):
        other = witness_key("other")
        from evote.tlog.note import SigningKey

        log = SigningKey.generate(name="other.example/log").verifier
        use_policy(policy_of(log, [("w", other, None)], threshold=1))
        grow()

        with pytest.raises(PolicyUnusable, match="does not name the key of this log"):
            cosign(now=NOW)

        assert published_file() is None

    def test_a_policy_that_comes_later_is_met_by_the_checkpoint_at_hand(self, three, settings):
        policy, settings.LOG_POLICY_FILE = settings.LOG_POLICY_FILE, ""
        grow()
        assert published_size() == 1
        settings.LOG_POLICY_FILE = policy
        assert not proof_of(entry_at(0)).is_cosigned

        cosign(now=NOW)

        assert proof_of(entry_at(0)).is_cosigned
        verify_under_policy(published_file(), three.policy)


@pytest.mark.django_db
class TestFork:
    def test_a43_a_witness_that_saw_another_history_refuses(self, three):
        grow(4)
        forked = sign_checkpoint(size=3, root=bytes(32), key=signing_key())
        for witness in three.witnesses[:2]:
            request = AddCheckpoint(old_size=0, proof=(), checkpoint=forked)
            assert witness.script(request.encode()).status == 200

        cosign(now=NOW)

        assert published_file() is None
        assert [state.state for state in witnesses()] == [
            Standing.REFUSES,
            Standing.REFUSES,
            Standing.CURRENT,
        ]
        assert three.witnesses[0].script.statuses == [200, 409, 422]

    def test_a84_a_published_checkpoint_gives_way_to_no_shorter_one(self, three):
        grow(4)
        longer = sign_checkpoint(size=9, root=bytes(32), key=signing_key())
        publishing.publish_checkpoint(longer)

        assert cosign(now=NOW) == 0

        assert published_file() == longer
        assert three.witnesses[0].server.requests == []

    def test_a84_not_even_when_it_was_published_while_witnesses_were_asked(self, three):
        grow(4)
        longer = sign_checkpoint(size=9, root=bytes(32), key=signing_key())
        honest = three.witnesses[2].script

        def meanwhile(body):
            publishing.publish_checkpoint(longer)
            return honest(body)

        three.witnesses[2].server.script = meanwhile
        three.witnesses[1].server.script = silent

        cosign(now=NOW)

        assert published_file() == longer
        assert not Publication.objects.exists()


class Crash(Exception):
    pass


@pytest.mark.django_db
class TestAfterACrash:
    def crash(self, *args, **kwargs):
        raise Crash

    @pytest.mark.parametrize(
        ("module", "step"),
        [
            (cosigning, "_ask_witnesses"),
            (cosigning, "_outcome"),
            (cosigning, "_note_health"),
            (cosigning, "_publish"),
            (publishing, "publish"),
            (publishing, "publish_checkpoint"),
            (publishing, "remove_superseded"),
        ],
    )
    def test_before_any_step_the_next_run_finishes(self, three, module, step, monkeypatch):
        grow(3)
        with monkeypatch.context() as patch:
            patch.setattr(module, step, self.crash)
            with pytest.raises(Crash):
                cosign(now=NOW)
        for witness in three.witnesses:  # what a witness was sent it may have cosigned
            assert witness.script.statuses in ([], [200])

        cosign(now=NOW + timedelta(seconds=1))

        assert published_size() == 3
        verify_under_policy(published_file(), three.policy)
        grow(1)
        cosign(now=NOW + timedelta(seconds=2))
        assert published_size() == 4

    def test_a_cosignature_that_comes_twice_is_kept_once(self, three):
        for witness in three.witnesses:
            witness.script.clock = lambda: int(NOW.timestamp())
        grow()
        cosign(now=NOW)
        cosign(now=NOW + timedelta(minutes=10))

        assert Cosignature.objects.count() == 3


@pytest.mark.django_db(transaction=True)
class TestSeveralAtOnce:
    def test_the_second_sweep_leaves_the_first_alone(self, three):
        grow()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [cosigning.COSIGNER_LOCK])
            at_once(lambda: cosign(now=NOW))
            cursor.execute("SELECT pg_advisory_unlock(%s)", [cosigning.COSIGNER_LOCK])

        assert three.witnesses[0].server.requests == []

    def test_sequencers_and_cosigners_make_one_log(self, three):
        def sequence_often():
            for _ in range(10):
                append_ballots(3)
                sequence(today=TODAY)

        def cosign_often():
            for _ in range(10):
                cosign(now=NOW)

        at_once(sequence_often, sequence_often, cosign_often, cosign_often, cosign_often)
        sequence(today=TODAY)
        cosign(now=NOW)

        assert published_size() == 60
        for witness in three.witnesses:
            assert set(witness.script.statuses) == {200}
        for checkpoint in Checkpoint.objects.select_related("head"):
            assert stored_tree(checkpoint.head_id).root() == bytes(checkpoint.head.root)
