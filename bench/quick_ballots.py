"""Ballots made quickly, and with numbers that are no secrets: for measuring alone.

A voter's ballot is made by `evote.ballot.create_ballot`, with libsodium and real randomness. Here
every number is drawn from a hash of the ballot's own number, and the C extension computes with it,
which takes a time that depends on it. Whoever has the seed has all the votes. The ballots are valid
in every other respect: five answers, at most one of them chosen, all proofs, signature, and the
statement with which each is cast.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from evote.ballot.context import ballot_context
from evote.election import Election, decode_election
from evote.encoding import b64_digest
from evote.group import GENERATOR, ORDER, Element
from evote.group.backend import NATIVE
from evote.group.scalars import scalar_bytes
from evote.proofs.statements import NO_PREVIOUS_TRACKER
from evote.transcript import hashed_text

if TYPE_CHECKING:
    from evote.group._native import Tables

ANSWERS = 5
# Below the order of the group, so that nothing has to be reduced.
NUMBER_BYTES = 31
_TERM = struct.Struct("<I32s32s32s")
_NO_BASE = 0xFFFFFFFF
_ZERO = bytes(32)
# For each ciphertext and the sum of all: two exponents and a challenge; two signatures.
_NUMBERS = ANSWERS + 3 * (ANSWERS + 1) + 2


@dataclass(frozen=True, slots=True)
class Work:
    """Which ballots to make: their numbers, each with the public credential."""

    election: bytes
    seed: str
    voters: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Made:
    """Ballots, each with its cast statement.

    `randomness` and `counts` are the sums over the ballots, for each answer.
    """

    ballots: tuple[bytes, ...]
    casts: tuple[bytes, ...]
    randomness: tuple[int, ...]
    counts: tuple[int, ...]


def numbers_of(seed: str, *, number: int, what: str, count: int) -> list[int]:
    """Draw numbers that anybody can draw again."""
    stream = hashlib.shake_128(f"{seed}|{what}|{number}".encode()).digest(NUMBER_BYTES * count)
    return [
        int.from_bytes(stream[place : place + NUMBER_BYTES], "little")
        for place in range(0, len(stream), NUMBER_BYTES)
    ]


def make_credentials(work: tuple[str, range]) -> list[tuple[str, int]]:
    """Give the public credential of each number, and the number."""
    seed, numbers = work
    terms = b"".join(
        _TERM.pack(_NO_BASE, scalar_bytes(secret_of(seed, number)), _ZERO, _ZERO)
        for number in numbers
    )
    assert NATIVE is not None, "only with the C extension"
    _, outputs = NATIVE.commitments(_tables(GENERATOR.raw), b"", b"", terms)
    return list(zip(_texts(outputs), numbers, strict=True))


def make_ballots(work: Work) -> Made:
    """Make the ballots and cast statements of some voters."""
    assert NATIVE is not None, "only with the C extension"
    election = _election(work.election)
    drafts = [_Draft(work.seed, number=number) for number, _ in work.voters]
    terms = b"".join(
        _TERM.pack(_NO_BASE, scalar_bytes(a), scalar_bytes(b), _ZERO)
        for draft in drafts
        for a, b in draft.exponents()
    )
    key = election.public_key
    assert isinstance(key, Element)
    _, outputs = NATIVE.commitments(_tables(key.raw), b"", b"", terms)
    texts = iter(_texts(outputs))
    ballots, casts = [], []
    for draft, (_, credential) in zip(drafts, work.voters, strict=True):
        body, cast = draft.write(election, credential=credential, texts=texts)
        ballots.append(body)
        casts.append(cast)
    return Made(
        ballots=tuple(ballots),
        casts=tuple(casts),
        randomness=tuple(sum(column) for column in zip(*(one.r for one in drafts), strict=True)),
        counts=tuple(sum(column) for column in zip(*(one.bits for one in drafts), strict=True)),
    )


class _Draft:
    """One ballot: its numbers first, then, with what they are the exponents of, its text."""

    def __init__(self, seed: str, *, number: int) -> None:
        numbers = iter(numbers_of(seed, number=number, what="ballot", count=_NUMBERS))
        chosen = number % (ANSWERS + 1)
        self.secret = secret_of(seed, number)
        self.bits = [int(index == chosen) for index in range(ANSWERS)]
        self.r = [next(numbers) for _ in range(ANSWERS)]
        # What each ciphertext hides, and then the sum of all: r and m.
        self.openings = [*zip(self.r, self.bits, strict=True), (sum(self.r), sum(self.bits))]
        # Each is 0 or 1: an exponent for either, and the challenge of the one that it is not.
        self.drawn = [(next(numbers), next(numbers), next(numbers)) for _ in self.openings]
        self.w_signature, self.w_cast = next(numbers), next(numbers)

    def exponents(self) -> Iterator[tuple[int, int]]:
        """Give the exponents of g and y of everything that is written or hashed, in order."""
        for r, m in self.openings:
            yield r, 0
            yield m, r
        for (_, m), (e0, e1, c) in zip(self.openings, self.drawn, strict=True):
            # A = g^e and B = y^e·g^((m−shift)·c); of what is true, m is the shift.
            yield e0, 0
            yield m * c, e0
            yield e1, 0
            yield (m - 1) * c, e1
        yield self.w_signature, 0
        yield self.w_cast, 0

    def write(
        self, election: Election, *, credential: str, texts: Iterator[str]
    ) -> tuple[bytes, bytes]:
        """Write the ballot and its cast statement."""
        pairs = [(next(texts), next(texts)) for _ in self.openings]
        context = ballot_context(election, credential)
        ballot = ",".join(f"{alpha},{beta}" for alpha, beta in pairs[:ANSWERS])
        proofs = []
        for index, (alpha, beta) in enumerate(pairs):
            bound_to = context if index < ANSWERS else f"{context}|{ballot}"
            commitments = ",".join([next(texts) for _ in range(4)])
            hashed = f"prove|{bound_to}|{alpha},{beta}|{commitments}"
            proofs.append(self._prove(index, hashed_text(hashed, order=ORDER)))
        choices = ",".join(
            f'{{"alpha":"{alpha}","beta":"{beta}"}}' for alpha, beta in pairs[:ANSWERS]
        )
        unsigned = (
            f'{{"election_uuid":"{election.uuid}","election_hash":"{election.fingerprint}",'
            f'"credential":"{credential}","answers":[{{"choices":[{choices}],'
            f'"individual_proofs":[{",".join(proofs[:ANSWERS])}],'
            f'"overall_proof":{proofs[ANSWERS]}}}]'
        )
        digest = b64_digest(f"{unsigned}}}".encode())
        signature = self._sign(f"sig|{digest}|{next(texts)}", self.w_signature)
        body = f'{unsigned},"signature":{{"hash":"{digest}","proof":{signature}}}}}'.encode()
        tracker, prev = b64_digest(body), NO_PREVIOUS_TRACKER
        prefix = f"pnyx-cast|{election.fingerprint}|{credential}|{tracker}|{prev}|"
        proof = self._sign(prefix + next(texts), self.w_cast)
        return body, f'{{"tracker":"{tracker}","prev":"{prev}","proof":{proof}}}'.encode()

    def _prove(self, index: int, challenge: int) -> str:
        """Write the proof that a ciphertext hides 0 or 1."""
        r, m = self.openings[index]
        e0, e1, drawn = self.drawn[index]
        remaining = (challenge - drawn) % ORDER
        c0, c1 = (drawn, remaining) if m else (remaining, drawn)
        return f"[{_proof(c0, e0 - r * c0)},{_proof(c1, e1 - r * c1)}]"

    def _sign(self, hashed: str, w: int) -> str:
        challenge = hashed_text(hashed, order=ORDER)
        return _proof(challenge, w - self.secret * challenge)


def _proof(challenge: int, response: int) -> str:
    return f'{{"challenge":"{challenge}","response":"{response % ORDER}"}}'


def secret_of(seed: str, number: int) -> int:
    """Give the secret key of a voter."""
    (secret,) = numbers_of(seed, number=number, what="credential", count=1)
    return secret


def _texts(outputs: bytes) -> list[str]:
    """Write elements as the protocol does: the digits of each reversed."""
    digits = outputs[::-1].hex()
    return [digits[place : place + 64] for place in range(len(digits) - 64, -64, -64)]


@lru_cache(maxsize=2)
def _tables(raw: bytes) -> "Tables":
    assert NATIVE is not None, "only with the C extension"
    made: Tables = NATIVE.tables(raw)
    return made


@lru_cache(maxsize=1)
def _election(archived: bytes) -> Election:
    return decode_election(archived)
