"""One small election as records in several states, and files for the command line."""

from pathlib import Path

from tests.factories.evote import (
    PLAIN,
    RecordWriter,
    count_ballots,
    make_world,
    write_complete_record,
    write_tally,
)

WORLD = make_world(questions=[PLAIN])
BALLOTS = [WORLD.ballot(0, [[0, 1, 1]]), WORLD.ballot(1, [[1, 0, 0]])]
COMPLETE = write_complete_record(WORLD, BALLOTS).data()


def voted(*bodies):
    writer = RecordWriter().setup(WORLD)
    for body in bodies:
        writer.add("Ballot", body)
    return writer


CLOSED = write_tally(voted(*BALLOTS), count_ballots(WORLD, BALLOTS)).data()


def write(name, data, *, mode=0o600):
    path = Path(name)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(mode)
    return name
