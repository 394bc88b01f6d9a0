import json
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from evote.cli import large_files
from evote.election import (
    Trustees,
    combine_public_keys,
    decode_election,
    decode_trustee,
    encode_election,
    encode_trustees,
)
from evote.encoding import encode_json
from evote.group import encode_secret_scalar
from evote.record import encode_owned, encode_setup, read_record
from evote.tally import verify_partial_decryption
from tests.factories.evote import (
    ONE_OF_TWO,
    RecordWriter,
    count_ballots,
    make_world,
    write_tally,
)
from tests.factories.records import BALLOTS, CLOSED, COMPLETE, WORLD, write


class TestAddresses:
    UUID = WORLD.election.uuid
    RECORD = f"/elections/{UUID}/{UUID}.bel"
    UPLOAD = f"/api/elections/{UUID}/partial-decryptions"

    @pytest.mark.parametrize(
        "path",
        [RECORD, f"/elections/{UUID}/", f"/elections/{UUID}", f"/elections/{UUID}/ballots/"],
        ids=["record", "page", "page without slash", "page of ballots"],
    )
    def test_a_record_is_verified_from_its_own_or_its_elections_address(self, run, site, path):
        address, pages, _ = site
        pages[self.RECORD] = (200, {}, COMPLETE)
        assert run("verify", address + path)[0] == 0

    @pytest.mark.parametrize(
        "command",
        [
            ("verify",),
            ("trustee", "decrypt", "--key", "key.json"),
            ("ballot", "create", "--credential", "key.json", "--answers", "key.json"),
        ],
        ids=["verify", "decrypt", "create"],
    )
    def test_a02_a_record_of_another_election_is_no_answer(self, run, site, command):
        address, pages, _ = site
        write("key.json", encode_json(encode_secret_scalar(WORLD.secret_keys[0])))
        other = "11111111111111"
        pages[f"/elections/{other}/{other}.bel"] = (200, {}, CLOSED)
        status, output, errors = run(*command, f"{address}/elections/{other}/")
        assert (status, output) == (2, "")
        assert f"the record of another election, {self.UUID}" in errors

    def test_a_redirect_is_followed_on_the_web_only(self, run, site, tmp_path):
        address, pages, _ = site
        pages["/old.bel"] = (302, {"Location": self.RECORD}, b"")
        pages[self.RECORD] = (200, {}, COMPLETE)
        assert run("verify", address + "/old.bel")[0] == 0
        secret = tmp_path / "secret.bel"
        secret.write_bytes(COMPLETE)
        pages["/trap.bel"] = (302, {"Location": secret.as_uri()}, b"")
        assert run("verify", address + "/trap.bel")[0] == 2

    def test_an_answer_that_is_no_record_is_named(self, run, site):
        address, _, _ = site
        status, _, errors = run("verify", address + self.RECORD)
        assert status == 2
        assert f"{address}{self.RECORD}: the server answered 404" in errors
        assert "no such page" in errors

    def test_an_address_that_is_no_election_is_explained(self, run, site):
        address, _, _ = site
        status, _, errors = run("verify", address + "/about/")
        assert status == 2
        assert "…/elections/<uuid>/" in errors

    def test_a_server_that_does_not_answer_is_named(self, run):
        status, _, errors = run("verify", "http://127.0.0.1:9/elections/x/")
        assert status == 2
        assert "http://127.0.0.1:9" in errors

    def test_a_download_beyond_the_limit_is_stopped(self, run, site, monkeypatch):
        address, pages, _ = site
        pages[self.RECORD] = (200, {}, COMPLETE)
        monkeypatch.setattr(large_files, "RECORD_LIMIT_BYTES", 5000)
        status, _, errors = run("verify", address + self.RECORD)
        assert (status, "larger than 5000 bytes" in errors) == (2, True)

    def test_a_download_for_which_there_is_no_room_says_nothing_about_the_record(self, run, site):
        address, pages, _ = site
        pages[self.RECORD] = (200, {}, COMPLETE)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(COMPLETE) // 2, hard))
        try:
            status, output, errors = run("verify", address + self.RECORD)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (status, output) == (2, "")
        assert "cannot be kept while it is verified: File too large" in errors

    def test_a_trustee_submits_to_the_server_the_record_came_from(self, run, site):
        address, pages, received = site
        pages[self.RECORD] = (200, {}, CLOSED)
        pages[self.UPLOAD] = (201, {}, b"{}")
        write("key.json", encode_json(encode_secret_scalar(WORLD.secret_keys[0])))
        page = f"{address}/elections/{self.UUID}/"
        status, output, errors = run("trustee", "decrypt", page, "--key", "key.json", "--submit")
        assert (status, output) == (0, "")
        assert f"The server took it: {address}{self.UPLOAD}" in errors
        [(path, content_type, body)] = received
        assert (path, content_type) == (self.UPLOAD, "application/json")
        value = json.loads(body)
        assert list(value) == ["owner", "partial_decryption"]
        assert value["owner"] == 1
        verify_partial_decryption(
            data=value["partial_decryption"].encode(),
            election=WORLD.election,
            trustee=WORLD.trustees[0],
            tally=count_ballots(WORLD, BALLOTS).tally,
        )
        assert encode_secret_scalar(WORLD.secret_keys[0]).encode() not in body

    def test_a_refused_submission_gives_the_servers_reason(self, run, site):
        address, pages, _ = site
        pages[self.RECORD] = (200, {}, CLOSED)
        pages[self.UPLOAD] = (409, {}, b'{"code":"not_closed","detail":"Wait."}')
        write("key.json", encode_json(encode_secret_scalar(WORLD.secret_keys[0])))
        status, _, errors = run(
            "trustee", "decrypt", address + self.RECORD, "--key", "key.json", "--submit"
        )
        assert status == 2
        assert '{"code":"not_closed","detail":"Wait."}' in errors


def test_a_whole_election_can_be_run_from_the_command_line(run):
    keys = []
    for owner in (1, 2):
        _, output, _ = run("trustee", "keygen", "--output", f"key{owner}.json")
        keys.append(decode_trustee(output.strip().encode()))
    world = make_world(questions=[ONE_OF_TWO], voters=1)
    election = decode_election(
        encode_election(
            uuid=world.election.uuid,
            name="By hand",
            description="",
            public_key=combine_public_keys(keys),
            questions=[ONE_OF_TWO],
            context=None,
        )
    )
    run(
        "credential", "generate", "--election", election.uuid, "--count", 3,
        "--private", "private.txt", "--public", "credentials.json",
    )  # fmt: skip
    objects = {
        "election": election.archived,
        "trustees": encode_trustees(keys),
        "credentials": Path("credentials.json").read_bytes(),
    }
    writer = RecordWriter().add("Setup", *objects.values(), encode_setup(**objects))
    write("a.bel", writer.data())
    bodies = []
    for line, answers in zip(
        Path("private.txt").read_text().splitlines(), ("[[1,0]]", "[[0,1]]", "[[1,0]]"), strict=True
    ):
        write("credential", line)
        write("answers", answers)
        _, output, _ = run(
            "ballot", "create", "a.bel", "--credential", "credential", "--answers", "answers"
        )
        bodies.append(output.encode())
        writer.add("Ballot", bodies[-1])

    own = replace(
        world,
        election=election,
        public_list=objects["credentials"],
        trustee_list=Trustees(tuple(keys)),
    )
    write_tally(writer, count_ballots(own, bodies))
    for owner in (1, 2):
        write("a.bel", writer.data())
        _, output, _ = run("trustee", "decrypt", "a.bel", "--key", f"key{owner}.json")
        data = output.strip().encode()
        writer.add("PartialDecryption", data, encode_owned(owner=owner, payload=data))
    writer.add("Result", b'{"result":[[2,1]]}')
    status, output, _ = run("verify", write("a.bel", writer.data()))
    assert status == 0
    assert "    2  A\n    1  B\n" in output
    assert len(read_record(writer.data()).events) == 9
