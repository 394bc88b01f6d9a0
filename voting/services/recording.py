"""Appending to the election record and to the log, in the same transaction."""

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from audit.services.log import append_entries
from audit.services.rows import add_rows
from evote.record import Event, encode_event
from voting.models.ballot import Ballot, BallotAlpha
from voting.models.election import Election
from voting.models.record import Record, RecordEvent, RecordObject
from voting.selectors.record import event_members
from voting.services.record_file import grow_record_file

BALLOTS_PER_TRANSACTION = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What one event adds to the record.

    `objects` are (name, bytes) in the order of PROTOCOL 1.10; the last one is the payload.
    `companion` is the event's element of the companion file, where it has one (PROTOCOL 2.1).
    """

    type: RecordEvent.Type
    objects: Sequence[tuple[str, bytes]]
    owner: int | None = None
    companion: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A waiting ballot's place in its credential's chain."""

    tracker: bytes
    credential: str
    prev: bytes


def append_event(*, election: Election, record: Record, addition: Addition) -> RecordEvent:
    """Append one event to the locked `record`, and its entry to the log's outbox."""
    event = _next_event(election=election, record=record, addition=addition)
    event.companion = addition.companion
    _tell_log([event], companions=[addition.companion], election=election)
    event.save(force_insert=True)
    RecordObject.objects.bulk_create(
        RecordObject(event=event, position=position, name=name, body=body)
        for position, (name, body) in enumerate(addition.objects)
    )
    record.save()
    transaction.on_commit(lambda: grow_record_file(election=election))
    return event


def record_waiting_ballots(*, election: Election) -> int:
    """Give the next batch of accepted ballots its random order and its place in the record.

    One transaction: all of the batch is recorded, or nothing. Returns how many there were.
    When another worker is at it, there is nothing to do: 0.
    """
    with transaction.atomic():
        record = (
            Record.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(election=election, election__phase=Election.Phase.OPEN)
            .first()
        )
        if record is None:
            return 0
        return append_batch(election=election, record=record, limit=BALLOTS_PER_TRANSACTION)


def append_batch(*, election: Election, record: Record, limit: int | None) -> int:
    """Append waiting ballots, at most `limit`, to the locked `record`."""
    waiting = Ballot.objects.filter(election=election, height__isnull=True)
    links = [
        Link(tracker=bytes(tracker), credential=credential, prev=bytes(prev))
        for tracker, credential, prev in waiting.values_list("tracker", "credential", "prev")
    ]
    if not links:
        return 0
    chosen = [link.tracker for link in order_batch(links=links, key=_order_key())[:limit]]
    record.batches += 1
    ballots = {bytes(ballot.tracker): ballot for ballot in waiting.filter(tracker__in=chosen)}
    events = []
    statements = []
    for tracker in chosen:
        ballot = ballots[tracker]
        event = _next_event(
            election=election,
            record=record,
            addition=Addition(
                type=RecordEvent.Type.BALLOT, objects=[("ballot", bytes(ballot.body))]
            ),
        )
        ballot.batch, ballot.height = record.batches, event.height
        events.append(event)
        # Not stored again with the event: the ballot's row has it.
        statements.append(None if ballot.statement is None else bytes(ballot.statement))
    _tell_log(events, companions=statements, election=election)
    add_rows(events)
    _rewrite_rows(election=election, ballots=[ballots[tracker] for tracker in chosen])
    record.save()
    transaction.on_commit(lambda: grow_record_file(election=election))
    return len(chosen)


def _rewrite_rows(*, election: Election, ballots: Sequence[Ballot]) -> None:
    """Write the places of a batch, so that the tables keep no other order than the record's.

    PostgreSQL writes new versions of rows in the order in which it comes to them, so the
    order is given: the ballots' heights, and the size of the α. What it moved out of a row
    because it was long would stay where it was, so the body is written anew.
    """
    unmingled = BallotAlpha.objects.filter(election=election, is_mingled=False).values_list(
        "alpha", flat=True
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE voting_ballot SET batch = %s, height = %s, body = body || ''::bytea"
            " WHERE id = %s",
            [(ballot.batch, ballot.height, ballot.pk) for ballot in ballots],
        )
        # One row at a time, in this order: a join would leave it to the planner.
        cursor.executemany(
            "UPDATE voting_ballotalpha SET is_mingled = true WHERE election_id = %s AND alpha = %s",
            [(election.pk, alpha) for alpha in sorted(map(bytes, unmingled))],
        )


def order_batch(*, links: Sequence[Link], key: bytes) -> list[Link]:
    """Put waiting ballots in random order, but those of one credential in the order of `prev`.

    The order is that of HMAC-SHA256(key, tracker). Where a credential has several ballots,
    their places are kept and the ballots fill them in the order of their chain.
    """
    shuffled = sorted(links, key=lambda link: hmac.new(key, link.tracker, hashlib.sha256).digest())
    by_credential: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_credential[link.credential].append(link)
    in_turn = {
        credential: iter(_in_chain_order(chain)) for credential, chain in by_credential.items()
    }
    return [next(in_turn[link.credential]) for link in shuffled]


def _in_chain_order(chain: Sequence[Link]) -> list[Link]:
    """Order one credential's waiting ballots: the first is the one whose `prev` does not wait."""
    by_prev = {link.prev: link for link in chain}
    waiting = {link.tracker for link in chain}
    ordered = [link for link in chain if link.prev not in waiting]
    assert len(ordered) == 1, "the waiting ballots of a credential are the end of one chain"
    while ordered[-1].tracker in by_prev:
        ordered.append(by_prev[ordered[-1].tracker])
    return ordered


def _order_key() -> bytes:
    """Return a fresh key, or the installation's fixed one where a test must be repeatable."""
    if settings.BALLOT_ORDER_KEY:
        return bytes.fromhex(settings.BALLOT_ORDER_KEY)
    return secrets.token_bytes(32)


def _next_event(*, election: Election, record: Record, addition: Addition) -> RecordEvent:
    """Make the event that follows the end of `record`, and move that end."""
    assert election.record_timestamp is not None
    payload = hashlib.sha256(addition.objects[-1][1]).digest() if addition.objects else None
    link = Event(
        type=addition.type.value,
        height=record.height,
        parent=None if record.head is None else bytes(record.head).hex(),
        payload=None if payload is None else payload.hex(),
    )
    body = encode_event(link)
    members = event_members(
        objects=[data for _name, data in addition.objects],
        event=link,
        timestamp=election.record_timestamp,
    )
    digest = hashlib.sha256(body).digest()
    event = RecordEvent(
        election=election,
        height=record.height,
        type=addition.type,
        body=body,
        hash=digest,
        payload=payload,
        begins_at_byte=record.length_bytes,
        ends_at_byte=record.length_bytes + len(members),
        owner=addition.owner,
    )
    record.height += 1
    record.head = digest
    record.length_bytes = event.ends_at_byte
    return event


def event_body(
    *, event: RecordEvent, companion: bytes | None, election: Election
) -> dict[str, object]:
    """Return what the log says of an event, with its element of the second file if it has one."""
    return (
        {
            "election": election.uuid,
            "event": bytes(event.hash).hex(),
            "height": event.height,
            "type": str(event.type),
        }
        | ({} if event.payload is None else {"payload": bytes(event.payload).hex()})
        | ({} if companion is None else {"companion": hashlib.sha256(companion).hexdigest()})
    )


def _tell_log(
    events: Sequence[RecordEvent], *, companions: Sequence[bytes | None], election: Election
) -> None:
    """Put the entries of new events in the log's outbox, in their order.

    An entry binds the event's element of the companion file by its hash, so that nobody can
    show one person other statements than another.
    """
    bodies = [
        event_body(event=event, companion=companion, election=election)
        for event, companion in zip(events, companions, strict=True)
    ]
    identities = append_entries(kind="election-event", bodies=bodies)
    for event, identity in zip(events, identities, strict=True):
        event.entry = identity
