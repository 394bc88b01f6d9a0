"""Several ballots verified and stored together: one look-up, one transaction, one flush. Blind.

Only what is beyond doubt is settled here. Whatever is not exactly as it should be, a ballot that
is in the box already, a proof that fails, a race that was lost, is left to
`voting.services.casting`, which looks at each ballot by itself and finds the words.
"""

from collections.abc import Sequence
from functools import lru_cache

from django.db import transaction

from voting.models.ballot import Ballot
from voting.selectors.ballots import find_in_box
from voting.services.arrivals import Arrival, asks_for_account, verify_all
from voting.services.bounds import BALLOTS_PER_CREDENTIAL, count_attempts, pay_and_check
from voting.services.box import open_slots, put_in_box
from voting.services.gathering import Gathering

# More threads than this no process has; a bound all the same on how long one transaction is.
LARGEST_GATHERING = 64
# Many times what a turn takes. Whoever has waited for so long goes alone.
PATIENCE_SECONDS = 5
# About what the answers to a full turn take, and the reading of what comes next.
RUSH_SECONDS = 0.03
ELECTIONS_GATHERING = 64


def cast_together(arrival: Arrival) -> Ballot | None:
    """Store a ballot, together with those that other threads cast at this moment.

    Returns None where there is more to say than that it is stored now, or where it took too long
    and may yet be stored.
    """
    return gathering_of(arrival.election.pk).take_part(arrival)


@lru_cache(maxsize=ELECTIONS_GATHERING)
def gathering_of(_election: int) -> Gathering[Arrival, Ballot]:
    """Return where the ballots of one election gather: none waits for another election's.

    Should two threads be given different ones at some moment, they are as two processes.
    """
    return Gathering(
        cast_all,
        largest=LARGEST_GATHERING,
        patience_seconds=PATIENCE_SECONDS,
        rush_seconds=RUSH_SECONDS,
    )


def cast_all(arrivals: Sequence[Arrival]) -> list[Ballot | None]:
    """Store those of an election's ballots of which there is no more to say than that.

    Raises:
        DatabaseError, RedisError: trouble, or one of them lost a race. Nothing is stored.
    """
    if not asks_for_account(arrivals[0].description):
        _cast_in_one_election(arrivals)
    return [arrival.stored for arrival in arrivals]


def _cast_in_one_election(arrivals: Sequence[Arrival]) -> None:
    _count(arrivals)
    arrivals = [arrival for arrival in _without_doubles(arrivals) if arrival.counter is not None]
    arrivals = _verified(_news(arrivals))
    if not arrivals:
        return
    count_attempts(
        counters=[str(arrival.counter) for arrival in arrivals], now=arrivals[0].received_at
    )
    for arrival in arrivals:
        arrival.is_counted = True
    _store(arrivals)


def _count(arrivals: Sequence[Arrival]) -> None:
    """Count everybody's toll; give those who may go on the counters of their attempts."""
    numbers, counters = pay_and_check(
        tolls=[arrival.toll for arrival in arrivals],
        uuid=arrivals[0].description.uuid,
        credentials=[arrival.ballot.credential for arrival in arrivals],
        now=arrivals[0].received_at,
    )
    for arrival, number, counter in zip(arrivals, numbers, counters, strict=True):
        arrival.toll_number = number
        arrival.counter = None if arrival.comes_too_often else counter


def _without_doubles(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Return one ballot of each credential, and none with an α of another."""
    credentials: set[str] = set()
    alphas: set[bytes] = set()
    kept = []
    for arrival in arrivals:
        if arrival.ballot.credential in credentials or not alphas.isdisjoint(arrival.alphas):
            continue
        credentials.add(arrival.ballot.credential)
        alphas.update(arrival.alphas)
        kept.append(arrival)
    return kept


def _news(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Return the ballots of listed credentials of which nothing was seen before."""
    if not arrivals:
        return []
    known = find_in_box(
        election=arrivals[0].election,
        trackers=[arrival.tracker for arrival in arrivals],
        credentials=[arrival.ballot.credential for arrival in arrivals],
        alphas=[alpha for arrival in arrivals for alpha in arrival.alphas],
    )
    return [
        arrival
        for arrival in arrivals
        if arrival.tracker not in known.in_box
        and arrival.tracker not in known.challenged
        and arrival.ballot.credential in known.listed
        and known.seen_alphas.isdisjoint(arrival.alphas)
    ]


def _verified(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Return the valid ballots; the others keep what is wrong with them."""
    if arrivals:
        verify_all(arrivals)
    return [arrival for arrival in arrivals if arrival.is_valid]


def _store(arrivals: Sequence[Arrival]) -> None:
    """Write those ballots that come in time and follow the end of their chains."""
    election = arrivals[0].election
    rows: list[tuple[Arrival, Ballot]] = []
    with transaction.atomic():
        slots = open_slots(
            election=election, credentials=[arrival.ballot.credential for arrival in arrivals]
        )
        for arrival in arrivals:
            slot = slots[arrival.ballot.credential]
            if (
                slot.election.accepts_ballots_at(arrival.received_at)
                and slot.current == arrival.submission.prev
                and slot.ballots < BALLOTS_PER_CREDENTIAL
            ):
                rows.append((arrival, arrival.row()))
        if rows:
            put_in_box(
                ballots=[ballot for _arrival, ballot in rows],
                alphas=[alpha for arrival, _ballot in rows for alpha in arrival.alphas],
            )
    # Committed: from here on it is true.
    for arrival, ballot in rows:
        arrival.stored = ballot
