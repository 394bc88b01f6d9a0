"""An election to measure with: its questions, its voters, their ballots, and its record."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench.goals import CORES
from evote.credential import encode_credentials
from evote.election import Question
from tests.factories.evote import RecordWriter, make_world

ANSWERS = 5


class Bench:
    """One election of `questions` questions with so many answers each, and its voters."""

    def __init__(self, *, questions: int, voters: int, answers: int = ANSWERS) -> None:
        question = Question(
            text="Which?",
            answers=tuple(f"Answer {number}" for number in range(answers)),
            minimum=0,
            maximum=1,
            has_blank=False,
        )
        self.world = make_world(questions=[question] * questions, voters=voters, trustees=1)
        self.choices = [[1] + [0] * (answers - 1)] * questions

    def create(self, number: int) -> bytes:
        """Make the ballot of one voter."""
        return self.world.ballot(number, self.choices)

    def create_all(self) -> list[bytes]:
        """Make the ballot of every voter, on all cores."""
        with ProcessPoolExecutor(CORES) as pool:
            return list(pool.map(self.create, range(len(self.world.credentials)), chunksize=20))

    def write_record(self, folder: Path, *, voters: int) -> None:
        """Write the record as it is before anybody votes, with the first voters alone."""
        world = self.world
        credentials = encode_credentials(map(world.public, range(voters)))
        writer = RecordWriter().setup(replace(world, public_list=credentials))
        (folder / f"{world.election.uuid}.bel").write_bytes(writer.data())
