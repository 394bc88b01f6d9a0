"""Witnesses that are away, behind or ahead."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from audit.models import WitnessHealth
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
from audit.services.cosigning import cosign
from audit.services.sequencing import sequence
from evote.errors import InvalidProof
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.policy import verify_under_policy
from evote.tlog.receipt import decode_receipt
from evote.tlog.tiles import BundleAddress, TileAddress
from evote.tlog.witness import AddCheckpoint
from tests.factories.growth import TODAY, grow, published_file, published_size
from tests.factories.witnesses import Reply, silent

NOW = datetime.now(tz=UTC)
LATER = NOW + timedelta(minutes=5)


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
