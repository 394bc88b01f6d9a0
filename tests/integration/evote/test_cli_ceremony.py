import json
import stat
from pathlib import Path

import pytest

from evote.election import decode_trustees, encode_trustees
from evote.encoding import encode_json
from evote.group import encode_secret_scalar, random_scalar
from evote.proofs import read_proof
from evote.proofs.statements import verify_transcript
from evote.record import encode_setup
from evote.threshold import (
    certificates_fingerprint,
    decode_signed,
    derive_keys,
    verify_threshold_trustees,
)
from evote.threshold.ceremony import finish_ceremony, read_share_message
from evote.threshold.member import all_commits, all_reveals, opened
from evote.threshold.state import decode_state
from tests.factories.companion import make_ceremony
from tests.factories.evote import PLAIN, RecordWriter, count_ballots, make_world, write_tally
from tests.factories.records import write
from tests.factories.threshold import UUID, bad_secrets, in_the_form_of_2022, with_secret

LISTS = {
    "certificate": "certs",
    "commit": "commits",
    "polynomial": "polynomials",
    "share": "shares",
}
NAMES = ("Ada", "Blaise", "Chen")


class Table:
    """The public state of a ceremony in a file, and three members who take their steps."""

    def __init__(self, run, *, threshold=2, uuid=UUID):
        self.run = run
        self.state = {
            "election": uuid,
            "item": 1,
            "attempt": 1,
            "threshold": threshold,
            "step": "certificates",
            "members": [
                {"index": index, "name": name, "step": ""}
                for index, name in enumerate(NAMES, start=1)
            ],
            **{name: [None] * len(NAMES) for name in LISTS.values()},
            "complaints": [],
        }

    def save(self):
        Path("state.json").write_bytes(encode_json(self.state))

    def run_member(self, member, *more):
        self.save()
        command = ("trustee", "ceremony", "state.json", "--member", member)
        return self.run(*command, "--key", f"key-{member}.json", *more)

    def take(self, step, *more, members=(1, 2, 3)):
        for member in members:
            status, output, errors = self.run_member(member, *more)
            assert status == 0, errors
            self.state[LISTS[step]][member - 1] = json.loads(output)

    def fingerprint(self):
        return certificates_fingerprint(
            [decode_signed(encode_json(cert)) for cert in self.state["certs"]]
        )

    def go_to(self, step):
        steps = list(LISTS)
        for each in steps[: steps.index(step)]:
            more = ("--compared", self.fingerprint()) if each == "commit" else ()
            self.take(each, *more)


@pytest.fixture
def table(run):
    return Table(run)


class TestCeremony:
    def test_three_members_make_a_key_of_which_two_suffice(self, table):
        table.go_to("share")
        table.take("share")
        for member in (1, 2, 3):
            status, output, _ = table.run_member(member, "--share", f"share-{member}.json")
            assert (status, "The ceremony is over" in output) == (0, True)
        table.save()
        state = decode_state(Path("state.json").read_bytes())
        ceremony = opened(state)
        reveals = all_reveals(
            state, ceremony=ceremony, commits=all_commits(state, ceremony=ceremony)
        )
        keys = [
            read_share_message(signed, ceremony=ceremony, reveals=reveals, index=index)
            for index, signed in enumerate(state.shares, start=1)
        ]
        trustees = finish_ceremony(ceremony=ceremony, reveals=reveals, keys=keys)
        verify_threshold_trustees(trustees)
        value = [["Pedersen", trustees.to_json()]]
        assert decode_trustees(encode_json(value)).threshold_met([1, 3])

    def test_the_key_is_made_once_and_only_its_owner_can_read_it(self, table):
        table.run_member(1)
        before = Path("key-1.json").read_bytes()
        assert stat.S_IMODE(Path("key-1.json").stat().st_mode) == 0o600
        table.take("certificate")
        assert Path("key-1.json").read_bytes() == before

    def test_the_key_is_not_made_where_its_certificate_is_there_already(self, table):
        table.take("certificate")
        Path("key-1.json").unlink()
        status, output, errors = table.run_member(1)
        assert (status, output) == (2, "")
        assert "key-1.json" in errors
        assert not Path("key-1.json").exists()

    def test_those_who_are_waited_for_are_named(self, table):
        table.take("certificate", members=(1,))
        status, output, _ = table.run_member(1)
        assert (status, output) == (0, "Your certificate is there. Still to come: Blaise, Chen.\n")

    def test_nothing_is_committed_before_the_fingerprint_is_compared(self, table):
        table.take("certificate")
        status, output, _ = table.run_member(1)
        assert status == 0
        assert table.fingerprint() in output
        assert "commit_" not in output
        status, output, errors = table.run_member(1, "--compared", "0" * 32)
        assert (status, output) == (2, "")
        assert "different certificates" in errors

    def test_a27_a_server_that_shows_members_different_certificates_is_found(self, run, table):
        table.take("certificate")
        stranger = Table(run)
        stranger.state["certs"] = [*table.state["certs"]]
        for member in (2, 3):
            Path(f"key-{member}.json").unlink()
            stranger.state["certs"][member - 1] = None
            stranger.take("certificate", members=(member,))
        status, _, errors = stranger.run_member(1, "--compared", table.fingerprint())
        assert status == 2
        assert "different certificates" in errors

    def test_a27_a_stranger_in_ones_own_place_is_found(self, run, table):
        table.take("certificate")
        Path("key-1.json").unlink()
        write("key-1.json", encode_json("1" * 22))
        status, _, errors = table.run_member(1)
        assert status == 2
        assert "the certificate in your place is not yours" in errors

    def test_a26_whoever_reveals_another_polynomial_than_committed_is_named(self, table):
        table.go_to("polynomial")
        table.take("polynomial")
        forged = json.loads(table.state["polynomials"][2]["message"])
        forged["coefexps"] = json.loads(table.state["polynomials"][1]["message"])["coefexps"]
        table.state["polynomials"][2]["message"] = encode_json(forged).decode()
        status, _, errors = table.run_member(1)
        assert status == 1
        assert "member 3 (Chen)" in errors

    def test_a28_a_bad_share_is_named_with_evidence_that_anybody_can_check(self, run, table):
        table.go_to("share")
        table.save()
        state = decode_state(Path("state.json").read_bytes())
        ceremony = opened(state)
        keys = self.keys(1)
        secrets = bad_secrets(state.polynomials[0], number=2, keys=keys, ceremony=ceremony)
        cheated = with_secret(state.polynomials[0], 2, secrets["another number"], keys=keys)
        table.state["polynomials"][0] = cheated.to_json()
        assert table.run_member(3)[0] == 0
        status, output, errors = table.run_member(2)
        assert status == 1
        assert "the share that member 1 (Ada) sent you is wrong" in errors
        evidence = f"complaint-{UUID}-2-about-1.json"
        status, output, _ = run("trustee", "complaint", evidence)
        assert status == 0
        assert "Member 1 sent member 2 a wrong share" in output
        assert table.fingerprint() in output
        table.state["complaints"] = [
            {"by": 2, "about": 1, "name": "Ada", "evidence": Path(evidence).read_text()}
        ]
        status, _, errors = table.run_member(3)
        assert status == 1
        assert "member 1 (Ada) sent member 2 a wrong share" in errors
        assert "begins with new keys" in errors

    @staticmethod
    def keys(member):
        return derive_keys(json.loads(Path(f"key-{member}.json").read_text()))

    def test_a_complaint_that_proves_nothing_is_status_1(self, run):
        vectors = json.loads((Path(__file__).parents[2] / "vectors" / "threshold.json").read_text())
        write("e.json", vectors["unfounded_complaints"][0]["evidence"])
        status, output, errors = run("trustee", "complaint", "e.json")
        assert (status, output) == (1, "")
        assert "not founded" in errors
        assert run("trustee", "complaint", write("x.json", "{}"))[0] == 2

    @pytest.mark.parametrize("member", [0, 4])
    def test_a_member_that_does_not_exist_is_wrong_usage(self, table, member):
        status, _, errors = table.run_member(member)
        assert (status, "there is no member" in errors) == (2, True)

    def test_the_key_of_a_trustee_alone_is_refused(self, table):
        write("key-1.json", encode_json(encode_secret_scalar(random_scalar())))
        status, _, errors = table.run_member(1)
        assert (status, "not of a member" in errors) == (2, True)

    def test_messages_go_to_the_server_but_certificates_need_their_own_page(self, table, site):
        address, pages, received = site
        page = f"{address}/elections/{UUID}/"

        def submit(member, *more):
            pages[f"/api/elections/{UUID}/ceremonies/1"] = (200, {}, encode_json(table.state))
            return table.run(
                *("trustee", "ceremony", page, "--member", member),
                *("--key", f"key-{member}.json", "--submit", *more),
            )

        pages[f"/api/elections/{UUID}/ceremonies/1/messages"] = (201, {}, b"{}")
        status, _, errors = submit(1)
        assert (status, "where you are signed in" in errors) == (2, True)
        table.take("certificate")
        status, _, errors = submit(1, "--compared", table.fingerprint())
        assert (status, "The server took your commit" in errors) == (0, True)
        body = json.loads(received[-1][2])
        assert (body["member"], body["step"]) == (1, "commit")
        decode_signed(body["message"].encode())


def test_a_record_of_2022_is_verified_where_it_is_asked_for(run):
    world = make_world(questions=[PLAIN], trustees=0, thresholds=[(2, 3)])
    tp = in_the_form_of_2022(
        world.trustee_list.items[0].to_json(), seeds=world.ceremonies[0].room.seeds
    )
    objects = {
        "election": world.election.archived,
        "trustees": encode_json([["Pedersen", tp]]),
        "credentials": world.public_list,
    }
    writer = RecordWriter().add("Setup", *objects.values(), encode_setup(**objects))
    record = write("a.bel", writer.data())
    assert run("verify", record)[0] == 1
    status, output, _ = run("verify", record, "--legacy-threshold")
    assert (status, "in the form of 2022" in output) == (3, True)
    assert run("verify", record, "--legacy-threshold", "--follow")[0] == 2


class TestSigning:
    WORLD = make_world(questions=[PLAIN], trustees=1, thresholds=[(2, 3)])
    UUID = WORLD.election.uuid
    ROOM = WORLD.ceremonies[0].room

    def state(self):
        room = self.ROOM
        return {
            "election": self.UUID,
            "threshold": 2,
            "members": [{"index": n, "name": f"M{n}", "step": "share"} for n in (1, 2, 3)],
            "certs": [each.to_json() for each in room.ceremony.signed_certificates],
            "commits": [each.to_json() for each in room.commit_messages],
            "polynomials": [each.to_json() for each in room.reveal_messages],
            "shares": [each.to_json() for each in self.WORLD.ceremonies[0].share_messages],
            "complaints": [],
        }

    @pytest.fixture
    def sealed(self, run, site):
        address, pages, _ = site
        world = self.WORLD
        ceremony = make_ceremony(world)
        folder = f"/elections/{self.UUID}"
        pages[f"{folder}/election.json"] = (200, {}, world.election.archived)
        trustees = encode_trustees(world.trustee_list.items)
        pages[f"{folder}/trustees.json"] = (200, {}, trustees)
        pages[f"/api/elections/{self.UUID}/ceremonies/2"] = (200, {}, encode_json(self.state()))
        transcript = {
            "transcript": ceremony.transcript,
            "ceremony": ceremony.to_json() | {"signatures": [None] * 4},
        }
        pages[f"/api/elections/{self.UUID}/transcript"] = (201, {}, encode_json(transcript))
        write("member.json", encode_json(self.ROOM.seeds[1]))
        write("alone.json", encode_json(encode_secret_scalar(world.secret_keys[0])))
        return f"{address}{folder}/"

    def sign(self, run, page, *more, key="member.json"):
        more = ("--fingerprint", self.WORLD.election.fingerprint, *more)
        return run("trustee", "sign", page, "--key", key, *more)

    @pytest.mark.parametrize(("key", "owner"), [("alone.json", 1), ("member.json", 3)])
    def test_every_slot_signs_with_its_own_key(self, run, site, sealed, key, owner):
        status, output, errors = self.sign(run, sealed, "--submit", key=key)
        assert status == 0, errors
        assert f"trustee {owner} of 4" in output
        path, _, body = site[2][-1]
        assert path == f"/api/elections/{self.UUID}/transcript"
        value = json.loads(body)
        assert value["slot"] == owner
        verify_transcript(
            proof=read_proof(value["proof"], place="", is_ordered=True),
            fingerprint=self.WORLD.election.fingerprint,
            public_key=self.WORLD.trustees[owner - 1].public_key,
            transcript=make_ceremony(self.WORLD).transcript,
        )

    def test_without_the_fingerprint_the_election_is_shown_and_nothing_signed(
        self, run, site, sealed
    ):
        status, output, _ = run("trustee", "sign", sealed, "--key", "alone.json", "--submit")
        assert status == 0
        assert PLAIN.text in output
        assert self.WORLD.election.fingerprint in output
        assert "Nothing is signed yet" in output
        assert not site[2]

    def test_another_fingerprint_than_the_elections_signs_nothing(self, run, site, sealed):
        status, _, errors = run(
            *("trustee", "sign", sealed, "--key", "alone.json", "--submit"),
            *("--fingerprint", "A" * 43),
        )
        assert (status, "nothing was signed" in errors) == (2, True)
        assert not site[2]

    def test_a27_whose_key_is_not_in_the_election_signs_nothing(self, run, sealed):
        write("stranger.json", encode_json("1" * 22))
        status, _, errors = self.sign(run, sealed, key="stranger.json")
        assert (status, "not among the 4 trustees" in errors) == (2, True)

    def test_commits_that_were_not_revealed_sign_nothing(self, run, site, sealed):
        commits = [list(reversed(make_ceremony(self.WORLD).commits[0]))]
        value = {"transcript": "0" * 64, "ceremony": {"commits": commits}}
        site[1][f"/api/elections/{self.UUID}/transcript"] = (200, {}, encode_json(value))
        status, _, errors = self.sign(run, sealed)
        assert (status, "did not reveal what they committed to" in errors) == (2, True)

    def test_a_forged_trustee_in_the_list_signs_nothing(self, run, site, sealed):
        path = f"/elections/{self.UUID}/trustees.json"
        value = json.loads(site[1][path][2])
        keys = value[1][1]["verification_keys"]
        keys[0]["pok"], keys[1]["pok"] = keys[1]["pok"], keys[0]["pok"]
        site[1][path] = (200, {}, encode_json(value))
        status, _, errors = self.sign(run, sealed)
        assert (status, "member 1" in errors) == (2, True)

    def test_a27_trustees_of_another_key_sign_nothing(self, run, site, sealed):
        path = f"/elections/{self.UUID}/trustees.json"
        site[1][path] = (200, {}, encode_trustees(self.WORLD.trustee_list.items[1:]))
        status, _, errors = self.sign(run, sealed)
        assert (status, "not the product" in errors) == (2, True)

    def test_a_member_decrypts_with_the_seed_alone(self, run, site, sealed):
        world = self.WORLD
        ballots = [world.ballot(0, [[1, 0, 0]])]
        writer = RecordWriter().setup(world).add("Ballot", ballots[0])
        record = write_tally(writer, count_ballots(world, ballots)).data()
        site[1][f"/elections/{self.UUID}/{self.UUID}.bel"] = (200, {}, record)
        status, output, errors = run("trustee", "decrypt", sealed, "--key", "member.json")
        assert status == 0, errors
        assert json.loads(output)["decryption_factors"]
        assert json.loads(Path("member.json").read_text())["key"] == self.ROOM.seeds[1]
        write("state.json", encode_json(self.state()))
        write("a.bel", record)
        status, _, errors = run("trustee", "decrypt", "a.bel", "--key", "member.json")
        assert (status, "--ceremony" in errors) == (2, True)
        assert (
            run(
                *("trustee", "decrypt", "a.bel", "--key", "member.json"),
                *("--ceremony", "state.json"),
            )[0]
            == 0
        )
