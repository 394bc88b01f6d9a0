"""`evote hints make`, and `evote verify` with the file that it writes."""

import json
from pathlib import Path

import pytest

from evote.group import computes_together
from tests.factories.evote import RANKED, make_world, write_complete_record
from tests.factories.records import BALLOTS, COMPLETE, write

NATIVE = pytest.mark.skipif(not computes_together(), reason="evote has no C extension here")
RANKING = make_world(questions=[RANKED], trustees=1)
BALLOT_COUNT = len(BALLOTS)


@pytest.fixture
def record():
    write("record.bel", COMPLETE)
    return Path("record.bel")


def files():
    return sorted(path.name for path in Path().iterdir())


def lines_without_hints(output):
    return [line for line in output.splitlines() if not line.startswith("hints:")]


@NATIVE
def test_hints_beside_the_record_are_found_and_change_nothing_else(run, record):
    without = run("verify", record)
    status, output, errors = run("hints", "make", record)
    assert (status, errors) == (0, "")
    assert output == f"hints for {BALLOT_COUNT} of {BALLOT_COUNT} ballots are in record.hints\n"

    status, output, errors = run("verify", record, "--report", "report.html")

    assert (status, errors) == (without[0], "") == (0, "")
    assert lines_without_hints(output) == without[1].splitlines()
    sentence = f"used for {BALLOT_COUNT} of {BALLOT_COUNT} ballots, and trusted for none."
    assert f"hints: {sentence}" in output
    assert sentence in Path("report.html").read_text(encoding="utf-8")


@NATIVE
def test_hints_elsewhere_are_named_and_the_report_for_programs_counts_them(run, record):
    run("hints", "make", record, "-o", "elsewhere")
    assert files() == ["elsewhere", "record.bel"]
    assert json.loads(run("verify", record, "--json")[1])["hints"] is None

    report = json.loads(run("verify", record, "--json", "--hints", "elsewhere")[1])

    assert report["hints"] == {"ballots": BALLOT_COUNT, "hinted": BALLOT_COUNT, "problem": ""}
    assert report["verdict"] == "complete"


@NATIVE
def test_hints_may_be_made_again_over_older_ones_and_leave_nothing_beside_them(run, record):
    Path("record.hints").write_bytes(b"older")
    assert run("hints", "make", record)[0] == 0
    assert files() == ["record.bel", "record.hints"]
    assert Path("record.hints").stat().st_mode & 0o777 == 0o644


@NATIVE
def test_a_ranked_election_has_hints_too(run):
    ballots = [RANKING.ballot(voter, [[1, 2, 3]]) for voter in range(3)]
    write("ranked.bel", write_complete_record(RANKING, ballots).data())
    assert "hints for 3 of 3 ballots" in run("hints", "make", "ranked.bel")[1]
    assert "used for 3 of 3" in run("verify", "ranked.bel")[1]


@NATIVE
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda data: b"", "it does not begin as a file of hints does"),
        (lambda data: b"x" + data[1:], "it does not begin as a file of hints does"),
        (lambda data: data[:20] + b"x" + data[21:], "it is for another election"),
        (lambda data: data[:-1], f"entry {BALLOT_COUNT - 1}: the file ends here"),
        (lambda data: data + b"\0", "it goes on behind the last ballot of the record"),
        (lambda data: data[:48] + b"\xff" * 4, "4294967295 points are more than a ballot of"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_named_and_changes_no_verdict(
    run, record, change, problem
):
    without = run("verify", record)[1].splitlines()
    run("hints", "make", record)
    hints = Path("record.hints")
    hints.write_bytes(change(hints.read_bytes()))

    status, output, _ = run("verify", record)

    assert status == 0
    assert lines_without_hints(output) == without
    assert problem in output


@NATIVE
def test_a_file_of_false_hints_is_of_no_use_and_changes_no_verdict(run, record):
    run("hints", "make", record)
    hints = Path("record.hints")
    data = bytearray(hints.read_bytes())
    for place in range(100, len(data), 64):
        data[place] ^= 1
    hints.write_bytes(bytes(data))

    status, output, _ = run("verify", record)

    assert status == 0
    assert "VALID AND COMPLETE" in output
    assert f"used for {BALLOT_COUNT} of" not in output


@NATIVE
def test_an_invalid_record_is_refused_with_the_same_words_with_and_without_hints(run, record):
    run("hints", "make", record, "-o", "good.hints")
    data = bytearray(COMPLETE)
    data[COMPLETE.rindex(b'"answers"') + 40] ^= 1
    write("record.bel", bytes(data))
    without = run("verify", record)

    status, output, _ = run("verify", record, "--hints", "good.hints")

    assert status == without[0] == 1
    assert lines_without_hints(output) == without[1].splitlines()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "record.bel", "--hints", "nowhere"], "nowhere"),
        (["verify", "record.bel", "record.bel", "--hints", "x"], "--hints goes with one record"),
        (["verify", "record.bel", "--follow", "--hints", "x"], "--follow watches one election"),
    ],
)
def test_what_cannot_be_done_is_said(run, record, arguments, message):
    status, _, errors = run(*arguments)
    assert status == 2
    assert message in errors


@NATIVE
def test_a_record_that_is_none_gets_no_hints_and_no_file(run):
    Path("record.bel").write_bytes(b"nothing")
    status, _, errors = run("hints", "make", "record.bel")
    assert status == 2
    assert "record.bel" in errors
    assert files() == ["record.bel"]


@NATIVE
def test_a_record_from_elsewhere_needs_a_name_for_its_hints(run):
    status, _, errors = run("hints", "make", "https://vote.example.org/elections/x/")
    assert status == 2
    assert "say with -o" in errors


@pytest.mark.skipif(computes_together(), reason="this is about evote without its C extension")
def test_without_the_c_extension_hints_are_not_used_and_it_is_said(run, record):
    write("record.hints", b"anything")
    assert "hints: not used: they need evote's C extension." in run("verify", record)[1]
    assert run("hints", "make", record)[0] == 2
