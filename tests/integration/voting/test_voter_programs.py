"""A voter who uses no browser: `evote ballot create` and `evote ballot cast` on the real server."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from evote.cli.main import main
from evote.verify import Verdict, verify_record
from tests.factories.voting import TREES, make_election
from voting.models import Ballot, Election
from voting.selectors.companion import companion_bytes
from voting.selectors.record import record_bytes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        output = capfd.readouterr()
        return status, output.out, output.err

    return run


@pytest.fixture
def made():
    now = timezone.now()
    return make_election(
        phase=Election.Phase.OPEN,
        profile=1,
        questions=[TREES],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )


@pytest.fixture
def ballot(run, live_server, made):
    """Make a ballot of the first voter; give its file."""

    def ballot(name, answers):
        page = f"{live_server.url}/elections/{made.election.uuid}/"
        Path("credential").write_text(made.credentials[0])
        Path("credential").chmod(0o600)
        Path("answers").write_text(json.dumps(answers))
        status, *_ = run(
            *("ballot", "create", page, "--credential", "credential"),
            *("--answers", "answers", "--output", name),
        )
        assert status == 0
        return page

    return ballot


def cast(run, page, name, *more):
    command = ("ballot", "cast", name, "--election", page, "--credential", "credential")
    return run(*command, *(more or ("--submit",)))


def test_a_ballot_is_cast_and_replaced_without_a_browser(run, made, ballot):
    page = ballot("first.json", [[1, 0]])
    status, output, _ = cast(run, page, "first.json")
    assert status == 0
    assert json.loads(output)["status"] == "accepted"
    made.record()
    ballot("second.json", [[0, 1]])
    assert cast(run, page, "second.json")[0] == 0
    made.record()
    assert Ballot.objects.filter(election=made.election).count() == 2
    companion = companion_bytes(election=made.election, height=made.election.events.count() - 1)
    report = verify_record(
        record_bytes(election=made.election), companion=companion, progress=lambda *_: None
    )
    assert report.verdict == Verdict.UNFINISHED
    assert report.steps[13].comparisons


def test_a_ballot_that_waits_for_its_batch_is_named_with_prev(run, made, ballot):
    page = ballot("first.json", [[1, 0]])
    first = json.loads(cast(run, page, "first.json")[1])["tracker"]
    ballot("second.json", [[0, 1]])
    status, _, errors = cast(run, page, "second.json")
    assert status == 2
    assert "409" in errors
    assert cast(run, page, "second.json", "--prev", first, "--submit")[0] == 0


def test_what_is_to_be_sent_can_be_written_to_a_file(run, made, ballot):
    page = ballot("first.json", [[1, 0]])
    assert cast(run, page, "first.json", "--output", "body.json")[0] == 0
    body = json.loads(Path("body.json").read_text())
    assert sorted(body) == ["ballot", "prev", "proof"]
    assert not Ballot.objects.exists()


def test_somebody_elses_ballot_is_not_signed(run, made, ballot):
    page = ballot("first.json", [[1, 0]])
    Path("credential").write_text(made.credentials[1])
    status, _, errors = cast(run, page, "first.json")
    assert status == 2
    assert "made with another credential" in errors
