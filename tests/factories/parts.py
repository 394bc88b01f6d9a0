"""Verify a whole record in parts, each of them done as if on a machine of its own."""

import json
from collections.abc import Iterator

from evote.credential import decode_credentials
from evote.election import decode_election, decode_trustees
from evote.encoding import encode_json, sha256_hex
from evote.group import ED25519
from evote.record import Link, decode_owned
from evote.record.companion import StrongDecryption, decode_companion
from evote.shuffle import PartProducts
from evote.tally import decode_encrypted_tally, has_ranked_question
from evote.tally.shuffle_parts import (
    check_shuffle_part,
    open_shuffle,
    shuffled_lists,
    tally_lists,
)
from evote.tally.shuffles import shuffled_tally
from evote.verify import Report
from evote.verify.parts import (
    Elements,
    Parts,
    check_credential_task,
    check_decryption,
    credential_tasks,
    verify_in_parts,
)
from evote.verify.sections import Section, SectionAnswer, check_section

BLOCK = 512


def verify_by_parts(record: bytes, *, companion: bytes | None = None, size: int = 2) -> Report:
    """Cut a finished record, check every part, and put the answers together.

    It reads as little as it can itself: what is wrong is for the parts to find. Whatever it
    raises is a refusal too.
    """
    header, events = _events(record)
    timestamp = int(json.loads(header[BLOCK:].rstrip(b"\0"))["timestamp"])
    first = next((i for i, one in enumerate(events) if one["type"] == "Ballot"), 1)
    last = max((i for i, one in enumerate(events) if one["type"] == "Ballot"), default=first - 1)
    setup, tail = events[:first], events[last + 1 :]
    election = decode_election(setup[0]["objects"][0])
    value = None if companion is None else json.loads(companion)
    whole = None if companion is None else decode_companion(companion, election=election)
    sections = [
        SectionAnswer.from_json(json.loads(json.dumps(check_section(section).to_json())))
        for section in _sections(
            events[first : last + 1], setup=setup, value=value, timestamp=timestamp, size=size
        )
    ]
    credentials = set()
    public = list(decode_credentials(setup[0]["objects"][2], group=election.group))
    for task in credential_tasks(public, election=election):
        check_credential_task(task)
        credentials.add((task.first, task.first + len(task.credentials)))
    shuffles, tally = _shuffles(tail, election=election, size=size)
    return verify_in_parts(
        Parts(
            head=header + b"".join(one["bytes"] for one in setup),
            tail=b"".join(one["bytes"] for one in tail),
            timestamp=timestamp,
            sections=sections,
            elements=None
            if value is None
            else Elements(
                ceremony=encode_json(value["ceremony"]),
                shuffles=tuple(map(encode_json, value["shuffles"])),
                decryptions=tuple(map(encode_json, value["decryptions"])),
            ),
            credentials=frozenset(credentials),
            shuffles=shuffles,
            decryptions=frozenset(
                _decryptions(
                    tail,
                    election=election,
                    tally=tally,
                    trustees=decode_trustees(setup[0]["objects"][1], group=election.group),
                    statements=None if whole is None else whole.decryptions,
                )
            ),
        )
    )


def _events(record: bytes):
    """Split the archive without a look at what is in it."""
    members, start = [], 0
    while start < len(record):
        length = int(record[start + 124 : start + 135], 8)
        end = start + BLOCK + length + -length % BLOCK
        name = record[start : start + 100].rstrip(b"\0").decode()
        members.append((name, record[start + BLOCK : start + BLOCK + length], record[start:end]))
        start = end
    events, objects, raw = [], [], b""
    for name, body, data in members[1:]:
        raw += data
        if name.endswith(".event.json"):
            value = json.loads(body)
            events.append(value | {"objects": objects, "bytes": raw, "hash": sha256_hex(body)})
            objects, raw = [], b""
        else:
            objects.append(body)
    assert not objects
    return members[0][2], events


def _sections(ballots, *, setup, value, timestamp, size) -> Iterator[Section]:
    weights = decode_credentials(setup[0]["objects"][2])
    credentials = [json.loads(one["objects"][0])["credential"] for one in ballots]
    counted = {credential: index for index, credential in enumerate(credentials)}
    previous = setup[-1]
    for start in range(0, len(ballots), size):
        chunk = ballots[start : start + size]
        casts = None if value is None else value["casts"][start : start + size]
        yield Section(
            election=setup[0]["objects"][0],
            timestamp=timestamp,
            after=Link(height=previous["height"], type=previous["type"], hash=previous["hash"]),
            data=b"".join(one["bytes"] for one in chunk),
            casts=None if casts is None else tuple(map(encode_json, casts)),
            counted={
                one["height"]: weights[credentials[index]]
                for index, one in enumerate(chunk, start=start)
                if counted[credentials[index]] == index
            },
        )
        previous = chunk[-1]
    if value is not None:
        assert len(value["casts"]) == len(ballots)


def _shuffles(tail, *, election, size):
    encrypted = next(one for one in tail if one["type"] == "EncryptedTally")["objects"][0]
    tally = decode_encrypted_tally(encrypted, election=election)
    found = {}
    if not has_ranked_question(election):
        return found, tally
    source = tally_lists(encrypted, election=election)
    for event in tail:
        if event["type"] != "Shuffle":
            continue
        data = event["objects"][0]
        shuffle = open_shuffle(data, election=election, source=source)
        answers = [[] for _ in shuffle.lists]
        for part in shuffle.ranges(size=size):
            kept = json.dumps(check_shuffle_part(shuffle, part=part).to_json())
            answers[part.question].append(PartProducts.from_json(json.loads(kept), group=ED25519))
        found[event["height"]] = answers
        source = shuffled_lists(data, election=election)
        tally = shuffled_tally(data=data, election=election, tally=tally)
    return found, tally


def _decryptions(tail, *, election, tally, trustees, statements) -> Iterator[int]:
    events = [one for one in tail if one["type"] == "PartialDecryption"]
    closing = events[0]["parent"] if events else ""
    listed: list[StrongDecryption | None] = (
        [None] * len(events) if statements is None else list(statements)
    )
    for event, statement in zip(events, listed, strict=True):
        data, owned = event["objects"]
        check_decryption(
            data=data,
            statement=statement,
            election=election,
            trustee=trustees.slots[decode_owned(owned).owner - 1],
            tally=tally,
            closing=closing,
        )
        yield event["height"]
