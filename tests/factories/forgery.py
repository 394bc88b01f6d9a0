"""Every way we know to spoil a valid ballot, each with the code it must be refused with."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from evote.credential import derive_secret_key
from evote.encoding import b64_digest, encode_json
from evote.group import ORDER
from evote.proofs import sign_hash
from tests.factories.evote import World
from tests.vectors import reference

Json = dict[str, Any]

IDENTITY = "0" * 63 + "1"
# The point of order two: y = −1.
TORSION = (0, reference.P - 1)


def sign_again(ballot: Json, *, uuid: str, credential: str) -> bytes:
    """Give a spoilt ballot the signature that a dishonest voter would give it."""
    unsigned = {name: value for name, value in ballot.items() if name != "signature"}
    digest = b64_digest(encode_json(unsigned))
    secret_key = derive_secret_key(uuid=uuid, credential=credential)
    proof = sign_hash(digest=digest, secret_key=secret_key)
    return encode_json(unsigned | {"signature": {"hash": digest, "proof": proof.to_json()}})


def with_torsion(encoding: str) -> str:
    """Add the point of order two to an element."""
    integer = int(encoding, 16)
    y, sign = integer & (1 << 255) - 1, integer >> 255
    x = reference.recover_x(y, sign)
    assert x is not None
    return reference.encode(reference.add((x, y), TORSION))


def forgeries(world: World, body: bytes, *, voter: int) -> Iterator[tuple[str, bytes, str]]:
    """Give name, bytes and the expected code of every forgery of a valid ballot.

    Those in `_signed` are signed again by the voter, so that the signature does not hide the
    check that is meant.
    """
    credential = world.credentials[voter]
    for name, code, change in (*_signed(json.loads(body)), *_scalars_anywhere(json.loads(body))):
        ballot = json.loads(body)
        change(ballot)
        uuid = world.election.uuid
        yield name, sign_again(ballot, uuid=uuid, credential=credential), code
    for name, code, change in _unsigned():
        ballot = json.loads(body)
        changed = change(ballot)
        yield name, encode_json(ballot if changed is None else changed), code
    yield "a space", body.replace(b'":', b'": ', 1), "non_canonical"
    yield "a line feed at the end", body + b"\n", "non_canonical"
    yield (
        "a slash escaped",
        body.replace(b"/", b"\\/") if b"/" in body else b" " + body,
        ("non_canonical"),
    )
    yield (
        "a letter escaped",
        body.replace(b"election_uuid", b"election_uui\\u0064"),
        "non_canonical",
    )
    yield "a duplicate key", body[:-1] + b',"signature":{}}', "non_canonical"
    yield "not an object", b"[]", "wrong_shape"
    yield "half a ballot", body[: len(body) // 2], "non_canonical"
    yield "nothing", b"", "non_canonical"


Change = tuple[str, str, Callable[[Json], Any]]


def _signed(original: Json) -> list[Change]:
    def answer(ballot: Json) -> Json:
        return ballot["answers"][0]

    def choice(ballot: Json, index: int = 0) -> Json:
        return answer(ballot)["choices"][index]

    def spoil(ballot: Json, name: str) -> None:
        proof = answer(ballot)[name][0]
        proof = proof[0] if isinstance(proof, list) else proof
        proof["challenge"] = str((int(proof["challenge"]) + 1) % ORDER)

    def spoil_response(ballot: Json, name: str) -> None:
        proof = answer(ballot)[name][0]
        proof = proof[0] if isinstance(proof, list) else proof
        proof["response"] = str((int(proof["response"]) + 1) % ORDER)

    def swap(items: list[Any]) -> None:
        items[0], items[1] = items[1], items[0]

    def swap_choices_with_proofs(ballot: Json) -> None:
        swap(answer(ballot)["choices"])
        swap(answer(ballot)["individual_proofs"])

    def reorder(ballot: Json) -> None:
        ballot["answers"][0] = dict(reversed(answer(ballot).items()))

    def copy_choice(ballot: Json) -> None:
        answer(ballot)["choices"][1] = copy.deepcopy(choice(ballot))
        answer(ballot)["individual_proofs"][1] = copy.deepcopy(
            answer(ballot)["individual_proofs"][0]
        )

    changes: list[Change] = [
        ("alpha is the identity", "identity_element", lambda b: choice(b).update(alpha=IDENTITY)),
        ("beta is the identity", "identity_element", lambda b: choice(b).update(beta=IDENTITY)),
        (
            "alpha plus a point of order two",
            "non_canonical",
            lambda b: choice(b).update(alpha=with_torsion(choice(b)["alpha"])),
        ),
        (
            "beta plus a point of order two",
            "non_canonical",
            lambda b: choice(b).update(beta=with_torsion(choice(b)["beta"])),
        ),
        ("alpha off the curve", "non_canonical", lambda b: choice(b).update(alpha="f" * 64)),
        (
            "alpha in upper case",
            "non_canonical",
            lambda b: choice(b).update(alpha="A" + choice(b)["alpha"][1:].upper()),
        ),
        ("alpha too short", "non_canonical", lambda b: choice(b).update(alpha="ab")),
        ("alpha a number", "wrong_shape", lambda b: choice(b).update(alpha=1)),
        ("alpha missing", "wrong_shape", lambda b: choice(b).pop("alpha")),
        ("a field too much in a choice", "wrong_shape", lambda b: choice(b).update(gamma="")),
        (
            "alpha of another choice",
            "duplicate_ciphertext",
            lambda b: choice(b).update(alpha=choice(b, 1)["alpha"]),
        ),
        ("a choice copied with its proof", "duplicate_ciphertext", copy_choice),
        (
            "beta of another choice",
            "bad_proof",
            lambda b: choice(b).update(beta=choice(b, 1)["beta"]),
        ),
        ("a challenge changed", "bad_proof", lambda b: spoil(b, "individual_proofs")),
        ("a response changed", "bad_proof", lambda b: spoil_response(b, "individual_proofs")),
        ("the overall challenge changed", "bad_proof", lambda b: spoil(b, "overall_proof")),
        (
            "the overall response changed",
            "bad_proof",
            lambda b: spoil_response(b, "overall_proof"),
        ),
        (
            "individual proofs swapped",
            "bad_proof",
            lambda b: swap(answer(b)["individual_proofs"]),
        ),
        (
            "branches of a proof swapped",
            "bad_proof",
            lambda b: swap(answer(b)["individual_proofs"][0]),
        ),
        ("choices swapped", "bad_proof", lambda b: swap(answer(b)["choices"])),
        ("choices swapped with their proofs", "bad_proof", swap_choices_with_proofs),
        ("a choice missing", "wrong_shape", lambda b: answer(b)["choices"].pop()),
        (
            "a choice too many",
            "wrong_shape",
            lambda b: answer(b)["choices"].append(choice(b)),
        ),
        ("no choices", "wrong_shape", lambda b: answer(b).update(choices=[])),
        ("choices not a list", "wrong_shape", lambda b: answer(b).update(choices={})),
        ("a proof missing", "wrong_shape", lambda b: answer(b)["individual_proofs"].pop()),
        ("no proofs", "wrong_shape", lambda b: answer(b).update(individual_proofs=[])),
        (
            "a branch missing",
            "wrong_shape",
            lambda b: answer(b)["individual_proofs"][0].pop(),
        ),
        (
            "a third branch",
            "wrong_shape",
            lambda b: answer(b)["individual_proofs"][0].append(
                answer(b)["individual_proofs"][0][0]
            ),
        ),
        ("an overall branch missing", "wrong_shape", lambda b: answer(b)["overall_proof"].pop()),
        ("no overall proof", "wrong_shape", lambda b: answer(b).update(overall_proof=[])),
        (
            "an overall branch too many",
            "wrong_shape",
            lambda b: answer(b)["overall_proof"].append(answer(b)["overall_proof"][0]),
        ),
        ("fields of an answer reordered", "non_canonical", reorder),
        ("an answer missing", "wrong_shape", lambda b: b["answers"].pop()),
        ("an answer too many", "wrong_shape", lambda b: b["answers"].append(b["answers"][0])),
        ("answers an object", "wrong_shape", lambda b: b.update(answers={})),
        ("answers null", "wrong_shape", lambda b: b.update(answers=None)),
        ("answers true", "wrong_shape", lambda b: b.update(answers=True)),
        ("another uuid", "wrong_election", lambda b: b.update(election_uuid="1" * 14)),
        ("another fingerprint", "wrong_election", lambda b: b.update(election_hash="A" * 43)),
        ("no credential", "wrong_shape", lambda b: b.pop("credential")),
        ("credential is the identity", "identity_element", lambda b: b.update(credential=IDENTITY)),
        (
            "credential plus a point of order two",
            "non_canonical",
            lambda b: b.update(credential=with_torsion(b["credential"])),
        ),
        ("another credential", "bad_signature", lambda b: b.update(credential=choice(b)["beta"])),
        ("a field too much", "wrong_shape", lambda b: b.update(extra=1)),
        ("a field named __proto__", "wrong_shape", lambda b: b.update(__proto__=1)),
    ]
    if "blank_proof" in original["answers"][0]:
        changes += [
            ("no blank proof", "wrong_shape", lambda b: answer(b).pop("blank_proof")),
            ("the blank challenge changed", "bad_proof", lambda b: spoil(b, "blank_proof")),
            ("the blank response changed", "bad_proof", lambda b: spoil_response(b, "blank_proof")),
            ("blank proof too short", "wrong_shape", lambda b: answer(b)["blank_proof"].pop()),
            ("blank branches swapped", "bad_proof", lambda b: swap(answer(b)["blank_proof"])),
            (
                "overall and blank proof exchanged",
                "wrong_shape",
                lambda b: answer(b).update(
                    overall_proof=answer(b)["blank_proof"][:1],
                    blank_proof=answer(b)["overall_proof"],
                ),
            ),
        ]
    else:
        changes.append(
            (
                "a blank proof where none is asked",
                "wrong_shape",
                lambda b: answer(b).update(blank_proof=answer(b)["individual_proofs"][0]),
            )
        )
    return changes


def _scalars_anywhere(original: Json) -> list[Change]:
    """Respell one scalar in each kind of proof."""
    changes: list[Change] = []
    spellings: list[tuple[str, Callable[[str], object], str]] = [
        ("plus q", lambda text: str(int(text) + ORDER), "non_canonical"),
        ("plus 2q", lambda text: str(int(text) + 2 * ORDER), "non_canonical"),
        ("2^255 − 1", lambda text: str(2**255 - 1), "non_canonical"),
        ("with a leading zero", lambda text: "0" + text, "non_canonical"),
        ("with a space", lambda text: " " + text, "non_canonical"),
        ("with an underscore", lambda text: text[:3] + "_" + text[3:], "non_canonical"),
        ("in hexadecimal", lambda text: hex(int(text)), "non_canonical"),
        ("in full-width digits", _full_width, "non_canonical"),
        ("negative", lambda text: "-" + text, "non_canonical"),
        ("empty", lambda text: "", "non_canonical"),
        ("as a small number", lambda text: 5, "wrong_shape"),
    ]
    names = ["individual_proofs", "overall_proof"]
    if "blank_proof" in original["answers"][0]:
        names.append("blank_proof")
    for name in names:
        for spelling, respell, code in spellings:

            def change(
                ballot: Json, name: str = name, respell: Callable[[str], object] = respell
            ) -> None:
                proof = ballot["answers"][-1][name][-1]
                proof = proof[-1] if isinstance(proof, list) else proof
                proof["response"] = respell(proof["response"])

            if name in original["answers"][-1]:
                changes.append((f"{name}: a response {spelling}", code, change))
    return changes


def _full_width(text: str) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in text)


def _unsigned() -> list[Change]:
    def proof(ballot: Json) -> Json:
        return ballot["signature"]["proof"]

    def add(name: str, amount: int, *, modulus: int | None) -> Callable[[Json], None]:
        def change(ballot: Json) -> None:
            value = int(proof(ballot)[name]) + amount
            proof(ballot)[name] = str(value if modulus is None else value % modulus)

        return change

    return [
        ("signature missing", "wrong_shape", lambda b: b.pop("signature")),
        ("signature null", "wrong_shape", lambda b: b.update(signature=None)),
        ("signature challenge changed", "bad_signature", add("challenge", 1, modulus=ORDER)),
        ("signature response changed", "bad_signature", add("response", 1, modulus=ORDER)),
        ("signature response plus q", "non_canonical", add("response", ORDER, modulus=None)),
        ("signature challenge plus q", "non_canonical", add("challenge", ORDER, modulus=None)),
        (
            "signature hash of something else",
            "bad_signature",
            lambda b: b["signature"].update(hash=b64_digest(b"something else")),
        ),
        ("signature hash missing", "wrong_shape", lambda b: b["signature"].pop("hash")),
        (
            "a field too much in the signature",
            "wrong_shape",
            lambda b: b["signature"].update(more=1),
        ),
        ("fields reordered", "non_canonical", lambda b: dict(reversed(b.items()))),
        (
            "something signed was changed",
            "bad_signature",
            lambda b: b["answers"][0]["overall_proof"][0].update(challenge="1"),
        ),
    ]
