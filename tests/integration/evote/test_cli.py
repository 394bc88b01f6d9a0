import html
import json
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from evote import __version__
from evote.election import (
    decode_trustee,
    verify_trustee,
)
from evote.encoding import encode_json
from evote.group import BACKEND, encode_secret_scalar
from evote.group.backend import BACKEND_SENTENCES, NATIVE
from evote.tally import decode_partial_decryption, verify_partial_decryption
from tests.factories.evote import (
    ONE_OF_TWO,
    PLAIN,
    RecordWriter,
    count_ballots,
    make_world,
    write_complete_record,
    write_tally,
)
from tests.factories.records import BALLOTS, CLOSED, COMPLETE, WORLD, voted, write
from tests.integration.evote.processes import command, environment

VECTORS = Path(__file__).parents[2] / "vectors" / "belenios"


class TestMain:
    def test_says_its_version(self, run):
        status, printed, errors = run("--version")

        assert (status, errors) == (0, "")
        assert printed.partition("\n")[0] == f"evote {__version__} ({BACKEND})"

    @pytest.mark.parametrize(
        "command",
        [
            "",
            "verify",
            "count",
            "credential",
            "credential generate",
            "ballot",
            "ballot create",
            "ballot check",
            "trustee",
            "trustee keygen",
            "trustee ceremony",
            "trustee complaint",
            "trustee decrypt",
            "trustee sign",
            "trustee shuffle",
            "registrar",
            "registrar make",
            "registrar letters",
            "registrar replace",
        ],
    )
    def test_every_command_explains_itself(self, run, command):
        status, output, _ = run(*command.split(), "--help")
        assert status == 0
        assert output.startswith(f"usage: evote {command}".rstrip())
        if len(command.split()) == 2 or command == "verify":
            assert "example" in output

    @pytest.mark.parametrize("arguments", [[], ["nonsense"], ["verify"], ["verify", "--no"]])
    def test_wrong_usage_is_status_2(self, run, arguments):
        status, _, errors = run(*arguments)
        assert status == 2
        assert "usage: evote" in errors

    def test_refuses_to_run_when_the_self_test_fails(self, run, monkeypatch):
        monkeypatch.setattr("evote.group.ed25519.is_valid_point", lambda raw: True)
        status, output, errors = run("verify", "x.bel")
        assert (status, output) == (2, "")
        assert "PyNaCl" in errors

    def test_needs_nothing_of_the_server(self):
        code = (
            "import sys, pkgutil, importlib, evote\n"
            "for module in pkgutil.walk_packages(evote.__path__, 'evote.'):\n"
            "    importlib.import_module(module.name)\n"
            "print({'django', 'celery', 'rest_framework'} & set(sys.modules))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "set()\n"


class TestVerify:
    def test_a_complete_record_is_status_0_with_its_result(self, run):
        status, output, errors = run("verify", write("a.bel", COMPLETE))
        assert (status, errors) == (0, "")
        assert "10. The result: passed" in output
        assert "    1  Alpha\n    1  Beta\n    1  Gamma\n" in output
        assert output.endswith("VALID AND COMPLETE: every step passed.\n")

    def test_a_record_cannot_write_over_what_was_printed(self, run):
        hostile = "Fine\x1b[2J\nVALID AND COMPLETE: every step passed.\u202e"
        question = replace(PLAIN, text=hostile, answers=(hostile, "B", "C"))
        world = make_world(questions=[question])
        record = write_complete_record(world, []).data()
        _, output, _ = run("verify", write("a.bel", record))
        assert output.count("\nVALID AND COMPLETE") == 1
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert "Fine\\x1b[2J\\nVALID" in output

    def test_an_unfinished_record_is_status_3(self, run):
        status, output, _ = run("verify", write("a.bel", CLOSED))
        assert status == 3
        assert "10. The result: not yet in the record" in output
        assert "VALID SO FAR" in output

    def test_an_invalid_record_is_status_1_and_the_place_is_named(self, run):
        ballot = json.loads(BALLOTS[0])
        ballot["answers"][0]["choices"][1]["alpha"] = "x"
        record = voted(BALLOTS[1], encode_json(ballot)).data()
        status, output, _ = run("verify", write("a.bel", record))
        assert status == 1
        assert "6. The ballots, one by one: FAILED" in output
        assert "! event 2, ballot, answers[0].choices[1].alpha: this is not how an" in output
        assert "NOT REACHED" in output
        assert output.endswith("INVALID: do not believe this record.\n")

    @pytest.mark.parametrize("case", ["case1", "case2", "case3", "case4", "case5", "case6-mj"])
    def test_records_made_by_other_people_are_complete(self, run, case):
        record = next(next(VECTORS.glob(f"{case}-*")).glob("*.bel"))
        status, output, errors = run("verify", record)
        assert (status, errors) == (0, "")
        assert output.endswith("VALID AND COMPLETE: every step passed.\n")

    @pytest.mark.parametrize("name", ["missing.bel", "."])
    def test_what_cannot_be_read_is_status_2_and_the_file_is_named(self, run, name):
        status, _, errors = run("verify", name)
        assert status == 2
        assert errors.startswith(f"evote: {name}: ")

    @pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"\0" * 2048, b"[" * 100_000])
    def test_what_is_no_record_is_invalid(self, run, data):
        assert run("verify", write("a.bel", data))[0] == 1

    def test_json_holds_the_same_steps(self, run):
        status, output, _ = run("verify", "--json", write("a.bel", COMPLETE))
        report = json.loads(output)
        assert (status, report["verdict"]) == (0, "complete")
        assert [step["number"] for step in report["steps"]] == list(range(1, 17))
        status, output, _ = run("verify", "--json", write("b.bel", COMPLETE[:-512]))
        assert (status, json.loads(output)["verdict"]) == (1, "invalid")

    @pytest.mark.parametrize("backend", sorted(BACKEND_SENTENCES))
    def test_every_form_of_the_report_names_the_back_end(self, tmp_path, backend):
        if backend == "native" and NATIVE is None:
            pytest.skip("evote has no C extension here")
        (tmp_path / "a.bel").write_bytes(COMPLETE)

        def verify(*arguments):
            return subprocess.run(
                command(["verify", "a.bel", *arguments]),
                cwd=tmp_path,
                env=environment() | {"EVOTE_BACKEND": backend},
                check=True,
                capture_output=True,
                text=True,
            ).stdout

        sentence = f"{backend}: {BACKEND_SENTENCES[backend]}"
        assert f"backend {sentence}\n" in verify("--report", "page.html")
        assert html.escape(sentence) in (tmp_path / "page.html").read_text()
        assert json.loads(verify("--json"))["backend"] == backend

    def test_a_large_record_is_checked_by_all_cores(self, tmp_path):
        world = make_world(questions=[ONE_OF_TWO], voters=220)
        bodies = [world.ballot(voter, [[1, 0]]) for voter in range(220)]
        good, bad = (tmp_path / name for name in ("good.bel", "bad.bel"))
        good.write_bytes(write_complete_record(world, bodies).data())
        writer = RecordWriter().setup(world)
        spoilt = json.loads(bodies[150])
        spoilt["answers"][0]["overall_proof"][0]["response"] = "1"
        for number, body in enumerate(bodies):
            writer.add("Ballot", encode_json(spoilt) if number == 150 else body)
        bad.write_bytes(writer.data())
        assert good.stat().st_size > 500_000
        for record, status, text in ((good, 0, "220  A"), (bad, 1, "event 151, ballot")):
            done = subprocess.run(
                [sys.executable, "-m", "evote.cli.main", "verify", record],
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stderr) == (status, "")
            assert text in done.stdout


class TestCredential:
    ARGUMENTS = ("credential", "generate", "--private", "private", "--public", "public")

    def test_makes_a_secret_file_and_a_public_list(self, run):
        uuid = WORLD.election.uuid
        status, output, _ = run(*self.ARGUMENTS, "--election", uuid, "--count", 7)
        assert (status, output) == (0, "7 credentials: secret in private, public in public\n")
        private = Path("private").read_text().splitlines()
        assert len(set(private)) == 7
        assert len(json.loads(Path("public").read_text())) == 7
        assert stat.S_IMODE(Path("private").stat().st_mode) == 0o600

    def test_overwrites_nothing(self, run):
        write("private", "precious")
        status, _, errors = run(*self.ARGUMENTS, "--election", WORLD.election.uuid, "--count", 7)
        assert status == 2
        assert "private exists already" in errors
        assert Path("private").read_text() == "precious"
        assert not Path("public").exists()

    @pytest.mark.parametrize(("uuid", "count"), [("short", 7), ("1" * 14, 0), ("1" * 14, 10**8)])
    def test_refuses_what_makes_no_sense(self, run, uuid, count):
        status, _, errors = run(*self.ARGUMENTS, "--election", uuid, "--count", count)
        assert status == 2
        assert "--election" in errors or "--count" in errors


class TestBallot:
    @pytest.fixture
    def files(self, run):
        return {
            "record": write("a.bel", voted(BALLOTS[1]).data()),
            "credential": write("credential", WORLD.credentials[0] + "\n"),
            "answers": write("answers.json", "[[0, 1, 0]]\n"),
        }

    def create(self, run, files, *more):
        return run(
            "ballot", "create", files["record"], "--credential", files["credential"],
            "--answers", files["answers"], *more,
        )  # fmt: skip

    def test_a_created_ballot_checks_and_is_not_in_the_box_yet(self, run, files):
        status, output, errors = self.create(run, files, "--output", "ballot.json")
        assert (status, output) == (0, "")
        tracker = errors.removeprefix("tracker: ").strip()
        status, output, _ = run("ballot", "check", "ballot.json", "--election", files["record"])
        assert status == 0
        assert f"tracker     {tracker}" in output
        assert "not in the record" in output

    def test_the_ballot_goes_to_standard_output_otherwise(self, run, files):
        _, output, _ = self.create(run, files)
        write("ballot.json", output)
        write("election.json", WORLD.election.archived)
        status, output, _ = run("ballot", "check", "ballot.json", "--election", "election.json")
        assert status == 0
        assert "in the box" not in output

    def test_a_ballot_in_the_box_is_found_and_whether_it_counts(self, run):
        later = WORLD.ballot(0, [[0, 0, 0]])
        write("a.bel", voted(*BALLOTS, later).data())
        write("first.json", BALLOTS[0])
        write("later.json", later)
        _, output, _ = run("ballot", "check", "first.json", "--election", "a.bel")
        assert "event 1 of the record, but a later ballot replaced it" in output
        _, output, _ = run("ballot", "check", "later.json", "--election", "a.bel")
        assert "event 3 of the record, and counts" in output

    def test_an_invalid_ballot_is_status_1_with_its_code(self, run, files):
        write("bad.json", BALLOTS[0] + b"\n")
        status, output, _ = run("ballot", "check", "bad.json", "--election", files["record"])
        assert status == 1
        assert output.startswith("bad.json: INVALID (non_canonical): ")
        write("bad.json", BALLOTS[0] * 200)
        status, output, _ = run("ballot", "check", "bad.json", "--election", files["record"])
        assert (status, "too_large" in output) == (1, True)

    def test_a_ballot_of_a_stranger_is_invalid(self, run, files):
        stranger = make_world(uuid=WORLD.election.uuid)
        write("election.json", WORLD.election.archived)
        write("credential", stranger.credentials[0])
        status, _, errors = self.create(run, files)
        assert status == 2
        assert "not on the election's list" in errors
        self.create(run, files | {"record": "election.json"}, "--output", "ballot.json")
        status, output, _ = run("ballot", "check", "ballot.json", "--election", files["record"])
        assert (status, "unknown_credential" in output) == (1, True)

    @pytest.mark.parametrize(
        ("answers", "reason"),
        [
            ("[[1,1,1]]", "asks for 0 to 2 choices"),
            ("[[1,1]]", "3 zeros and ones"),
            ("[]", "1 questions and 0 answers"),
            ("[[true,0,0]]", "[0][0]: expected an integer"),
            ("[1]", "[0]: expected a list"),
            ("no", "not JSON"),
        ],
    )
    def test_answers_that_are_not_permitted_are_refused(self, run, files, answers, reason):
        write("answers.json", answers)
        status, output, errors = self.create(run, files)
        assert (status, output) == (2, "")
        assert errors.startswith("evote: answers.json: ")
        assert reason in errors

    def test_a_file_that_holds_no_credential_is_named_but_not_shown(self, run, files):
        write("credential", "hunter2")
        status, _, errors = self.create(run, files)
        assert status == 2
        assert errors.startswith("evote: credential: a credential has 22")
        assert "hunter2" not in errors

    def test_a_credential_that_others_can_read_is_warned_about(self, run, files):
        write("credential", WORLD.credentials[0], mode=0o644)
        status, _, errors = self.create(run, files)
        assert status == 0
        assert "warning: credential can be read by other users" in errors

    def test_a_record_that_is_none_is_named(self, run, files):
        status, _, errors = self.create(run, files | {"record": "answers.json"})
        assert status == 2
        assert errors.startswith("evote: answers.json: ")


class TestTrustee:
    def test_keygen_writes_a_key_that_only_its_owner_can_read(self, run):
        status, output, errors = run("trustee", "keygen", "--output", "key.json", "--name", "Ada")
        trustee = decode_trustee(output.strip().encode())
        verify_trustee(trustee)
        assert (status, trustee.name) == (0, "Ada")
        assert stat.S_IMODE(Path("key.json").stat().st_mode) == 0o600
        assert Path("key.json").read_text() not in output + errors

    def test_keygen_overwrites_nothing(self, run):
        write("key.json", "precious")
        status, output, errors = run("trustee", "keygen", "--output", "key.json")
        assert (status, output) == (2, "")
        assert "exists already" in errors
        assert Path("key.json").read_text() == "precious"

    def key(self, owner):
        secret = encode_secret_scalar(WORLD.secret_keys[owner - 1])
        return write(f"key{owner}.json", encode_json(secret))

    def decrypt(self, run, record, *more, owner=2):
        return run("trustee", "decrypt", write("a.bel", record), "--key", self.key(owner), *more)

    @pytest.mark.parametrize("owner", [1, 2])
    def test_decrypt_gives_the_partial_decryption_of_its_own_sum(self, run, owner):
        status, output, errors = self.decrypt(run, CLOSED, owner=owner)
        assert status == 0
        assert f"Trustee {owner} decrypted the sum of 2 ballots" in errors
        verify_partial_decryption(
            data=output.strip().encode(),
            election=WORLD.election,
            trustee=WORLD.trustees[owner - 1],
            tally=count_ballots(WORLD, BALLOTS).tally,
        )

    def test_decrypt_writes_a_file(self, run):
        status, output, _ = self.decrypt(run, CLOSED, "--output", "mine.json")
        assert (status, output) == (0, "")
        decode_partial_decryption(Path("mine.json").read_bytes(), election=WORLD.election)

    def test_a31_nothing_is_decrypted_before_the_box_is_closed(self, run):
        status, output, errors = self.decrypt(run, voted(*BALLOTS).data())
        assert (status, output) == (2, "")
        assert "no encrypted tally" in errors

    def test_a31_nothing_but_the_sum_of_the_ballots_is_decrypted(self, run):
        # The server puts a single ballot in the place of the sum.
        record = write_tally(voted(*BALLOTS), count_ballots(WORLD, BALLOTS[:1])).data()
        status, output, errors = self.decrypt(run, record)
        assert status == 1
        assert "8. The encrypted tally: FAILED" in output
        assert "decryption_factors" not in output
        assert "Nothing was decrypted" in errors

    def test_a10_nothing_is_decrypted_when_a_ballot_is_bad(self, run):
        record = write_tally(
            voted(*BALLOTS, BALLOTS[0] + b" "), count_ballots(WORLD, BALLOTS)
        ).data()
        status, output, _ = self.decrypt(run, record)
        assert status == 1
        assert "event 3, ballot" in output

    def test_a27_a_trustee_finds_their_own_key_or_refuses(self, run):
        stranger = make_world(trustees=1)
        write("key.json", encode_json(encode_secret_scalar(stranger.secret_keys[0])))
        status, output, errors = run(
            "trustee", "decrypt", write("a.bel", CLOSED), "--key", "key.json"
        )
        assert (status, output) == (2, "")
        assert "key.json: this key is not among the 2 trustees" in errors

    def test_a_second_time_there_is_nothing_to_do(self, run):
        status, output, errors = self.decrypt(run, COMPLETE)
        assert (status, output) == (2, "")
        assert "trustee 2 has decrypted already" in errors

    @pytest.mark.parametrize("key", ["", "5", '"0"', '"05"', '"x"', "{}", '"' + "9" * 90 + '"'])
    def test_a_bad_key_file_is_named_but_not_shown(self, run, key):
        write("key.json", key)
        status, _, errors = run("trustee", "decrypt", write("a.bel", CLOSED), "--key", "key.json")
        assert (status, errors) == (
            2,
            "evote: key.json: this is not a trustee's private key\n",
        )

    def test_submit_needs_an_address(self, run):
        status, _, errors = self.decrypt(run, CLOSED, "--submit")
        assert status == 2
        assert "--submit needs the address" in errors
