import hashlib
import secrets

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit.models import LogEntry
from tests.factories.voting import TREES, make_election
from voting.models import Ballot, RecordEvent
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.selectors.record import record_bytes
from voting.services.recording import Link, order_batch, record_waiting_ballots

YES, NO = [1, 0], [0, 1]


def chain(credential, length):
    links, prev = [], NO_PREVIOUS_BALLOT
    for number in range(length):
        tracker = hashlib.sha256(f"{credential}{number}".encode()).digest()
        links.append(Link(tracker=tracker, credential=credential, prev=prev))
        prev = tracker
    return links


@hypothesis_settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 4), min_size=1, max_size=8), key=st.binary(min_size=32))
def test_a_batch_keeps_every_credentials_own_order(lengths, key):
    chains = [chain(f"credential {number}", length) for number, length in enumerate(lengths)]
    links = [link for one in chains for link in one]

    ordered = order_batch(links=links, key=key)

    assert sorted(link.tracker for link in ordered) == sorted(link.tracker for link in links)
    for one in chains:
        assert [link for link in ordered if link.credential == one[0].credential] == one


def test_the_order_depends_on_the_key_and_not_on_arrival():
    links = [chain(f"credential {number}", 1)[0] for number in range(30)]
    key = secrets.token_bytes(32)

    assert order_batch(links=links, key=key) == order_batch(links=links[::-1], key=key)
    assert order_batch(links=links, key=key) != order_batch(
        links=links, key=secrets.token_bytes(32)
    )


def test_a52_the_record_does_not_keep_the_order_in_which_ballots_came(db):
    made = make_election(questions=[TREES], voters=24, trustees=1)
    came = [made.cast(voter, [YES]).receipt.tracker for voter in range(24)]

    made.record()

    recorded = [
        bytes(payload)
        for payload in RecordEvent.objects.filter(type="Ballot")
        .order_by("height")
        .values_list("payload", flat=True)
    ]
    assert sorted(recorded) == sorted(came)
    assert recorded != came


def test_heights_and_batches_are_without_gaps(db):
    made = make_election(questions=[TREES], voters=5, trustees=1)
    for voter in (0, 1):
        made.cast(voter, [YES])
    made.record()
    for voter in (2, 3, 4):
        made.cast(voter, [NO])
    made.record()

    assert made.record() == 0
    assert list(Ballot.objects.order_by("height").values_list("height", "batch")) == [
        (1, 1), (2, 1), (3, 2), (4, 2), (5, 2),
    ]  # fmt: skip


def test_large_queues_are_recorded_in_parts(db, monkeypatch):
    monkeypatch.setattr("voting.services.recording.BALLOTS_PER_TRANSACTION", 2)
    made = make_election(questions=[TREES], voters=3, trustees=1)
    first = made.cast(0, [YES]).receipt.tracker
    made.cast(0, [NO], prev=first)
    made.cast(1, [YES])
    made.cast(2, [YES])
    sizes = [record_waiting_ballots(election=made.election) for _ in range(3)]

    assert sizes == [2, 2, 0]
    mine = Ballot.objects.filter(credential=made.public(0)).order_by("height")
    assert [bytes(ballot.prev) for ballot in mine] == [NO_PREVIOUS_BALLOT, first]


def test_a_batch_that_dies_leaves_neither_a_place_nor_an_entry(db, monkeypatch):
    made = make_election(questions=[TREES], voters=2, trustees=1)
    made.cast(0, [YES])
    made.cast(1, [NO])
    before = record_bytes(election=made.election)
    entries = LogEntry.objects.count()

    class Killed(BaseException):
        pass

    def die(*_args, **_fields):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("voting.services.recording.add_rows", die)
        with pytest.raises(Killed):
            record_waiting_ballots(election=made.election)

    assert record_bytes(election=made.election) == before
    assert Ballot.objects.filter(height__isnull=True).count() == 2
    assert made.record() == 2
    assert LogEntry.objects.count() == entries + 2


def test_a_fixed_key_gives_the_same_order_however_the_work_was_cut(db, settings, monkeypatch):
    settings.BALLOT_ORDER_KEY = "ab" * 32
    monkeypatch.setattr("voting.services.recording.BALLOTS_PER_TRANSACTION", 3)
    made = make_election(questions=[TREES], voters=7, trustees=1)
    trackers = [made.cast(voter, [YES]).receipt.tracker for voter in range(7)]
    links = [
        Link(tracker=tracker, credential=str(number), prev=NO_PREVIOUS_BALLOT)
        for number, tracker in enumerate(trackers)
    ]
    while made.record():
        pass

    recorded = [
        bytes(payload)
        for payload in RecordEvent.objects.filter(type="Ballot")
        .order_by("height")
        .values_list("payload", flat=True)
    ]
    expected = order_batch(links=links, key=bytes.fromhex("ab" * 32))
    assert recorded == [link.tracker for link in expected]
