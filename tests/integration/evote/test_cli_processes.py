"""`evote verify` with the work shared by processes: the same report as alone."""

import pytest

from evote.cli import verification
from evote.cli.verification import Rechecker
from evote.election import Question
from evote.record import pieces
from evote.verify import Verdict
from tests.factories.profile import make_profile_world, write_files

QUESTION = Question(text="Yes?", answers=("Yes", "No"), minimum=0, maximum=1, has_blank=False)
WORLD = make_profile_world(questions=[QUESTION], voters=6, trustees=1)
VOTES = [(voter, WORLD.ballot(voter, [[1, 0]])) for voter in (*range(6), 0, 3)]
WHOLE = write_files(WORLD, VOTES)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "SMALLEST_PIECE", 2)
    monkeypatch.setattr(pieces, "LARGEST_PIECE", 2)
    (tmp_path / "e.pnyx.json").write_bytes(WHOLE.companion)
    return tmp_path / "e.bel"


def report(data, *, place, workers, monkeypatch, **options):
    with monkeypatch.context() as patch:
        patch.setattr(verification, "_POOL_FROM_BYTES", 0)
        patch.setattr(verification, "worker_count", lambda: workers)
        return Rechecker(**options).verify(data, source=str(place))


@pytest.mark.parametrize("options", [{}, {"is_growing": True}])
def test_processes_find_what_one_alone_finds(place, monkeypatch, options):
    shared = report(WHOLE.record, place=place, workers=2, monkeypatch=monkeypatch, **options)
    assert shared.verdict == Verdict.COMPLETE
    assert shared == report(WHOLE.record, place=place, workers=1, monkeypatch=monkeypatch)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a22_processes_refuse_a_spoilt_record_in_the_same_words(place, monkeypatch, share):
    cut = int(len(WHOLE.record) * share)
    spoilt = WHOLE.record[:cut] + bytes([WHOLE.record[cut] ^ 1]) + WHOLE.record[cut + 1 :]
    shared = report(spoilt, place=place, workers=2, monkeypatch=monkeypatch)
    assert shared.verdict == Verdict.INVALID
    assert shared == report(spoilt, place=place, workers=1, monkeypatch=monkeypatch)
