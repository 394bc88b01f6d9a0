"""Writes ranked.json and shuffle.json beside this file: `python -m tests.vectors.make_ranked`.

Ballots and shuffles have fresh randomness, so each run writes other bytes with the same verdicts.
The independent check of what is called valid here is belenios-tool (tests/interop).
"""

import json
from collections.abc import Sequence

from evote.ballot import PlainAnswer
from evote.election import AnyQuestion, RankedQuestion, encode_trustees
from evote.encoding import b64_digest, encode_json
from evote.tally import EncryptedTally, encode_encrypted_tally, make_shuffle, verify_shuffle
from tests.factories.evote import LISTS, PLAIN, RANKED, count_ballots, make_world
from tests.factories.tampering import tampered, tampered_answers
from tests.vectors.make_group import write

THIRTY = RankedQuestion(text="Thirty", answers=tuple(f"Answer {n}" for n in range(1, 31)))
CASES: list[tuple[str, Sequence[AnyQuestion], list[list[PlainAnswer]]]] = [
    ("ranked", [RANKED], [[[1, 2, 3]], [[3, 1, 2]], [[0, 0, 0]], [[255, 0, 7]]]),
    ("thirty answers", [THIRTY], [[list(range(30, 0, -1))], [[255] * 30]]),
    ("ranked and plain", [PLAIN, RANKED], [[[0, 1, 1], [2, 1, 3]], [[0, 0, 0], [1, 1, 1]]]),
    ("lists", [LISTS], [[[[1, 1, 0], [0, 0]]], [[[0, 0, 0], [1, 1]]]]),
]


def ballot_case(
    name: str, questions: Sequence[AnyQuestion], votes: list[list[PlainAnswer]]
) -> dict[str, object]:
    world = make_world(questions=questions, voters=1)
    bodies = [world.ballot(0, answers) for answers in votes]
    return {
        "name": name,
        "election": world.election.archived.decode(),
        "fingerprint": world.election.fingerprint,
        "uuid": world.election.uuid,
        "trustees": encode_trustees(world.trustees).decode(),
        "credential": world.credentials[0],
        "public_credential": world.public(0),
        "valid": [
            {"answers": answers, "ballot": body.decode(), "tracker": b64_digest(body)}
            for answers, body in zip(votes, bodies, strict=True)
        ],
        "forged": [
            {"comment": comment, "ballot": forged.decode(), "code": code}
            for comment, forged, code in tampered_answers(world, json.loads(bodies[0]), voter=0)
        ]
        if name in ("ranked", "lists")
        else [],
    }


def shuffle_case(
    name: str, questions: Sequence[AnyQuestion], votes: list[list[PlainAnswer]]
) -> dict[str, object]:
    """Give a tally, two shuffles of it one after the other, and forgeries of the first."""
    world = make_world(questions=questions, voters=max(1, len(votes)))
    bodies = [world.ballot(voter, answers) for voter, answers in enumerate(votes)]
    election = world.election

    def encoded(tally: EncryptedTally) -> str:
        return encode_encrypted_tally(tally, election=election).decode()

    tally = count_ballots(world, bodies).tally
    before = encoded(tally)
    shuffles, after = [], []
    for _ in range(2):
        data = make_shuffle(election=election, tally=tally, progress=lambda done, total: None)
        tally = verify_shuffle(data=data, election=election, tally=tally)
        shuffles.append(data.decode())
        after.append(encoded(tally))
    return {
        "name": name,
        "election": election.archived.decode(),
        "fingerprint": election.fingerprint,
        "tally": before,
        "shuffles": shuffles,
        "tally_after": after,
        "forged": [
            {"comment": comment, "shuffle": encode_json(value).decode()}
            for comment, value, _ in tampered(json.loads(shuffles[0]), has_order=False)
        ]
        if 0 < len(votes) <= 3
        else [],
    }


SHUFFLES: list[tuple[str, Sequence[AnyQuestion], list[list[PlainAnswer]]]] = [
    ("three rankings", [RANKED], [[[1, 2, 3]], [[3, 1, 2]], [[0, 0, 255]]]),
    ("no ranking", [RANKED], []),
    ("one ranking", [RANKED], [[[1, 2, 3]]]),
    (
        "two ranked questions and one that is added",
        [RANKED, PLAIN, THIRTY],
        [[[n, 2, 3], [0, 1, n % 2], list(range(n, n + 30))] for n in range(5)],
    ),
]


if __name__ == "__main__":
    write(
        "ranked.json",
        {
            "source": "PROTOCOL 1.6; made by tests/vectors/make_ranked.py",
            "elections": [ballot_case(*arguments) for arguments in CASES],
        },
    )
    write(
        "shuffle.json",
        {
            "source": "PROTOCOL 1.8; made by tests/vectors/make_ranked.py",
            "cases": [shuffle_case(*arguments) for arguments in SHUFFLES],
        },
    )
