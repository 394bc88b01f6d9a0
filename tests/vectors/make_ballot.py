"""Writes ballot.json beside this file: `python -m tests.vectors.make_ballot`.

Ballots have fresh randomness, so each run writes other bytes with the same verdicts. The
independent check of what is called valid here is belenios-tool (tests/interop).
"""

from collections.abc import Sequence

from evote.election import Question, encode_trustees
from evote.encoding import b64_digest
from tests.factories.evote import BLANK, ONE_OF_TWO, PLAIN, make_world
from tests.factories.forgery import forgeries
from tests.vectors.make_group import write

FIVE = Question(
    text="Welche „Möglichkeiten“? </script> \x7f",
    answers=("Ä|1", "B,2", "投票", 'D"4', "E\\5"),
    minimum=1,
    maximum=2,
    has_blank=False,
)
BLANK_OF_FOUR = Question(
    text="Two or three, or blank",
    answers=("A", "B", "C", "D"),
    minimum=2,
    maximum=3,
    has_blank=True,
)
CASES: list[tuple[str, Sequence[Question], list[list[list[int]]]]] = [
    ("one or two of five", [FIVE], [[[1, 0, 0, 0, 0]], [[0, 1, 0, 0, 1]]]),
    ("none to two of three", [PLAIN], [[[0, 0, 0]], [[0, 1, 0]], [[1, 0, 1]]]),
    ("with blank", [BLANK], [[[1, 0, 0]], [[0, 1, 0]], [[0, 0, 1]]]),
    (
        "three questions",
        [ONE_OF_TWO, BLANK_OF_FOUR, PLAIN],
        [[[1, 0], [1, 0, 0, 0, 0], [0, 0, 0]], [[0, 1], [0, 1, 1, 1, 0], [1, 1, 0]]],
    ),
]


def case(
    name: str, questions: Sequence[Question], votes: list[list[list[int]]]
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
            for comment, forged, code in forgeries(world, bodies[0], voter=0)
        ]
        if len(questions) == 1
        else [],
    }


if __name__ == "__main__":
    write(
        "ballot.json",
        {
            "source": "PROTOCOL 1.6; made by tests/vectors/make_ballot.py",
            "elections": [case(*arguments) for arguments in CASES],
        },
    )
