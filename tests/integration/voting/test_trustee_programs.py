import json
from datetime import timedelta
from pathlib import Path

import pytest

from evote.cli.main import main
from evote.encoding import encode_json
from evote.group import encode_secret_scalar
from evote.verify import Verdict, verify_record
from tests.factories.accounts import make_user
from tests.factories.voting import (
    TREES,
    add_trustees,
    built_booth,
    cast_votes,
    make_draft,
    run_log,
    send_credentials,
)
from voting.models import Election, Record
from voting.selectors.companion import companion_bytes
from voting.selectors.record import record_bytes
from voting.services.decrypting import publish_result
from voting.services.groups import begin_ceremony, make_group
from voting.services.polls import open_election
from voting.services.sealing import seal_election
from voting.services.trustees import name_trustee

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS = (1, 2, 3)


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        output = capfd.readouterr()
        return status, output.out, output.err

    return run


@pytest.fixture
def drafted():
    made = make_draft(questions=[TREES], minimum_ballots=2)
    add_trustees(made, emails=["alone@example.org"])
    group = make_group(election=made.election, threshold=2)
    for member in MEMBERS:
        name_trustee(
            election=made.election,
            name=f"Member {member}",
            email=f"member{member}@example.org",
            group=group,
        )
    begin_ceremony(group=group)
    made.election.refresh_from_db()
    return made


def hold_ceremony(run, page, election, client):
    def take(member, *more):
        command = ("trustee", "ceremony", page, "--item", 2, "--member", member)
        status, output, errors = run(*command, "--key", f"key-{member}.json", *more)
        assert status == 0, errors
        return output, errors

    for member in MEMBERS:
        take(member, "--output", f"certificate-{member}.json")
        client.force_login(make_user(email=f"member{member}@example.org"))
        with Path(f"certificate-{member}.json").open("rb") as file:
            answer = client.post(f"/elections/{election.uuid}/trustee/", {"file": file})
        assert answer.status_code == 302
    output, _ = take(1)
    fingerprint = output.split("--compared ")[1].strip().strip('"')
    for more in (("--compared", fingerprint), (), ()):
        for member in MEMBERS:
            assert "The server took your" in take(member, "--submit", *more)[1]
    for member in MEMBERS:
        assert "The ceremony is over" in take(member)[0]


def sign(run, page, key):
    status, output, errors = run("trustee", "sign", page, "--key", key)
    assert status == 0, errors
    fingerprint = output.rsplit("--fingerprint ", maxsplit=1)[1].strip()
    status, _, errors = run(
        *("trustee", "sign", page, "--key", key, "--fingerprint", fingerprint, "--submit")
    )
    assert (status, "The server took it" in errors) == (0, True), errors


def test_a_mixed_group_makes_keys_signs_and_decrypts_from_the_command_line(
    run, live_server, client, drafted
):
    election = drafted.election
    page = f"{live_server.url}/elections/{election.uuid}/"
    hold_ceremony(run, page, election, client)
    Path("alone.json").write_bytes(encode_json(encode_secret_scalar(drafted.secret_keys[0])))

    send_credentials(drafted, voters=3)
    with built_booth():
        drafted.election = seal_election(
            election=drafted.election, now=election.opens_at - timedelta(hours=1), profile=1
        )
        for key in ("alone.json", "key-1.json", "key-2.json", "key-3.json"):
            sign(run, page, key)
        drafted.election.refresh_from_db()
        assert drafted.election.phase == Election.Phase.SEALED
        run_log()
        drafted.election = open_election(election=drafted.election, now=drafted.election.opens_at)
    cast_votes(drafted, votes=[(0, [[1, 0]]), (1, [[0, 1]]), (0, [[0, 1]])])
    drafted.close()
    drafted.tally()

    for key in ("alone.json", "key-3.json", "key-1.json"):
        status, _, errors = run("trustee", "decrypt", page, "--key", key, "--submit")
        assert (status, "The server took it" in errors) == (0, True), errors
        assert election.uuid in json.loads(Path(key).read_text())["decrypted"]
    published = publish_result(election=drafted.election)

    assert published is not None
    record = Record.objects.get(election=published)
    report = verify_record(
        record_bytes(election=published),
        companion=companion_bytes(election=published, height=record.height - 1),
        progress=lambda *_: None,
    )
    assert report.verdict == Verdict.COMPLETE
    assert report.result is not None
    assert report.result.counts == ((0, 2),)


def test_a_certificate_of_another_member_is_refused_on_the_page(run, live_server, client, drafted):
    page = f"{live_server.url}/elections/{drafted.election.uuid}/"
    command = ("trustee", "ceremony", page, "--item", 2, "--member", 2, "--key", "key.json")
    certificate = run(*command)[1]
    client.force_login(make_user(email="member1@example.org"))

    answer = client.post(
        f"/elections/{drafted.election.uuid}/trustee/", {"public_key": certificate}
    )

    assert answer.status_code == 400
    assert "not for member 1" in answer.content.decode()


def test_a_certificate_can_be_pasted_with_its_line_end(run, live_server, client, drafted):
    page = f"{live_server.url}/elections/{drafted.election.uuid}/"
    command = ("trustee", "ceremony", page, "--item", 2, "--member", 2, "--key", "key.json")
    certificate = run(*command)[1]
    client.force_login(make_user(email="member2@example.org"))

    answer = client.post(
        f"/elections/{drafted.election.uuid}/trustee/", {"public_key": certificate}
    )

    assert answer.status_code == 302
    assert run(*command)[1].startswith("Your certificate is there.")
