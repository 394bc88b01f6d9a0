import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from audit.models import Checkpoint, Cosignature, Publication, WitnessHealth
from audit.selectors import (
    Standing,
    latest_checkpoint,
    log_state,
    proof_of,
    receipt_of,
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
from evote.errors import InvalidProof
from evote.tlog.checkpoint import sign_checkpoint, verify_checkpoint
from evote.tlog.cosignature import Algorithm
from evote.tlog.note import decode_note
from evote.tlog.policy import verify_under_policy
from evote.tlog.receipt import decode_receipt
from evote.tlog.tiles import BundleAddress, TileAddress
from evote.tlog.witness import AddCheckpoint
from tests.factories.audit import append_ballots
from tests.factories.witnesses import HonestScript, Reply, loopback, policy_of, witness_key

TODAY = date(2026, 11, 21)
NOW = datetime.now(tz=UTC)
LATER = NOW + timedelta(minutes=5)


def silent(body):
    return Reply(status=0)


def published_file():
    path = settings.DATA_DIR / "log" / "checkpoint"
    return path.read_bytes() if path.exists() else None


def published_size():
    note = published_file()
    return 0 if note is None else verify_checkpoint(note, key=signing_key().verifier).size


def grow(number=1):
    append_ballots(number)
    sequence(today=TODAY)


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
class TestMissingWitnesses:
    def test_d10_with_one_of_three_down_the_checkpoint_is_published(self, three):
        three.witnesses[1].server.stop()
        grow()

        assert cosign(now=NOW) == 2

        cosigned = verify_under_policy(published_file(), three.policy)
        assert {line.name for line in cosigned.cosignatures} == {"council", "league"}
        assert [state.state for state in witnesses()] == [
            Standing.CURRENT,
            Standing.SILENT,
            Standing.CURRENT,
        ]

    def test_d10_with_two_of_three_down_the_log_goes_on_and_receipts_are_provisional(self, three):
        for witness in three.witnesses[:2]:
            witness.server.script = silent
        grow(2)
        cosign(now=NOW)
        grow(3)
        cosign(now=NOW + timedelta(seconds=1))

        assert published_file() is None
        assert (log_state().signed_size, log_state().published_size) == (5, 0)
        assert latest_checkpoint() is None
        proof = proof_of(entry_at(4))
        assert not proof.is_cosigned
        assert proof.size == 5
        receipt = decode_receipt(receipt_of(index=4))
        assert verify_checkpoint(receipt.checkpoint, key=three.log).size == 5
        with pytest.raises(InvalidProof, match="quorum"):
            verify_under_policy(receipt.checkpoint, three.policy)

    def test_d10_when_they_are_back_the_newest_checkpoint_is_published(self, three):
        grow()
        cosign(now=NOW)
        for witness in three.witnesses[:2]:
            witness.server.script = silent
        grow(300)
        cosign(now=NOW + timedelta(seconds=1))
        assert published_size() == 1
        assert proof_of(entry_at(0)).size == 1, "a cosigned proof is better than a longer one"

        for witness in three.witnesses:
            witness.server.script = witness.script
        grow(5)
        cosign(now=LATER)

        assert published_size() == 306
        verify_under_policy(receipt_checkpoint(305), three.policy)
        assert three.witnesses[0].script.recorded.size == 306

    def test_a_witness_that_is_down_is_asked_less_and_less_often(self, three):
        down = three.witnesses[0]
        down.server.script = silent
        grow()
        for second in range(0, 300, 1):
            cosign(now=NOW + timedelta(seconds=second))

        assert 7 <= len(down.server.requests) <= 11
        assert len(three.witnesses[1].server.requests) == 1
        assert WitnessHealth.objects.get(url=down.server.url).failures >= 7

    def test_partial_tiles_of_published_sizes_stay_until_a_longer_one_is_published(self, three):
        grow(200)
        cosign(now=NOW)
        for witness in three.witnesses[:2]:
            witness.server.script = silent
        grow(100)
        cosign(now=NOW + timedelta(seconds=1))
        folder = settings.DATA_DIR / "log"
        partial = [TileAddress(level=0, index=0, width=200), BundleAddress(index=0, width=200)]
        assert all((folder / address.path).is_file() for address in partial)
        assert (folder / TileAddress(level=0, index=0).path).is_file()

        for witness in three.witnesses:
            witness.server.script = witness.script
        cosign(now=LATER)

        assert published_size() == 300
        assert not any((folder / address.path).exists() for address in partial)

    def test_a_lost_folder_is_written_anew_as_it_was(self, three):
        grow(200)
        cosign(now=NOW)
        for witness in three.witnesses[:2]:
            witness.server.script = silent
        grow(100)
        cosign(now=NOW + timedelta(seconds=1))
        folder = settings.DATA_DIR / "log"
        before = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        folder.rename(settings.DATA_DIR / "away")

        sequence(today=TODAY)
        cosign(now=NOW + timedelta(seconds=2))

        after = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        assert after.keys() | {folder.relative_to(folder) / "checkpoint"} == before.keys()


def receipt_checkpoint(index):
    return decode_receipt(receipt_of(index=index)).checkpoint


@pytest.mark.django_db
class TestOtherSizes:
    def test_a_witness_that_saw_more_than_we_remember_says_from_where(self, three):
        grow(3)
        cosign(now=NOW)
        WitnessHealth.objects.update(recorded_size=0)
        grow(2)

        assert cosign(now=NOW + timedelta(seconds=1)) == 3

        for witness in three.witnesses:
            assert witness.script.statuses == [200, 409, 200]

    def test_a_witness_set_back_is_led_from_where_it_stands(self, three):
        grow(3)
        cosign(now=NOW)
        old = three.witnesses[0].script.recorded
        grow(4)
        cosign(now=NOW)
        three.witnesses[0].script.recorded = old
        grow(1)

        assert cosign(now=NOW) == 3

        assert three.witnesses[0].script.statuses == [200, 200, 409, 200]

    def test_the_size_of_an_answer_is_followed_once(self, three):
        sizes = iter(range(1, 100))
        liar = three.witnesses[0]
        liar.server.script = lambda body: Reply(status=409, body=f"{next(sizes)}\n".encode())
        grow(5)

        cosign(now=NOW)

        assert [AddCheckpoint.decode(body).old_size for body in liar.server.requests] == [0, 1]
        health = WitnessHealth.objects.get(url=liar.server.url)
        assert health.problem == WitnessHealth.Problem.GARBLED
        assert published_size() == 5, "the other two suffice"

    def test_a84_a_witness_that_has_seen_a_longer_log_is_not_followed(self, three):
        ahead = three.witnesses[0]
        ahead.server.script = lambda body: Reply(status=409, body=b"9\n")
        grow(5)

        cosign(now=NOW)

        assert len(ahead.server.requests) == 1
        health = WitnessHealth.objects.get(url=ahead.server.url)
        assert (health.problem, health.claimed_size) == (WitnessHealth.Problem.AHEAD, 9)
        assert witnesses()[0].state is Standing.AHEAD
        assert signed_checkpoint().head_id == 5

    @pytest.mark.parametrize("body", [b"", b"x\n", b"3", b"-1\n", b"03\n", b"9" * 5000 + b"\n"])
    def test_a_conflict_without_a_size_is_no_size(self, three, body):
        three.witnesses[0].server.script = lambda _: Reply(status=409, body=body)
        grow(5)

        cosign(now=NOW)

        health = WitnessHealth.objects.get(url=three.witnesses[0].server.url)
        assert health.problem == WitnessHealth.Problem.GARBLED
        assert len(three.witnesses[0].server.requests) == 1


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
    def in_threads(self, *functions):
        errors = []

        def run(function):
            try:
                function()
            except Exception as error:  # noqa: BLE001
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=[function]) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return errors

    def test_the_second_sweep_leaves_the_first_alone(self, three):
        grow()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [cosigning.COSIGNER_LOCK])
            assert self.in_threads(lambda: cosign(now=NOW)) == []
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

        threads = [sequence_often, sequence_often, cosign_often, cosign_often, cosign_often]
        assert self.in_threads(*threads) == []
        sequence(today=TODAY)
        cosign(now=NOW)

        assert published_size() == 60
        for witness in three.witnesses:
            assert set(witness.script.statuses) == {200}
        for checkpoint in Checkpoint.objects.select_related("head"):
            assert stored_tree(checkpoint.head_id).root() == bytes(checkpoint.head.root)
