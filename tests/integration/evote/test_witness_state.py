import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from evote.cli.errors import CommandFailed
from evote.cli.witness.catching_up import catch_up
from evote.cli.witness.state import LIES_LIMIT, SUSPICIONS_LIMIT, State, StateChanged
from evote.tlog.note import Note, NoteSignature, SigningKey, decode_note
from evote.tlog.refused import decode_refused, verify_refused
from evote.tlog.witness import AddCheckpoint, Finding, decode_cosignatures, origin_hash
from tests.factories.dying_witness import KEYS, witness_on
from tests.factories.witnessing import KEY, ORIGIN, ROOT, SmallLog

LOG = SmallLog()
FORK = LOG.fork(3)
FOLDER = origin_hash(ORIGIN)
OTHER_KEY = SigningKey.generate(name=ORIGIN)
OTHER_LOG = SigningKey.generate(name="log.example/other")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "state.sqlite", tmp_path / "published"


@pytest.fixture
def witness(place):
    state, witness = witness_on(*place)
    with closing(state):
        yield witness


def size_of(witness):
    record = witness.record_of(ORIGIN)
    return None if record is None else record.checkpoint.size


def test_what_was_cosigned_is_recorded_published_and_answered(witness, place):
    answer = witness.add_checkpoint(LOG.request(0, 5))
    lines = decode_cosignatures(answer.body)
    published = (place[1] / FOLDER / "checkpoint").read_bytes()

    assert answer.status == 200
    assert [line.key_id for line in lines] == [key.verifier.key_id for key in KEYS]
    assert decode_note(published).signatures[1:] == lines
    assert witness.cosigned_checkpoint(FOLDER).body == published
    assert size_of(witness) == 5


def test_lines_of_strangers_are_neither_recorded_nor_published(witness):
    note = decode_note(LOG.checkpoint(5))
    stranger = NoteSignature(name="w.example/w", key_id=b"abcd", signature=b"x")
    doubled = Note(text=note.text, signatures=(stranger, *note.signatures * 40))
    request = AddCheckpoint(old_size=0, proof=(), checkpoint=doubled.encode())

    assert witness.add_checkpoint(request.encode()).status == 200
    record = witness.record_of(ORIGIN)
    assert record.note == LOG.checkpoint(5)
    assert len(decode_note(record.cosigned).signatures) == 3


def test_the_same_checkpoint_in_the_same_second_gets_the_same_lines(witness):
    first = witness.add_checkpoint(LOG.request(0, 5))

    assert witness.add_checkpoint(LOG.request(5, 5)).body == first.body


def test_a_refused_request_leaves_the_record_alone(witness):
    witness.add_checkpoint(LOG.request(0, 5))
    for body, status in [
        (b"", 400),
        (LOG.request(5, 9)[:-9], 400),
        (AddCheckpoint(old_size=6, proof=(), checkpoint=LOG.checkpoint(5)).encode(), 400),
        (LOG.request(4, 9), 409),
        (FORK.request(5, 9), 422),
        (SmallLog(key=OTHER_KEY).request(5, 9), 403),
        (SmallLog(key=OTHER_LOG).request(0, 9), 404),
    ]:
        assert witness.add_checkpoint(body).status == status
        assert size_of(witness) == 5


# --- Evidence -----------------------------------------------------------------------------------


def refused_by(witness):
    return decode_refused(witness.refused_checkpoints(FOLDER).body)


def test_a_43_a_fork_is_kept_once_and_convicts_the_log_offline(witness):
    witness.add_checkpoint(LOG.request(0, 5))
    for _ in range(3):
        assert witness.add_checkpoint(FORK.request(5, 5)).status == 422
        assert witness.add_checkpoint(FORK.request(5, 9)).status == 422
        assert witness.add_checkpoint(FORK.request(0, 5)).status == 409
    refused = refused_by(witness)

    assert [verify_refused(one, keys=[KEY.verifier]).size for one in refused] == [5, 9]
    assert size_of(witness) == 5


def test_suspicions_do_not_crowd_out_a_lie_and_the_first_ones_stay(witness):
    witness.add_checkpoint(LOG.request(0, 5))
    for size in range(6, 6 + SUSPICIONS_LIMIT + 20):
        body = AddCheckpoint(old_size=5, proof=(), checkpoint=LOG.checkpoint(size)).encode()
        assert witness.add_checkpoint(body).status == 422
    for size in range(6, 6 + LIES_LIMIT + 20):
        witness.add_checkpoint(FORK.request(5, size))
    refused = refused_by(witness)
    suspicions = [one for one in refused if one.finding is Finding.UNPROVEN]
    lies = [one for one in refused if one.finding is Finding.FORK]

    assert [one.checkpoint for one in suspicions] == [
        LOG.checkpoint(size) for size in range(6, 6 + SUSPICIONS_LIMIT)
    ]
    assert [one.checkpoint for one in lies] == [
        FORK.checkpoint(size) for size in range(6, 6 + LIES_LIMIT)
    ]


# --- The file -------------------------------------------------------------------------------------


def test_a_record_that_moved_is_not_overwritten(place):
    state, witness = witness_on(*place)
    with closing(state):
        witness.add_checkpoint(LOG.request(0, 5))
        old = witness.record_of(ORIGIN)
        witness.add_checkpoint(LOG.request(5, 9))
        new = witness.record_of(ORIGIN)
        for stale in (None, old):
            with pytest.raises(StateChanged), state.transaction():
                state.replace(old=stale, new=new)
        assert size_of(witness) == 9


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE recorded SET size = 4",
        "UPDATE recorded SET root = zeroblob(32)",
        "UPDATE recorded SET origin = 'other'",
        "DELETE FROM recorded",
        "UPDATE refused SET finding = 'unproven'",
        "DELETE FROM refused",
    ],
)
def test_the_file_itself_refuses_to_forget(witness, place, statement):
    witness.add_checkpoint(LOG.request(0, 5))
    witness.add_checkpoint(FORK.request(5, 5))
    with closing(sqlite3.connect(place[0])) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)


def test_two_witnesses_on_one_state_cannot_be(witness, place):
    with pytest.raises(CommandFailed, match="another witness runs"):
        State(place[0])


@pytest.mark.parametrize("content", [b"hello" * 1000, b"SQLite format 3\x00" + bytes(5000)])
def test_a_file_that_is_no_state_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(CommandFailed):
        State(tmp_path / "file")


def test_another_programs_database_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "file")) as connection:
        connection.execute("CREATE TABLE mine (number INTEGER)")
    with pytest.raises(CommandFailed, match="not a witness's"):
        State(tmp_path / "file")
    with pytest.raises(CommandFailed):
        State(tmp_path / "nowhere" / "file")


@pytest.mark.slow
def test_a_locked_database_takes_an_answer_away_and_nothing_else(witness, place):
    witness.add_checkpoint(LOG.request(0, 5))
    with closing(sqlite3.connect(place[0], isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert witness.add_checkpoint(LOG.request(5, 9)).status == 503
        assert witness.cosigned_checkpoint(FOLDER).status == 503
        other.execute("ROLLBACK")

    assert witness.add_checkpoint(LOG.request(5, 9)).status == 200


def test_a_published_folder_that_cannot_be_written_takes_an_answer_away(witness, place):
    place[1].mkdir()
    (place[1] / FOLDER).write_text("in the way")
    assert witness.add_checkpoint(LOG.request(0, 5)).status == 503
    (place[1] / FOLDER).unlink()

    assert witness.add_checkpoint(LOG.request(0, 5)).status == 409
    assert witness.add_checkpoint(LOG.request(5, 5)).status == 200


# --- Two at once, and dying ---------------------------------------------------------------------


def test_of_two_requests_at_once_one_wins_and_nothing_rolls_back(witness):
    witness.add_checkpoint(LOG.request(0, 5))
    barrier = threading.Barrier(16)
    answers = {}

    def ask(size):
        barrier.wait()
        answers[size] = witness.add_checkpoint(LOG.request(5, size))

    threads = [threading.Thread(target=ask, args=(size,)) for size in range(6, 22)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [size for size, answer in answers.items() if answer.status == 200]

    assert len(winners) == 1
    assert size_of(witness) == winners[0]
    assert {answer.body for answer in answers.values() if answer.status == 409} == {
        f"{winners[0]}\n".encode()
    }
    assert sorted(answer.status for answer in answers.values()) == [200] + [409] * 15


def dying_witness(steps, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "tests.factories.dying_witness", str(steps), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.slow
@pytest.mark.parametrize("body", [LOG.request(5, 9), FORK.request(5, 9)], ids=["growth", "fork"])
def test_d10_a_witness_killed_between_any_two_steps_neither_forgets_nor_forks(tmp_path, body):
    before = tmp_path / "before"
    before.mkdir()
    state, witness = witness_on(before / "state.sqlite", before / "published")
    with closing(state):
        assert witness.add_checkpoint(LOG.request(0, 5)).status == 200
    (tmp_path / "request").write_bytes(body)
    steps, was_killed = 0, True
    while was_killed:
        steps += 1
        after = tmp_path / f"killed-{steps}"
        shutil.copytree(before, after)
        arguments = (after / "state.sqlite", after / "published", tmp_path / "request")
        died = dying_witness(steps, *arguments)
        was_killed = died.returncode == -signal.SIGKILL
        assert was_killed or died.returncode == 0, died.stderr
        assert bool(died.stdout) != was_killed
        see_that_it_recovers(*arguments[:2])

    assert steps > 5


def see_that_it_recovers(state_path, published):
    state, witness = witness_on(state_path, published)
    with closing(state):
        catch_up(witness, peers=[], addresses={ORIGIN: None})
        size = size_of(witness)
        copy = (published / FOLDER / "checkpoint").read_bytes()

        assert size in {5, 9}
        assert copy == witness.record_of(ORIGIN).cosigned
        assert witness.add_checkpoint(FORK.request(size, 12)).status == 422
        assert witness.add_checkpoint(LOG.request(size, 12)).status == 200
