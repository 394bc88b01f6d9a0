"""Receipts, honest and spoilt in every way we can think of, deterministically."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from evote.encoding import canonical_json
from evote.tlog import merkle
from evote.tlog.checkpoint import decode_checkpoint
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import NoteSignature, decode_note
from evote.tlog.receipt import Receipt
from tests.factories.logs import FolderLog, election_events

AT = 1_795_248_000
DEED = b"a deed"
DOCUMENT = hashlib.sha256(DEED).digest()
SALT = hashlib.sha256(b"a salt").digest()
ED25519_ALONE = [Algorithm.ED25519] * 3
BALLOT, PUBLIC, PRIVATE, LOOSE = 5, 9, 10, 11


@dataclass(frozen=True)
class Case:
    """A receipt, and what is asked about it. `is_honest`: every step has to hold."""

    name: str
    receipt: bytes
    keys: tuple[str, ...]
    policy: bytes | None = None
    tracker: bytes | None = None
    document: bytes | None = None
    is_honest: bool = False

    def to_json(self) -> str:
        """Write it as one line."""

        def text(data):
            return None if data is None else base64.b64encode(data).decode()

        return json.dumps(
            {
                "receipt": text(self.receipt),
                "keys": list(self.keys),
                "policy": text(self.policy),
                "entry": None,
                "tracker": text(self.tracker),
                "document": text(self.document),
            }
        )


class CosignedLog(FolderLog):
    """A log with a ballot, evidence of both forms, and entries that are not ours; witnessed."""

    def __init__(self, folder, *, algorithms=(*ED25519_ALONE[1:], Algorithm.ML_DSA_44)) -> None:
        evidence = [
            {"kind": "evidence", "document": DOCUMENT.hex()},
            {"kind": "evidence", "commitment": hashlib.sha256(SALT + DOCUMENT).hexdigest()},
        ]
        loose = b'{"kind": "evidence","document":"%s"}' % DOCUMENT.hex().encode()
        entries = [*election_events(9), *map(canonical_json, evidence), loose, b"\xff"]
        super().__init__(folder, entries=entries)
        self.witnesses = [
            CosigningKey(name=f"w{n}.example.org", algorithm=algorithm, seed=bytes([n]) * 32)
            for n, algorithm in enumerate(algorithms, 1)
        ]


def receipt_of(log, index, *, extra=None, witnesses=None) -> Receipt:
    return Receipt(
        index=index,
        proof=tuple(merkle.inclusion_proof(index=index, size=log.size, read=log.node)),
        checkpoint=log.note(cosigners=log.witnesses if witnesses is None else witnesses, at=AT),
        extra=log.entries[index] if extra is None else extra,
    )


def policy_of(log, *, rule="2", with_log=True) -> bytes:
    lines = [f"log {log.vkey}"] if with_log else []
    lines += [f"witness W{n} {key.verifier.encode()}" for n, key in enumerate(log.witnesses, 1)]
    return "\n".join([*lines, f"group g {rule} W1 W2 W3", "quorum g", ""]).encode()


def tracker_of(log) -> bytes:
    return bytes.fromhex(json.loads(log.entries[BALLOT])["payload"])


def cases(log, *, flips) -> Iterator[Case]:
    """Give the honest receipts, then those spoilt by hand, then `flips` with changed bytes."""
    yield from honest(log)
    yield from of_something_else(log)
    # All three have to agree, so that no line can be spoilt unseen.
    ballot = replace(next(honest(log)), policy=policy_of(log, rule="all"))
    for name, receipt in changed_parts(log):
        yield replace(ballot, name=name, receipt=receipt, is_honest=False)
    for name, receipt in changed_lines(ballot.receipt):
        yield replace(ballot, name=name, receipt=receipt, is_honest=False)
    for name, receipt in changed_bytes(ballot.receipt, count=flips):
        yield replace(ballot, name=name, receipt=receipt, is_honest=False)


def honest(log) -> Iterator[Case]:
    keys, policy = (log.vkey,), policy_of(log)
    whole = receipt_of(log, BALLOT)
    ballot = Case("ballot", whole.encode(), keys, policy, tracker_of(log), is_honest=True)
    yield ballot
    yield replace(ballot, name="by the key alone", policy=None)
    yield replace(ballot, name="by the policy alone", keys=())
    yield replace(ballot, name="all of three", policy=policy_of(log, rule="all"))
    yield replace(ballot, name="witnesses alone", policy=policy_of(log, with_log=False))
    stranger = CosigningKey(name="x.example", algorithm=Algorithm.ED25519, seed=b"x" * 32)
    cosigned = receipt_of(log, BALLOT, witnesses=[stranger, *log.witnesses[1:]])
    yield replace(ballot, name="a stranger's line", receipt=cosigned.encode())
    for name in ("\ufeffw", "w\u200b", "ẅ\u0301", "w\x7f"):
        line = NoteSignature(name=name, key_id=b"abcd", signature=b"?").encode().encode()
        yield replace(ballot, name=f"a line by {name!r}", receipt=whole.encode() + line)
    yield Case("any bytes", receipt_of(log, log.size - 1).encode(), keys, is_honest=True)
    document = Case("evidence", receipt_of(log, PUBLIC).encode(), keys, policy, is_honest=True)
    document = replace(document, document=DOCUMENT)
    yield document
    yield replace(
        document, name="private", receipt=receipt_of(log, PRIVATE, extra=private(log)).encode()
    )


def private(log, **changes) -> bytes:
    entry = json.loads(log.entries[PRIVATE])
    return canonical_json({"entry": entry, "salt": SALT.hex()} | changes)


def of_something_else(log) -> Iterator[Case]:
    """Ask about another ballot, document or log, or under a policy that is not met."""
    keys, policy = (log.vkey,), policy_of(log)
    ballot = Case("", receipt_of(log, BALLOT).encode(), keys, policy, tracker_of(log))
    evidence = replace(ballot, receipt=receipt_of(log, PUBLIC).encode(), tracker=None)
    evidence = replace(evidence, document=DOCUMENT)
    other = CosignedLog(log.folder / "other")
    other.key = replace(log.key, seed=b"o" * 32)
    yield replace(ballot, name="another tracker", tracker=bytes(32))
    yield replace(ballot, name="no evidence", document=DOCUMENT, tracker=None)
    yield replace(evidence, name="no ballot", tracker=tracker_of(log), document=None)
    yield replace(evidence, name="another document", document=bytes(32))
    yield replace(ballot, name="another key of the name", keys=(other.vkey,), policy=None)
    yield replace(ballot, name="a policy of another key", policy=policy_of(other))
    for number in range(3):
        few = receipt_of(log, BALLOT, witnesses=log.witnesses[number : number + 1])
        yield replace(ballot, name=f"witness {number} alone", receipt=few.encode())
    loose = receipt_of(log, LOOSE)
    yield replace(evidence, name="not canonical", receipt=loose.encode())
    entry = json.loads(log.entries[PRIVATE])
    for name, extra in {
        "the entry without its salt": log.entries[PRIVATE],
        "a short salt": private(log, salt="00"),
        "a salt in capitals": private(log, salt=SALT.hex().upper()),
        "another salt": private(log, salt="00" * 32),
        "more members": private(log, more=1),
        "no entry": private(log, entry=1),
        "another entry": private(log, entry={"kind": "evidence"}),
        "not canonical": json.dumps({"salt": SALT.hex(), "entry": entry}).encode(),
        "a member twice": private(log)[:-1] + b',"salt":"%s"}' % SALT.hex().encode(),
        "nothing": b"",
    }.items():
        receipt = receipt_of(log, PRIVATE, extra=extra).encode()
        yield replace(evidence, name=f"private, {name}", receipt=receipt)


def changed_parts(log) -> Iterator[tuple[str, bytes]]:
    """Change one part of the ballot's receipt, and sign again what the log itself could sign."""
    receipt = receipt_of(log, BALLOT)
    hashes = receipt.proof
    for index in (0, BALLOT - 1, BALLOT + 1, log.size, 2**63 - 1, 2**63):
        yield f"index {index}", replace(receipt, index=index).encode()
    yield "no extra", replace(receipt, extra=None).encode()
    yield "another extra", replace(receipt, extra=log.entries[BALLOT + 1]).encode()
    for name, proof in {
        "no hash": (),
        "one less": hashes[:-1],
        "one more": (*hashes, hashes[0]),
        "reversed": hashes[::-1],
        "64 hashes": hashes[:1] * 64,
        "63 hashes": hashes[:1] * 63,
        "a short hash": (hashes[0][:31], *hashes[1:]),
        "zeros": (bytes(32), *hashes[1:]),
    }.items():
        yield name, replace(receipt, proof=proof).encode()
    for name, note in {
        "another root": log.note(root=bytes(32), cosigners=log.witnesses, at=AT),
        "an older size": log.note(log.size - 1, cosigners=log.witnesses, at=AT),
        "size 0": log.note(0, cosigners=log.witnesses, at=AT),
    }.items():
        yield name, replace(receipt, checkpoint=note).encode()
    for name, lines in changed_signatures(log):
        text = decode_note(receipt.checkpoint).text
        note = f"{text}\n{''.join(line.encode() for line in lines)}".encode()
        yield name, replace(receipt, checkpoint=note).encode()


def changed_signatures(log) -> Iterator[tuple[str, list[NoteSignature]]]:
    note = decode_note(receipt_of(log, BALLOT).checkpoint)
    older = decode_checkpoint(decode_note(log.note(log.size - 1)))
    signer, *cosigners = note.signatures
    yield "no signature of the log", cosigners
    yield "a bad second one of the log", [signer, *cosigners, replace(signer, signature=bytes(64))]
    yield "101 lines", [signer, *cosigners * 34]
    for number, line in enumerate(cosigners):
        others = [*cosigners[:number], *cosigners[number + 1 :]]
        key, blob = log.witnesses[number], line.signature
        for name, forged in {
            "of an older checkpoint": key.cosign(older, at=AT),
            "at time 0": replace(line, signature=bytes(8) + blob[8:]),
            "at another time": replace(line, signature=blob[:7] + b"\0" + blob[8:]),
            "in the far future": replace(line, signature=b"\xff" + blob[1:]),
            "cut off": replace(line, signature=blob[:-1]),
            "longer": replace(line, signature=blob + b"\0"),
            "changed": replace(line, signature=blob[:-1] + bytes([blob[-1] ^ 1])),
            "of another": replace(line, signature=others[0].signature),
        }.items():
            yield f"line {number} {name}", [signer, *others, forged]
            yield f"line {number} {name}, beside a good one", [signer, *cosigners, forged]


def changed_lines(receipt: bytes) -> Iterator[tuple[str, bytes]]:
    """Leave out, repeat, swap, or spell differently each line of the file."""
    lines = receipt.split(b"\n")
    for place, line in enumerate(lines):
        before, after = lines[:place], lines[place + 1 :]
        spellings = {
            "left out": [],
            "twice": [line, line],
            "after an empty one": [b"", line],
            "with a space": [line + b" "],
            "after a space": [b" " + line],
            "with a return": [line + b"\r"],
            "with a tab": [line + b"\t"],
            "with NEL": [line + b"\xc2\x85"],
            "with a wide space": [line.replace(b" ", b"\xe3\x80\x80")],
            "with two spaces": [line.replace(b" ", b"  ")],
            "in capitals": [line.upper()],
            "without padding": [line.rstrip(b"=")],
            "with more padding": [line + b"="],
            "not UTF-8": [line + b"\xff"],
            "with NUL": [line + b"\0"],
            "after a mark": [b"\xef\xbb\xbf" + line],
        }
        for name, changed in spellings.items():
            whole = b"\n".join([*before, *changed, *after])
            if whole != receipt:
                yield f"line {place} {name}", whole
        if after:
            yield f"line {place} swapped", b"\n".join([*before, after[0], line, *after[1:]])


def changed_bytes(receipt: bytes, *, count) -> Iterator[tuple[str, bytes]]:
    for number in range(count):
        draw = hashlib.sha256(f"receipt|{number}".encode()).digest()
        place = int.from_bytes(draw[:8], "big") % len(receipt)
        here, rest = receipt[place : place + 1], receipt[place + 1 :]
        changes = {
            "flipped": bytes([here[0] ^ 1 << draw[8] % 8]) + rest,
            "removed": rest,
            "repeated": here + here + rest,
            "cut off": b"",
        }
        change = list(changes)[draw[9] % len(changes)]
        changed = receipt[:place] + changes[change]
        if changed != receipt:
            yield f"byte {place} {change}", changed
