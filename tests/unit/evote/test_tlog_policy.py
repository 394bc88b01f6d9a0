import json
import re
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.checkpoint import Checkpoint, decode_checkpoint, sign_checkpoint
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import Note, NoteSignature, SigningKey, decode_note
from evote.tlog.policy import (
    LIMIT_OF_EACH_KIND,
    POLICY_LIMIT_BYTES,
    decode_policy,
    read_under_policy,
    verify_under_policy,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/tlog/notes.json").read_text())
LOG = VECTORS["log_key"]["vkey"]
W1, W2 = (witness["vkey"] for witness in VECTORS["witness_keys"])
BOTH = f"log {LOG}\nwitness W1 {W1}\nwitness W2 {W2}\ngroup both all W1 W2\nquorum both\n"
COSIGNED = VECTORS["checkpoints"][3]["cosigned"].encode()
SIGNED = VECTORS["checkpoints"][3]["signed"].encode()

LOG_SECRET = SigningKey(name="log.example/log", seed=bytes(32))
SECRETS = {
    name: CosigningKey(
        name=f"witness.example/{name}",
        algorithm=Algorithm.ML_DSA_44 if name == "N3" else Algorithm.ED25519,
        seed=bytes([number]) * 32,
    )
    for number, name in enumerate(["D1", "D2", "D3", "N1", "N2", "N3"], 1)
}
# The example of docs/log.md 1.8.
CONSORTIUM = "".join(
    [
        f"log {LOG_SECRET.verifier.encode()} https://log.example/log/\n",
        *(
            f"witness {name} {secret.verifier.encode()} https://{name}.example\n"
            for name, secret in SECRETS.items()
        ),
        "group depts 2 D1 D2 D3\ngroup ngos any N1 N2 N3\n",
        "group all-sides all depts ngos\nquorum all-sides\n",
    ]
)


def cosigned_by(*names, size=7, at=1_700_000_000):
    note = decode_note(sign_checkpoint(size=size, root=bytes(range(32)), key=LOG_SECRET))
    checkpoint = decode_checkpoint(note)
    lines = [SECRETS[name].cosign(checkpoint, at=at) for name in names]
    return Note(text=note.text, signatures=(*note.signatures, *lines)).encode()


def subsets(names):
    return chain.from_iterable(combinations(names, count) for count in range(len(names) + 1))


# --- Vectors by another implementation --------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["checkpoints"], ids=lambda v: str(v["size"]))
def test_the_vectors_cosigned_checkpoints_meet_the_policy_of_both_witnesses(vector):
    policy = decode_policy(BOTH.encode())
    cosigned = verify_under_policy(vector["cosigned"].encode(), policy)

    assert cosigned.checkpoint.size == vector["size"]
    assert [(c.name, c.cosigned_at) for c in cosigned.cosignatures] == [
        ("W1", 1_700_000_000 + vector["size"]),
        ("W2", 1_700_000_001 + vector["size"]),
    ]
    with pytest.raises(InvalidProof, match="quorum both is not met: cosigned by nobody"):
        verify_under_policy(vector["signed"].encode(), policy)
    assert not read_under_policy(vector["signed"].encode(), policy).is_quorum_met


@pytest.mark.parametrize("vector", VECTORS["must_reject"], ids=lambda v: v["why"])
@pytest.mark.parametrize("quorum", ["both", "none"])
def test_what_the_vectors_refuse_is_refused_under_a_policy(vector, quorum):
    policy = decode_policy(BOTH.replace("quorum both", f"quorum {quorum}").encode())
    with pytest.raises((DecodeError, InvalidProof)):
        read_under_policy(vector["note"].encode(), policy)


# --- The quorum ---------------------------------------------------------------------------------


def test_two_of_three_ministries_and_one_of_three_ngos_suffice_and_nothing_less():
    policy = decode_policy(CONSORTIUM.encode())
    for names in subsets(SECRETS):
        ministries = sum(name.startswith("D") for name in names)
        is_met = ministries >= 2 and ministries < len(names)

        assert policy.quorum_met(names) == is_met
        assert read_under_policy(cosigned_by(*names), policy).is_quorum_met == is_met


def test_strangers_do_not_count():
    policy = decode_policy(CONSORTIUM.encode())

    assert not policy.quorum_met(["depts", "ngos", "all-sides", "X", "D1", "N1"])


def test_a_witness_alone_can_be_the_quorum():
    policy = decode_policy(f"witness W1 {W1}\nquorum W1\n".encode())

    assert policy.quorum_met(["W1"])
    assert not policy.quorum_met([])


def test_two_lines_of_one_witness_count_once_and_the_later_time_is_told():
    policy = decode_policy(CONSORTIUM.encode())
    early = decode_note(cosigned_by("D1", "N1", at=5))
    late = decode_note(cosigned_by("D1", at=9))
    for lines in (
        (*early.signatures, late.signatures[1]),
        (early.signatures[0], late.signatures[1], *early.signatures[1:]),
    ):
        cosigned = read_under_policy(Note(text=early.text, signatures=lines).encode(), policy)

        assert {c.name: c.cosigned_at for c in cosigned.cosignatures} == {"D1": 9, "N1": 5}
        assert not cosigned.is_quorum_met


def test_nobody_is_needed_when_the_quorum_is_none():
    policy = decode_policy(f"log {LOG}\nquorum none\n".encode())

    assert verify_under_policy(SIGNED, policy).cosignatures == ()
    assert verify_under_policy(COSIGNED, policy).cosignatures == ()


def test_a_log_that_the_policy_does_not_name_is_refused():
    for text in (f"log {LOG_SECRET.verifier.encode()}\nquorum none\n", "quorum none\n"):
        with pytest.raises(InvalidProof, match="knows no log"):
            verify_under_policy(COSIGNED, decode_policy(text.encode()))


def test_either_key_of_a_log_that_changed_its_key_is_taken():
    new = SigningKey(name=LOG_SECRET.name, seed=b"\x01" * 32)
    policy = decode_policy(
        f"log {LOG_SECRET.verifier.encode()}\nlog {new.verifier.encode()}\nquorum none\n".encode()
    )
    for key in (LOG_SECRET, new):
        note = sign_checkpoint(size=1, root=bytes(32), key=key)

        assert verify_under_policy(note, policy).checkpoint.size == 1


# --- Forgeries ----------------------------------------------------------------------------------


def test_a_false_line_of_a_known_witness_spoils_the_note_even_when_others_suffice():
    policy = decode_policy(CONSORTIUM.encode())
    note = decode_note(cosigned_by("D1", "D2", "N1"))
    other = Checkpoint(origin=LOG_SECRET.name, size=8, root=bytes(range(32)))
    false = SECRETS["D3"].cosign(other, at=1)
    with pytest.raises(InvalidProof, match=r"witness\.example/D3"):
        verify_under_policy(
            Note(text=note.text, signatures=(*note.signatures, false)).encode(), policy
        )


def test_a_line_of_a_stranger_is_ignored():
    policy = decode_policy(CONSORTIUM.encode())
    note = decode_note(cosigned_by("D1", "D2", "N3"))
    stranger = NoteSignature(name="witness.example/D3", key_id=b"abcd", signature=b"x")
    cosigned = verify_under_policy(
        Note(text=note.text, signatures=(stranger, *note.signatures)).encode(), policy
    )

    assert [cosignature.name for cosignature in cosigned.cosignatures] == ["D1", "D2", "N3"]


def test_cosignatures_do_not_stand_for_the_logs_own_signature():
    policy = decode_policy(CONSORTIUM.encode())
    note = decode_note(cosigned_by("D1", "D2", "N1"))
    with pytest.raises(InvalidProof, match="not signed by"):
        verify_under_policy(replace(note, signatures=note.signatures[1:]).encode(), policy)


@given(st.integers(0, len(COSIGNED) - 1), st.integers(0, 7))
def test_a_cosigned_checkpoint_fails_when_any_bit_of_it_changes(place, bit):
    forged = bytearray(COSIGNED)
    forged[place] ^= 1 << bit
    with pytest.raises((DecodeError, InvalidProof)):
        verify_under_policy(bytes(forged), decode_policy(BOTH.encode()))


# --- The file -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [BOTH, CONSORTIUM, "quorum none\n"])
def test_a_policy_comes_back_as_it_was(text):
    policy = decode_policy(text.encode())

    assert policy.encode() == text.encode()


def test_comments_tabs_and_empty_lines_are_skipped():
    text = BOTH.replace("log ", "  \t log\t\t").replace(
        "\nwitness W2", "\n\n # w\n\t#x\nwitness W2"
    )

    assert decode_policy(text.encode()) == decode_policy(BOTH.encode())
    assert decode_policy(b"# nothing\n \t\nquorum none \n").quorum is None


def test_thresholds_have_one_short_spelling():
    text = f"witness A {W1}\nwitness B {W2}\ngroup g 2 A B\ngroup h 1 g\nquorum h\n"
    policy = decode_policy(text.encode())

    assert b"group g all A B\ngroup h all g\n" in policy.encode()
    assert decode_policy(policy.encode()) == policy


def test_names_are_compared_byte_by_byte():
    kelvin = "\u212a"
    policy = decode_policy(f"witness K {W1}\nwitness {kelvin} {W2}\nquorum {kelvin}\n".encode())

    assert not policy.quorum_met(["K"])
    assert policy.quorum_met([kelvin])


WITNESSES = f"witness W1 {W1}\nwitness W2 {W2}\n"
OTHER_NAME = SigningKey(
    name="log.example/other", seed=bytes.fromhex(VECTORS["log_key"]["seed_hex"])
).verifier.encode()
SAME_KEY_OTHER_NAME = CosigningKey(
    name="elsewhere", algorithm=Algorithm.ED25519, seed=bytes([1]) * 32
).verifier.encode()
LOG_AS_WITNESS = CosigningKey(
    name="w", algorithm=Algorithm.ED25519, seed=bytes.fromhex(VECTORS["log_key"]["seed_hex"])
).verifier.encode()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, 'no line "quorum"'),
        (WITNESSES, 0, 'no line "quorum"'),
        ("quorum none", 1, "line feed"),
        ("quorum none\n\nlog", 3, "line feed"),
        ("quorum none\nquorum none\n", 2, "a quorum already"),
        ("quorum\n", 1, "written: quorum NAME"),
        ("quorum W1 W2\n", 1, "written: quorum NAME"),
        (f"quorum W1\n{WITNESSES}", 1, "not defined above"),
        (WITNESSES + "quorum w1\n", 3, "not defined above"),
        (WITNESSES + "group none any W1\n", 3, "named"),
        (f"witness none {W1}\n", 1, "named"),
        (WITNESSES + "group g any none\n", 3, "not defined above"),
        (WITNESSES + "group g any g\n", 3, "not defined above"),
        (WITNESSES + "group g any h\ngroup h any W1\n", 3, "not defined above"),
        (WITNESSES + "group g any W1 W1\n", 3, "member already"),
        (WITNESSES + "group g any W1\ngroup h any W1\n", 4, "member already"),
        (WITNESSES + "group g any W1\ngroup h 2 g g\n", 4, "member already"),
        (WITNESSES + "group W1 any W2\n", 3, "taken already"),
        (WITNESSES + "group g any W1\ngroup g any W2\n", 4, "taken already"),
        (f"witness W1 {W1}\nwitness W1 {W2}\n", 2, "taken already"),
        (f"witness W1 {W1}\nwitness W2 {W1}\n", 2, "in the policy already"),
        (f"log {LOG}\nlog {LOG}\n", 2, "in the policy already"),
        (f"log {LOG}\nlog {OTHER_NAME}\n", 2, "in the policy already"),
        (
            f"witness A {SECRETS['D1'].verifier.encode()}\nwitness B {SAME_KEY_OTHER_NAME}\n",
            2,
            "in the policy already",
        ),
        (f"log {LOG}\nwitness W {LOG_AS_WITNESS}\n", 2, "in the policy already"),
        (WITNESSES + "group g 0 W1\n", 3, "a number from 1 to 1"),
        (WITNESSES + "group g 3 W1 W2\n", 3, "a number from 1 to 2"),
        (WITNESSES + "group g 01 W1 W2\n", 3, "a number from 1 to 2"),
        (WITNESSES + "group g +1 W1 W2\n", 3, "a number from 1 to 2"),
        (WITNESSES + "group g -1 W1 W2\n", 3, "a number from 1 to 2"),
        (WITNESSES + "group g １ W1 W2\n", 3, "a number from 1 to 2"),
        (WITNESSES + f"group g {'9' * 5000} W1 W2\n", 3, "a number from 1 to 2"),
        (WITNESSES + "group g ALL W1 W2\n", 3, "a number from 1 to 2"),
        (WITNESSES + "group g any\n", 3, "written: group"),
        (WITNESSES + "group g\n", 3, "written: group"),
        ("log\n", 1, "written: log"),
        (f"log {LOG} https://a https://b\n", 1, "written: log"),
        (f"log {W1}\n", 1, "0x04"),
        (f"log {LOG[:-1]}\n", 1, "base64"),
        ("witness W1\n", 1, "written: witness"),
        (f"witness W1 {W1} https://a b\n", 1, "written: witness"),
        (f"witness W1 {LOG}\n", 1, "0x01"),
        (f"Log {LOG}\n", 1, "not with 'Log'"),
        ("quorum none # said so\n", 1, "written: quorum"),
        ("quorum\u00a0none\n", 1, "not with"),
        ("quorum none\r\n", 1, "control characters"),
        ("\n#\x00\nquorum none\n", 2, "control characters"),
        ("quorum none\x0b\n", 1, "control characters"),
        ("quorum none\x7f\n", 1, "control characters"),
    ],
)
def test_a_faulty_policy_is_refused_with_its_line(text, line, words):
    with pytest.raises(DecodeError, match=re.escape(words)) as error:
        decode_policy(text.encode())

    assert error.value.place == (f"line {line}" if line else "")


def test_a_policy_that_is_not_utf8_is_refused_with_its_line():
    with pytest.raises(DecodeError, match="line 2: the policy is not UTF-8"):
        decode_policy(b"# a\n# \xff\nquorum none\n")


def test_a_huge_policy_is_refused_unread():
    with pytest.raises(DecodeError) as error:
        decode_policy(b"#" * POLICY_LIMIT_BYTES + b"\n")

    assert error.value.code == "too_large"


def test_32_of_each_kind_are_read_and_more_than_256_are_not():
    def policy_of(count):
        lines = [
            f"witness W{number} "
            + CosigningKey(
                name=f"w{number}", algorithm=Algorithm.ED25519, seed=number.to_bytes(32, "big")
            ).verifier.encode()
            for number in range(count)
        ]
        lines += [f"group G{number} any W{number}" for number in range(count)]
        return ("\n".join(lines) + "\nquorum G0\n").encode()

    assert len(decode_policy(policy_of(32)).groups) == 32
    assert len(decode_policy(policy_of(LIMIT_OF_EACH_KIND)).witnesses) == LIMIT_OF_EACH_KIND
    with pytest.raises(DecodeError, match=f"line {LIMIT_OF_EACH_KIND + 1}"):
        decode_policy(policy_of(LIMIT_OF_EACH_KIND + 1))


def test_a_tower_of_groups_is_judged_without_recursion():
    lines = [f"witness W {W1}", "group G0 any W"]
    lines += [f"group G{number} any G{number - 1}" for number in range(1, LIMIT_OF_EACH_KIND)]
    policy = decode_policy(("\n".join(lines) + f"\nquorum G{LIMIT_OF_EACH_KIND - 1}\n").encode())

    assert policy.quorum_met(["W"])
    assert not policy.quorum_met([])


@given(st.lists(st.sampled_from([*BOTH.split(), "\n", " ", "#", "none", "any"]), max_size=30))
def test_no_mixture_of_words_crashes_the_reader(words):
    try:
        policy = decode_policy(" ".join(words).encode())
    except EvoteError:
        return
    assert decode_policy(policy.encode()) == policy


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data):
    with pytest.raises(DecodeError):
        decode_policy(data)
