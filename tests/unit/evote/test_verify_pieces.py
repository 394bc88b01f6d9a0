import os
from collections import Counter

import pytest

from evote.cli.errors import CommandFailed
from evote.cli.large_files import FileBytes
from evote.cli.verification import Rechecker
from evote.cli.workers import TASKS_PER_WORKER, bounded_map
from evote.election import Question
from evote.errors import EvoteError, InvalidRecord
from evote.record import (
    NotReadable,
    cut_record,
    encode_header,
    last_height,
    pieces,
    read_archive,
    read_piece,
    read_record,
)
from evote.record import companion_pieces as casts
from evote.record.companion import decode_companion
from evote.verify import Verdict, companion_steps, verify_record
from evote.verify.box import Box
from tests.factories.evote import LISTS, RANKED, RecordWriter, make_world, write_complete_record
from tests.factories.profile import Files, changed, make_profile_world, write_files

YES_NO = Question(text="Yes?", answers=("Yes", "No"), minimum=0, maximum=1, has_blank=False)
WORLD = make_profile_world(questions=[YES_NO], voters=8, trustees=1)
VOTES = [(voter, WORLD.ballot(voter, [[voter % 2, 0]])) for voter in (*range(8), 2, 5)]
WHOLE = write_files(WORLD, VOTES)
BLOCK = 512
ARCHIVE, CHAIN, BALLOTS, BOX, TALLY, COMPANION, CASTS = 1, 2, 6, 7, 8, 12, 14


def verify(files=WHOLE, **options):
    return verify_record(
        files.record, companion=files.companion, progress=lambda *_: None, **options
    )


def problems(report, number):
    (step,) = [step for step in report.steps if step.number == number]
    return [(problem.place, problem.message) for problem in step.problems]


@pytest.fixture(params=[1, 3, 1000])
def piece_size(request, monkeypatch):
    monkeypatch.setattr(pieces, "SMALLEST_PIECE", request.param)
    monkeypatch.setattr(pieces, "LARGEST_PIECE", request.param)
    return request.param


def with_ballot(index, body):
    """Put another body in the place of a ballot, and write both files anew around it."""
    votes = [
        (voter, body if number == index else ballot) for number, (voter, ballot) in enumerate(VOTES)
    ]
    return write_files(WORLD, votes, until="Ballot")


def with_forged_proof(body):
    """Change a digit of the ballot's last number, which belongs to its signature."""
    place = body.rindex(b'"}}}') - 1
    return body[:place] + bytes([ord("0") + (body[place] - ord("0") + 1) % 10]) + body[place + 1 :]


@pytest.mark.usefixtures("piece_size")
class TestTheSameReport:
    def test_of_a_whole_election(self, monkeypatch):
        report = verify()
        assert report.verdict == Verdict.COMPLETE
        monkeypatch.undo()
        assert report == verify()

    def test_of_a_forged_ballot_in_the_middle(self):
        report = verify(with_ballot(4, with_forged_proof(VOTES[4][1])))
        assert problems(report, BALLOTS) == [
            (
                "event 5, ballot, signature.proof",
                "the signature is not by this credential over this ballot",
            )
        ]

    def test_of_a_ballot_that_is_there_twice(self):
        report = verify(with_ballot(6, VOTES[3][1]))
        assert problems(report, BOX) == [
            ("event 7, ballot", "this is exactly the ballot of event 4")
        ]

    @pytest.mark.parametrize("index", [0, 4, 9])
    def test_of_a_cast_statement_that_nobody_signed(self, index):
        proof = {"challenge": "1", "response": "2"}
        companion = changed(WHOLE.companion, "casts", index, "proof", to=proof)
        report = verify(Files(WHOLE.record, companion))
        assert problems(report, CASTS) == [
            (
                f"casts[{index}], event {index + 1}",
                "the cast statement is not by this credential over this ballot and the one before",
            )
        ]

    def test_of_cast_statements_out_of_order_before_those_not_signed(self):
        companion = changed(WHOLE.companion, "casts", 1, "proof", "response", to="2")
        companion = changed(companion, "casts", 8, "prev", to="A" * 43)
        report = verify(Files(WHOLE.record, companion))
        assert [place for place, _ in problems(report, CASTS)] == [
            "casts[8], event 9",
            "casts[1], event 2",
            "casts[8], event 9",
        ]

    @pytest.mark.parametrize("index", [0, 4, 9])
    @pytest.mark.parametrize(
        "spoil",
        [
            (b'"tracker":"', b'"tracker":"='),
            (b'"response":"', b'"response":"0'),
            (b'"prev":"', b'"prev": "'),
            (b"},{", b"}, {"),
            (b"}},{", b"}},,{"),
        ],
    )
    def test_of_a_second_file_that_is_spoilt(self, index, spoil):
        start = -1
        for _ in range(index % 9 + 1):
            start = WHOLE.companion.index(spoil[0], start + 1)
        spoilt = WHOLE.companion[:start] + WHOLE.companion[start:].replace(*spoil, 1)
        with pytest.raises(EvoteError) as caught:
            decode_companion(spoilt, election=WORLD.election)
        ((place, message),) = problems(verify(Files(WHOLE.record, spoilt)), COMPANION)
        assert f"{place}: {message}" in {
            f"companion: {caught.value}",
            f"companion, {caught.value}",
        }

    @pytest.mark.parametrize("number", range(40))
    def test_of_a_record_with_one_byte_changed(self, number):
        # Headers, names, padding, objects and events, all over the file.
        place = (number * len(WHOLE.record) // 40) // 64 * 64 + number
        changed_byte = bytes([WHOLE.record[place] ^ 1])
        record = WHOLE.record[:place] + changed_byte + WHOLE.record[place + 1 :]
        self.compare_form(record)

    @pytest.mark.parametrize("number", range(20))
    def test_of_a_record_that_is_cut(self, number):
        self.compare_form(WHOLE.record[: number * len(WHOLE.record) // 20 + number % 2])

    def test_of_a_record_that_begins_with_an_event_of_no_type(self):
        writer = RecordWriter().setup(WORLD)
        objects = [member.body for member in read_archive(writer.data()).members[:-1]]
        record = RecordWriter().add("Foo", *objects).add("Ballot", VOTES[0][1]).data()
        self.compare_form(record)
        report = verify(Files(record, WHOLE.companion))
        assert problems(report, ARCHIVE) == []
        assert problems(report, CHAIN) == [
            ("event 0", "an event of type 'Foo' cannot stand at the beginning")
        ]

    def test_of_a_record_with_something_behind_it(self):
        self.compare_form(WHOLE.record + b"x")
        self.compare_form(WHOLE.record + bytes(5 * BLOCK))
        self.compare_form(WHOLE.record + WHOLE.record)

    def compare_form(self, record):
        """See that the form of a record is refused as it is where all of it is read at once."""
        report = verify(Files(record, WHOLE.companion))
        found = [
            (step.number, problem.place, problem.message)
            for step in report.steps
            for problem in step.problems
            if step.number in (ARCHIVE, CHAIN)
        ]
        assert found == refused_at_once(record)


def refused_at_once(record):
    try:
        read_record(record)
    except InvalidRecord as error:
        return [(error.step, error.place, error.message)]
    return []


class TestSums:
    @pytest.mark.parametrize("voters", [[0, 1, 0], [0, 0, 0, 0, 1], [1, 1]])
    @pytest.mark.parametrize("weights", [None, [1, 1], [3, 2]])
    @pytest.mark.parametrize("question", [YES_NO, LISTS])
    def test_replaced_ballots_and_weights_count_as_they_must(self, voters, weights, question):
        world = make_world(questions=[question], voters=2, weights=weights)
        answer = [1, 0] if question is YES_NO else [[1, 1, 0], [0, 0]]
        bodies = [world.ballot(voter, [answer]) for voter in voters]
        data = write_complete_record(world, bodies).data()
        assert verify(Files(data, b"")).verdict == Verdict.COMPLETE

    def test_rankings_are_put_together(self):
        world = make_world(questions=[RANKED], voters=2)
        bodies = [world.ballot(voter, [[1, 2, 3]]) for voter in (0, 1, 0)]
        data = write_complete_record(world, bodies).data()
        assert verify(Files(data, b"")).verdict == Verdict.COMPLETE


class TestBox:
    def box(self, prints):
        box = Box()
        for height, print_ in enumerate(prints, start=1):
            box.add(height=height, tracker=f"t{height}", credential="c", prints=print_)
        return box

    def test_two_ciphertexts_with_the_same_print_are_no_copies(self):
        box = self.box([b"samesame", b"samesame", b"another1"])
        asked = []

        def alphas_of(height):
            asked.append(height)
            return [f"alpha {height}"]

        assert box.find_copies(alphas_of) == []
        assert asked == [1, 2]

    def test_copies_are_named_with_where_they_were_first(self):
        box = self.box([b"samesame", b"another1", b"samesame"])
        (problem,) = box.find_copies(lambda height: ["alpha"])
        assert str(problem) == (
            "event 3, ballot: the ciphertext with alpha alpha was copied from event 1"
        )

    def test_nothing_is_read_where_all_differ(self):
        box = self.box([b"%08d" % number for number in range(600)])
        assert box.find_copies(lambda height: pytest.fail("read")) == []


class Changing:
    """A file of which somebody changes a byte while it is verified."""

    def __init__(self, data):
        self.data = data

    def __len__(self):
        return len(self.data)

    def __getitem__(self, part):
        return self.data[part]

    def change(self, place):
        byte = bytes([self.data[place] ^ 1])
        self.data = self.data[:place] + byte + self.data[place + 1 :]


class TestFiles:
    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "record"
        path.write_bytes(WHOLE.record)
        return path

    def test_a_file_reads_as_its_bytes_do(self, file):
        data = FileBytes(os.open(file, os.O_RDONLY))
        assert len(data) == len(WHOLE.record)
        for part in (slice(0, 10), slice(1000, 5000), slice(-5, None), slice(5, 2), slice(None)):
            assert data[part] == WHOLE.record[part]
        report = verify_record(data, companion=WHOLE.companion, progress=lambda *_: None)
        assert report == verify()

    def test_a_file_that_shrinks_while_it_is_read_is_refused(self, file):
        data = FileBytes(os.open(file, os.O_RDONLY))
        os.truncate(file, len(WHOLE.record) // 2)
        report = verify_record(data, companion=WHOLE.companion, progress=lambda *_: None)
        assert report.verdict == Verdict.INVALID
        assert "became shorter" in problems(report, ARCHIVE)[0][1]

    def test_a_file_that_cannot_be_read_is_not_called_invalid(self, file, tmp_path):
        data = FileBytes(os.open(file, os.O_WRONLY))
        with pytest.raises(NotReadable):
            verify_record(data, companion=WHOLE.companion, progress=lambda *_: None)
        with pytest.raises(CommandFailed, match=r"record: the file cannot be read: "):
            Rechecker().verify(data, source=str(file))
        companion = tmp_path / "record.pnyx.json"
        companion.write_bytes(WHOLE.companion)
        data = FileBytes(os.open(companion, os.O_WRONLY))
        with pytest.raises(NotReadable):
            verify_record(WHOLE.record, companion=data, progress=lambda *_: None)

    # In the ballot's credential, and in the size that the header before it states.
    @pytest.mark.parametrize(("offset", "failing"), [(150, BALLOTS), (134 - BLOCK, BALLOTS)])
    def test_a_ballot_that_changes_after_its_hash_was_compared_is_refused(self, offset, failing):
        place = WHOLE.record.index(VOTES[4][1])
        data, credentials = Changing(WHOLE.record), 5

        def change_once(step, done, total):
            if step == credentials:
                data.change(place + offset)

        report = verify_record(data, companion=WHOLE.companion, progress=change_once)
        assert [step.number for step in report.steps if step.problems] == [failing]

    def test_a_record_that_is_only_its_header_has_the_time_of_that(self):
        header = encode_header(timestamp=1763700000)
        report = verify_record(header, progress=lambda *_: None)
        assert report.steps[0].comparisons[0] == f"{len(header)} bytes are exactly 1 files"
        assert "with the one time 1763700000" in report.steps[0].comparisons[-1]
        assert problems(report, CHAIN) == [("", "there is no event in the record")]

    def test_the_last_height_is_told_by_the_headers_alone(self):
        assert last_height(WHOLE.record) == read_record(WHOLE.record).events[-1].event.height
        assert last_height(WHOLE.record[:-BLOCK]) is None


class Waiting:
    """An executor whose tasks are done when somebody asks for the answer."""

    def __init__(self):
        self.under_way = self.most = 0

    def submit(self, function, task):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        return Promise(self, function, task)


class Promise:
    def __init__(self, executor, function, task):
        self.executor, self.function, self.task = executor, function, task

    def result(self):
        self.executor.under_way -= 1
        return self.function(self.task)


class TestNoMoreInMemoryThanIsWorkedOn:
    @pytest.mark.parametrize("workers", [1, 2, 8])
    def test_a_task_is_made_when_an_earlier_one_is_answered(self, workers):
        executor, made = Waiting(), []

        def tasks():
            for number in range(100):
                made.append(number)
                yield number

        answers = bounded_map(executor, workers=workers)(lambda task: -task, tasks())
        for done, answer in enumerate(answers):
            assert answer == -done
            assert len(made) <= done + 1 + TASKS_PER_WORKER * workers
        assert len(made) == 100
        assert executor.most == TASKS_PER_WORKER * workers

    def test_every_step_makes_its_tasks_one_by_one(self, monkeypatch):
        monkeypatch.setattr(pieces, "SMALLEST_PIECE", 1)
        monkeypatch.setattr(pieces, "LARGEST_PIECE", 1)
        most = Counter()

        def one_by_one(function, tasks):
            for ahead, task in enumerate(tasks):
                yield function(task)
                most[function.__name__] = max(most[function.__name__], ahead + 1)

        asked = Counter()

        def counted(function, tasks):
            def count():
                for task in tasks:
                    asked[function.__name__] += 1
                    yield task

            for answered, answer in enumerate(one_by_one(function, count()), start=1):
                assert asked[function.__name__] == answered
                yield answer

        assert verify(parallel_map=counted).verdict == Verdict.COMPLETE
        assert {"read_piece", "check_and_add", "are_casts", "check_casts"} <= set(asked)
        assert min(asked["read_piece"], asked["check_and_add"], asked["check_casts"]) >= 10

    def test_no_piece_is_larger_than_it_may_be(self, monkeypatch):
        monkeypatch.setattr(pieces, "LARGEST_PIECE", 4)
        monkeypatch.setattr(pieces, "SMALLEST_PIECE", 4)
        lengths = [len(piece.data) for piece in cut_record(WHOLE.record)]
        longest_event = max(
            len(piece.data) for piece in self.cut_at_every_event(monkeypatch, WHOLE.record)
        )
        assert max(lengths) <= 4 * longest_event

    def test_large_ballots_are_cut_sooner(self, monkeypatch):
        monkeypatch.setattr(pieces, "PIECE_LIMIT_BYTES", 1)
        assert [read_piece(piece).files for piece in cut_record(WHOLE.record)][1:11] == [2] * 10

    def cut_at_every_event(self, monkeypatch, data):
        with monkeypatch.context() as patch:
            patch.setattr(pieces, "LARGEST_PIECE", 1)
            patch.setattr(pieces, "SMALLEST_PIECE", 1)
            return list(cut_record(data))

    def test_pieces_grow_with_what_went_before(self):
        assert [pieces.piece_length(position) for position in (0, 320, 1600, 16_000, 10**6)] == [
            20,
            20,
            100,
            1000,
            1000,
        ]


class TestRemembering:
    def remember(self, rechecker, done):
        def counting(function, tasks):
            for task in tasks:
                done[function.__name__] += 1
                yield function(task)

        return rechecker._remember(counting)

    def test_a_record_that_has_grown_is_checked_only_where_it_has(self, monkeypatch):
        monkeypatch.setattr(pieces, "SMALLEST_PIECE", 2)
        monkeypatch.setattr(pieces, "LARGEST_PIECE", 2)
        rechecker, done = Rechecker(is_growing=True), Counter()
        before = write_files(WORLD, VOTES[:6], until="Ballot")
        remember = self.remember(rechecker, done)
        assert verify(before, parallel_map=remember).verdict == Verdict.UNFINISHED
        assert done["check_and_add"] == 3
        verify(before, parallel_map=remember)
        assert done["check_and_add"] == 3
        now = write_files(WORLD, VOTES, until="Ballot")
        report = verify(now, parallel_map=remember)
        assert report == verify(now)
        assert done["check_and_add"] == 5

    @pytest.mark.parametrize("lost", [0, 2])
    def test_an_answer_that_is_lost_is_not_made_up(self, monkeypatch, lost):
        monkeypatch.setattr(pieces, "SMALLEST_PIECE", 2)
        monkeypatch.setattr(pieces, "LARGEST_PIECE", 2)

        def losing(function, tasks):
            answers = [function(task) for task in tasks]
            return iter(answers[:lost] + answers[lost + 1 :])

        remember = Rechecker(is_growing=True)._remember(losing)
        assert verify(parallel_map=remember).verdict == Verdict.INVALID


class TestCompanionInPieces:
    def test_the_cast_statements_are_those_of_the_whole_file(self):
        small, found = casts.open_companion(WHOLE.companion, election=WORLD.election)
        whole = decode_companion(WHOLE.companion, election=WORLD.election)
        read = [one for piece in found.in_turn() for one in casts.read_casts(piece)]
        assert tuple(read) == whole.casts
        assert small.casts == ()
        assert (small.ceremony, small.decryptions) == (whole.ceremony, whole.decryptions)

    @pytest.mark.parametrize("window", [500, 701, 1 << 20])
    def test_wherever_the_windows_end(self, monkeypatch, window):
        monkeypatch.setattr(casts, "_WINDOW_BYTES", window)
        assert verify() == verify()
        _, found = casts.open_companion(WHOLE.companion, election=WORLD.election)
        assert len(found) == len(VOTES)

    def test_a_file_that_cannot_be_cut_is_refused_even_if_it_can_be_read_whole(self, monkeypatch):
        def refuse(data, *, election):
            raise casts.NotInPieces

        monkeypatch.setattr(companion_steps, "open_companion", refuse)
        assert "not written as" in problems(verify(), COMPANION)[0][1]
