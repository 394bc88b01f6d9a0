"""Trustees of both programs in one ceremony, one shuffle after the other, and one decryption."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from config.front_end import ROOT, node_folder
from evote.ballot import decode_ballot
from evote.cli.trustee.keys import decode_key_file, remember_tally
from evote.cli.trustee.protection import WrongPassphrase
from evote.election import Trustees, encode_trustees
from evote.encoding import encode_json
from evote.errors import DecodeError
from evote.group import ED25519, GENERATOR, SecretScalar, random_scalar
from evote.group.scalars import scalar_bytes
from evote.tally import (
    add_ballots,
    decode_partial_decryption,
    decrypt_partially,
    encode_encrypted_tally,
    make_shuffle,
    verify_partial_decryption,
    verify_shuffle,
)
from evote.tally.strong import (
    decode_strong_proofs,
    decrypt_strongly,
    verify_strong_decryptions,
)
from evote.threshold import (
    Context,
    certificates_hash,
    decode_signed,
    derive_keys,
    derive_polynomial,
    generate_seed,
    make_certificate,
)
from evote.threshold.ceremony import (
    finish_ceremony,
    make_commit,
    make_reveal,
    make_share_message,
    open_ceremony,
    read_commit,
    read_reveal,
    read_share_message,
)
from evote.threshold.complaints import (
    BadShare,
    encode_evidence,
    judge_complaint,
    judge_evidence,
    make_complaint,
    read_complaint,
    take_share,
)
from evote.threshold.pedersen import verify_threshold_trustees
from tests.factories.evote import BLANK, RANKED, make_world
from tests.factories.threshold import UUID, bad_secrets, with_secret

PROGRAM = ROOT / "build" / "tests" / "trustee_program.mjs"


class Program:
    """The TypeScript program: one request and one answer at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def tell(self, act: str, **request: object) -> dict:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"act": act, **request}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, act: str, **request: object):
        answer = self.tell(act, **request)
        assert "answer" in answer, answer
        return answer["answer"]


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    node = str(node_folder() / "node")
    if not PROGRAM.exists():
        subprocess.run([node, "build.mjs", "--tests"], cwd=ROOT, check=True)
    with subprocess.Popen(
        [node, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Program(process)
        assert process.stdin is not None
        process.stdin.close()


class Table:
    """A ceremony whose members 1 and 3 are this program's and member 2 the other one's."""

    SIZE = 3
    THRESHOLD = 2
    THEIRS = 2

    def __init__(self, program: Program) -> None:
        self.program = program
        self.seeds = [generate_seed() for _ in range(self.SIZE)]
        self.seeds[self.THEIRS - 1] = program.ask("seed")
        self.keys = [derive_keys(seed) for seed in self.seeds]
        self.sent: dict[str, list] = {
            step: [None] * self.SIZE for step in ("certs", "commits", "polynomials", "shares")
        }
        self.certify()

    @property
    def own(self) -> list[int]:
        return [index for index in range(1, self.SIZE + 1) if index != self.THEIRS]

    def state(self, step: str) -> dict:
        return {
            "election": UUID,
            "item": 1,
            "attempt": 1,
            "threshold": self.THRESHOLD,
            "step": step,
            "members": [
                {"index": index, "name": f"Member {index}", "step": ""}
                for index in range(1, self.SIZE + 1)
            ],
            **{
                name: [None if signed is None else signed.to_json() for signed in messages]
                for name, messages in self.sent.items()
            },
            "complaints": [],
        }

    def identity(self) -> dict:
        return {"seed": self.seeds[self.THEIRS - 1], "uuid": UUID, "index": self.THEIRS}

    def answer(self, step: str) -> dict:
        return self.program.ask("answer", **self.identity(), state=self.state(step))

    def take(self, name: str, answer: dict) -> None:
        self.sent[name][self.THEIRS - 1] = decode_signed(answer["message"].encode())

    def certify(self) -> None:
        for index in self.own:
            context = Context(
                group=ED25519.name, size=self.SIZE, threshold=self.THRESHOLD, index=index
            )
            self.sent["certs"][index - 1] = make_certificate(
                keys=self.keys[index - 1], context=context
            )
        message = self.program.ask(
            "certificate", **self.identity(), size=self.SIZE, threshold=self.THRESHOLD
        )
        self.take("certs", {"message": message})
        self.ceremony = open_ceremony(
            uuid=UUID, threshold=self.THRESHOLD, certificates=self.sent["certs"]
        )

    def reveal(self) -> None:
        certs = certificates_hash(self.ceremony.signed_certificates)
        parts = {
            index: {
                "ceremony": self.ceremony,
                "index": index,
                "keys": self.keys[index - 1],
                "polynomial": derive_polynomial(
                    seed=self.seeds[index - 1], uuid=UUID, certs=certs, threshold=self.THRESHOLD
                ),
            }
            for index in self.own
        }
        for index, part in parts.items():
            self.sent["commits"][index - 1] = make_commit(**part)
        self.take("commits", self.answer("commits"))
        for index, part in parts.items():
            self.sent["polynomials"][index - 1] = make_reveal(**part)
        self.take("polynomials", self.answer("polynomials"))

    def read_reveals(self) -> list:
        return [
            read_reveal(
                signed,
                ceremony=self.ceremony,
                index=index,
                commit=read_commit(
                    self.sent["commits"][index - 1], ceremony=self.ceremony, index=index
                ),
            )
            for index, signed in enumerate(self.sent["polynomials"], 1)
        ]

    def share(self, index: int) -> SecretScalar:
        return take_share(
            ceremony=self.ceremony,
            reveals=self.read_reveals(),
            index=index,
            keys=self.keys[index - 1],
        )


def test_members_of_both_programs_make_one_valid_object(program):
    table = Table(program)
    table.reveal()
    for index in table.own:
        table.sent["shares"][index - 1] = make_share_message(
            keys=table.keys[index - 1], share=table.share(index)
        )
    table.take("shares", table.answer("shares"))
    reveals = table.read_reveals()
    keys = [
        read_share_message(signed, ceremony=table.ceremony, reveals=reveals, index=index)
        for index, signed in enumerate(table.sent["shares"], 1)
    ]
    group = finish_ceremony(ceremony=table.ceremony, reveals=reveals, keys=keys)

    verify_threshold_trustees(group)
    text = encode_trustees(Trustees((group,)).items).decode()
    assert program.ask("trustees", trustees=text) == "valid"
    told = program.ask("conclude", **table.identity(), state=table.state("complete"))
    assert [json.loads(key)["public_key"] for key in told] == [
        key.public_key.encode() for key in keys
    ]
    theirs = program.ask("key", **table.identity(), state=table.state("complete"))
    assert GENERATOR ** SecretScalar(scalar_bytes(int(theirs))) == keys[1].public_key


def test_both_programs_derive_the_same_polynomial_from_a_seed(program):
    table = Table(program)
    table.reveal()
    certs = certificates_hash(table.ceremony.signed_certificates)
    polynomial = derive_polynomial(
        seed=table.seeds[1], uuid=UUID, certs=certs, threshold=table.THRESHOLD
    )

    assert table.read_reveals()[1].commitments == polynomial.commitments


KINDS = (
    "another number",
    "garbage",
    "signed by nobody",
    "no share at all",
    "a share with a second field",
    "meant for another member",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_28_a_bad_share_of_ours_is_named_by_theirs_and_judged_by_both(program, kind):
    table = Table(program)
    table.reveal()
    reveal, keys = table.sent["polynomials"][0], table.keys[0]
    wrong = bad_secrets(reveal, number=2, keys=keys, ceremony=table.ceremony)[kind]
    table.sent["polynomials"][0] = with_secret(reveal, 2, wrong, keys=keys)

    answer = table.answer("shares")
    assert answer["step"] == "complaint"
    signed = decode_signed(answer["message"].encode())
    complaint = read_complaint(signed, ceremony=table.ceremony)
    reveals = table.read_reveals()
    judge_complaint(complaint, ceremony=table.ceremony, reveal=reveals[0])
    assert (complaint.about, complaint.by) == (1, 2)
    evidence = encode_evidence(
        ceremony=table.ceremony, polynomial=table.sent["polynomials"][0], complaint=signed
    )
    judge_evidence(evidence)
    assert program.ask("evidence", evidence=json.loads(evidence)) == {"about": 1, "by": 2}


@pytest.mark.parametrize("kind", KINDS)
def test_a_28_a_bad_share_of_theirs_is_named_by_ours_and_judged_by_both(program, kind):
    table = Table(program)
    table.reveal()
    reveal, keys = table.sent["polynomials"][1], table.keys[1]
    wrong = bad_secrets(reveal, number=3, keys=keys, ceremony=table.ceremony)[kind]
    table.sent["polynomials"][1] = with_secret(reveal, 3, wrong, keys=keys)

    with pytest.raises(BadShare) as refused:
        table.share(3)
    assert refused.value.about == 2
    signed = make_complaint(
        ceremony=table.ceremony,
        reveals=table.read_reveals(),
        about=2,
        by=3,
        keys=table.keys[2],
    )
    evidence = encode_evidence(
        ceremony=table.ceremony, polynomial=table.sent["polynomials"][1], complaint=signed
    )
    assert program.ask("evidence", evidence=json.loads(evidence)) == {"about": 2, "by": 3}


def test_an_unfounded_complaint_convinces_neither(program):
    table = Table(program)
    table.reveal()
    signed = make_complaint(
        ceremony=table.ceremony, reveals=table.read_reveals(), about=2, by=3, keys=table.keys[2]
    )
    evidence = encode_evidence(
        ceremony=table.ceremony, polynomial=table.sent["polynomials"][1], complaint=signed
    )

    assert program.tell("evidence", evidence=json.loads(evidence)) == {"error": "InvalidProof"}


# --- Shuffles and decryption -------------------------------------------------------------


@pytest.fixture(scope="module")
def world():
    return make_world(questions=[RANKED, BLANK], voters=5, trustees=2)


@pytest.fixture(scope="module")
def tally(world):
    votes = [[1, 2, 3], [3, 2, 1], [2, 1, 3], [1, 3, 2], [2, 3, 1]]
    ballots = [world.ballot(voter, [vote, [0, 1, 0]]) for voter, vote in enumerate(votes)]
    return add_ballots(
        election=world.election,
        ballots_with_weights=[
            (decode_ballot(data, election=world.election), 1) for data in ballots
        ],
    )


def described(world, tally) -> dict[str, str]:
    return {
        "election": world.election.archived.decode(),
        "tally": encode_encrypted_tally(tally, election=world.election).decode(),
    }


def test_their_shuffle_verifies_here_and_ours_there(program, world, tally):
    theirs = program.ask("shuffle", **described(world, tally))
    once = verify_shuffle(data=theirs.encode(), election=world.election, tally=tally)
    ours = make_shuffle(election=world.election, tally=once, progress=lambda *_: None)
    twice = verify_shuffle(data=ours, election=world.election, tally=once)

    told = program.ask("verify shuffle", **described(world, once), shuffle=ours.decode())
    assert told == encode_encrypted_tally(twice, election=world.election).decode()


def test_a_33_a_shuffle_of_another_list_is_refused_by_both(program, world, tally):
    theirs = program.ask("shuffle", **described(world, tally))
    once = verify_shuffle(data=theirs.encode(), election=world.election, tally=tally)
    refused = program.tell("verify shuffle", **described(world, once), shuffle=theirs)

    assert refused == {"error": "InvalidProof"}


def test_decryptions_of_both_programs_verify_in_the_other(program, world, tally):
    closing = "ab" * 32
    key = world.secret_keys[0]
    made = program.ask("decrypt", **described(world, tally), key=str(key.reveal()), closing=closing)
    partial = made["partial"].encode()
    verify_partial_decryption(
        data=partial, election=world.election, trustee=world.trustees[0], tally=tally
    )
    verify_strong_decryptions(
        proofs=decode_strong_proofs(encode_json(made["strong"])),
        decryption=decode_partial_decryption(partial, election=world.election),
        election=world.election,
        trustee=world.trustees[0],
        tally=tally,
        closing=closing,
    )
    ours = decrypt_partially(secret_key=key, election=world.election, tally=tally)
    strong = decrypt_strongly(secret_key=key, election=world.election, tally=tally, closing=closing)
    claim = {
        **described(world, tally),
        "trustees": encode_trustees(world.trustee_list.items).decode(),
        "owner": 1,
        "partial": ours.decode(),
        "strong": json.loads(strong),
    }
    assert program.ask("verify decryption", **claim, closing=closing) == "valid"
    # a proof of one closing event is worth nothing for another.
    assert "error" in program.tell("verify decryption", **claim, closing="cd" * 32)


def test_another_key_decrypts_nothing(program, world, tally):
    other = str(random_scalar().reveal())
    made = program.ask("decrypt", **described(world, tally), key=other, closing="ab" * 32)
    claim = {
        **described(world, tally),
        "trustees": encode_trustees(world.trustee_list.items).decode(),
        "owner": 1,
        **made,
    }

    assert program.tell("verify decryption", **claim, closing="ab" * 32) == {
        "error": "InvalidProof"
    }


# --- Key files ---------------------------------------------------------------------------

PASSPHRASE = "Grüße aus der Mill Lane"


def test_key_files_behind_a_passphrase_open_in_both_programs(program, tmp_path):
    seed = generate_seed()
    theirs = program.ask("save key", key=seed, passphrase=PASSPHRASE)
    assert seed not in theirs
    path = tmp_path / "key.json"
    path.write_text(theirs, encoding="utf-8")
    file = decode_key_file(path.read_bytes(), path=str(path), ask=lambda: PASSPHRASE)
    assert (file.seed, file.decrypted) == (seed, {})

    remember_tally(file, uuid=UUID, tally="ab" * 32)
    ours = path.read_text(encoding="utf-8")
    assert seed not in ours
    assert UUID not in ours
    assert program.ask("open key", file=ours, passphrase=PASSPHRASE) == {
        "key": seed,
        "decrypted": {UUID: "ab" * 32},
    }


@pytest.mark.parametrize(
    ("passphrase", "error"), [("", "Locked"), (PASSPHRASE.lower(), "WrongPassphrase")]
)
def test_another_passphrase_opens_a_key_file_in_neither_program(program, passphrase, error):
    file = program.ask("save key", key=generate_seed(), passphrase=PASSPHRASE)

    with pytest.raises(WrongPassphrase):
        decode_key_file(file.encode(), path="key.json", ask=lambda: passphrase)
    assert program.tell("open key", file=file, passphrase=passphrase) == {"error": error}


def test_a_passphrase_typed_on_another_keyboard_is_the_same(program):
    composed, decomposed = "Gr\u00fc\u00dfe aus Mill Lane", "Gru\u0308\u00dfe aus Mill Lane"
    file = program.ask("save key", key=generate_seed(), passphrase=composed)

    assert program.ask("open key", file=file, passphrase=decomposed)["decrypted"] == {}
    assert decode_key_file(file.encode(), path="key.json", ask=lambda: decomposed).seed


@pytest.mark.parametrize("field", ["method", "iterations", "salt", "vector", "data"])
def test_a_protected_key_file_that_was_changed_opens_in_neither_program(program, field):
    file = json.loads(program.ask("save key", key=generate_seed(), passphrase=PASSPHRASE))
    value = file["protected"][field]
    changed = (
        value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")
    )
    file["protected"][field] = changed
    text = json.dumps(file)

    with pytest.raises((WrongPassphrase, DecodeError)):
        decode_key_file(text.encode(), path="key.json", ask=lambda: PASSPHRASE)
    assert "error" in program.tell("open key", file=text, passphrase=PASSPHRASE)
