"""Whole elections of profile 1: a record and its second file (PROTOCOL, part 2)."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from evote.encoding import sha256_hex
from evote.proofs.statements import sign_shuffle_statement
from evote.record import Companion, ShuffleStatement, encode_companion, encode_owned
from evote.tally import (
    EncryptedTally,
    combine,
    decode_partial_decryption,
    decrypt_partially,
    encode_result,
    has_ranked_question,
    make_shuffle,
    verify_shuffle,
)
from tests.factories.companion import make_companion, make_strong_decryption
from tests.factories.evote import RecordWriter, World, count_ballots, make_world, write_tally


@dataclass(frozen=True)
class Files:
    """What an observer downloads."""

    record: bytes
    companion: bytes


def make_profile_world(*, minimum_ballots: int = 0, minimum_shuffles: int = 2, **world) -> World:
    """Make an election that asks for its second file."""
    context = {
        "profile": 1,
        "consultation": "https://vote.example.org/consultations/trees/",
        "log": "vote.example.org/log",
        "booth": "0" * 64,
        "minimum_ballots": minimum_ballots,
        "minimum_shuffles": minimum_shuffles,
        "access": "credential",
        "credentials": "registrar",
    }
    return make_world(context=context, **world)


def write_files(
    world: World,
    votes: Sequence[tuple[int, bytes]],
    *,
    shufflers: Sequence[int] = (1, 2),
    owners: Collection[int] | None = None,
    until: str = "Result",
) -> Files:
    """Write both files, up to and with the last event of the type `until`."""
    writer = RecordWriter().setup(world)
    companion = make_companion(world)
    if until == "Setup":
        return _files(writer, companion)
    for _, ballot in votes:
        writer.add("Ballot", ballot)
    companion = make_companion(world, votes=votes)
    if until == "Ballot":
        return _files(writer, companion)
    count = count_ballots(world, [ballot for _, ballot in votes])
    write_tally(writer, count)
    tally = count.tally
    if has_ranked_question(world.election):
        tally, statements = write_signed_shuffles(writer, world, tally, owners=shufflers)
        companion = replace(companion, shuffles=statements)
    if until == "EncryptedTally":
        return _files(writer, companion)
    closing = writer.parent
    assert closing is not None
    decryptions, strong = {}, []
    for owner, secret_key in enumerate(world.secret_keys, start=1):
        if owners is not None and owner not in owners:
            continue
        data = decrypt_partially(secret_key=secret_key, election=world.election, tally=tally)
        decryptions[owner] = decode_partial_decryption(data, election=world.election)
        writer.add("PartialDecryption", data, encode_owned(owner=owner, payload=data))
        strong.append(
            make_strong_decryption(world, owner=owner, data=data, tally=tally, closing=closing)
        )
    companion = replace(companion, decryptions=tuple(strong))
    if until == "Result":
        result = combine(
            election=world.election,
            tally=tally,
            trustees=world.trustee_list,
            partial_decryptions=decryptions,
            total_weight=count.total_weight,
        )
        writer.add("Result", encode_result(result))
    return _files(writer, companion)


def write_signed_shuffles(
    writer: RecordWriter, world: World, tally: EncryptedTally, *, owners: Sequence[int]
) -> tuple[EncryptedTally, tuple[ShuffleStatement, ...]]:
    """Have these trustees shuffle, each with a signed statement."""
    statements = []
    for owner in owners:
        parent = writer.parent
        assert parent is not None
        data = make_shuffle(election=world.election, tally=tally, progress=lambda done, total: None)
        tally = verify_shuffle(data=data, election=world.election, tally=tally)
        writer.add("Shuffle", data, encode_owned(owner=owner, payload=data))
        payload = sha256_hex(data)
        proof = sign_shuffle_statement(
            secret_key=world.secret_keys[owner - 1],
            fingerprint=world.election.fingerprint,
            parent=parent,
            payload=payload,
        )
        statements.append(ShuffleStatement(owner=owner, payload=payload, proof=proof))
    writer.add("EndShuffles")
    return tally, tuple(statements)


def _files(writer: RecordWriter, companion: Companion) -> Files:
    return Files(record=writer.data(), companion=encode_companion(companion))


def changed(companion: bytes, *path: str | int, to: object) -> bytes:
    """Give the second file with one value in it changed."""
    value = json.loads(companion)
    inner = value
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
