"""Writes group.json, transcript.json and credential.json beside this file.

Run from the root of the tree: `python -m tests.vectors.make_group`. Always writes the same bytes,
because nothing in it is random, and computes with reference.py only: neither implementation that
reads these files had a part in making them.
"""

import hashlib
import json
from pathlib import Path

from tests.vectors import reference as ref

FOLDER = Path(__file__).parent


def write(name: str, value: object) -> None:
    (FOLDER / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def scalar_from(label: str) -> int:
    return int(hashlib.sha512(label.encode()).hexdigest(), 16) % ref.ORDER


def group() -> dict[str, object]:
    eight = ref.point_of_order_eight()
    torsion = [ref.multiply(k, eight) for k in range(8)]
    members = [ref.multiply(scalar_from(f"member {k}"), ref.GENERATOR) for k in range(4)]
    elements = [
        ("generator", ref.encode(ref.GENERATOR), True),
        (
            "identity: an element, refused where PROTOCOL 3.1 says so",
            ref.encode(ref.IDENTITY),
            True,
        ),
        ("minus the generator", ref.encode(ref.multiply(ref.ORDER - 1, ref.GENERATOR)), True),
    ]
    elements += [(f"member {k}", ref.encode(point), True) for k, point in enumerate(members)]
    for k, point in enumerate(torsion[1:], start=1):
        elements.append((f"small order: {k} times a point of order 8", ref.encode(point), False))
        mixed = ref.encode(ref.add(members[0], point))
        elements.append((f"member 0 plus {k} times a point of order 8", mixed, False))
    elements += [
        ("CVE-2025-69277 canary", CANARY, False),
        ("identity with the sign bit set", ref.encode_integer(1 | 1 << 255), False),
        ("identity written as y = p + 1", ref.encode_integer(ref.P + 1), False),
        ("y = p", ref.encode_integer(ref.P), False),
        ("y = p + 1 with the sign bit set", ref.encode_integer(ref.P + 1 | 1 << 255), False),
        ("y = 2: no such point", ref.encode_integer(2), ref.recover_x(2, 0) is not None),
        ("all bits set", "f" * 64, False),
        ("64 times A", "A" * 64, False),
        ("member 0 in upper case", ref.encode(members[0]).upper(), False),
        ("63 digits", ref.encode(members[0])[1:], False),
        ("65 digits", "0" + ref.encode(members[0]), False),
        ("empty", "", False),
        ("space before", " " + ref.encode(members[0])[1:], False),
        ("line feed after", ref.encode(members[0]) + "\n", False),
        ("prefix 0x", "0x" + ref.encode(members[0])[2:], False),
        ("full-width digits", "６" * 63 + "８", False),
        ("bytes in RFC 8032's order", bytes.fromhex(ref.encode(members[0]))[::-1].hex(), False),
    ]
    scalars = [
        ("0", True, "zero"),
        ("1", True, "one"),
        (str(ref.ORDER - 1), True, "q − 1"),
        (str(scalar_from("scalar")), True, "some scalar"),
        (str(ref.ORDER), False, "q"),
        (str(ref.ORDER + 1), False, "q + 1"),
        (str(scalar_from("scalar") + ref.ORDER), False, "some scalar + q"),
        (str(scalar_from("scalar") + 2 * ref.ORDER), False, "some scalar + 2q"),
        (str(2**255 - 1), False, "2^255 − 1"),
        ("9" * 5000, False, "5,000 digits"),
        ("", False, "empty"),
        ("00", False, "two zeros"),
        ("01", False, "leading zero"),
        ("-0", False, "minus zero"),
        ("-1", False, "negative"),
        ("+1", False, "plus sign"),
        (" 1", False, "space before"),
        ("1\n", False, "line feed after"),
        ("1_000", False, "underscore"),
        ("1e3", False, "exponent"),
        ("1.0", False, "point"),
        ("0x10", False, "hexadecimal"),
        ("１", False, "full-width digit"),
        ("١", False, "Arabic digit"),
    ]
    powers = []
    for base_name, base in [("generator", ref.GENERATOR), ("member 0", members[0])]:
        for scalar in (0, 1, 2, ref.ORDER - 1, scalar_from("power")):
            powers.append(
                {
                    "base": ref.encode(base),
                    "scalar": str(scalar),
                    "power": ref.encode(ref.multiply(scalar, base)),
                    "comment": base_name,
                }
            )
    pairs = [
        (members[0], members[1]),
        (members[0], members[0]),
        (members[0], ref.IDENTITY),
        (members[0], ref.multiply(ref.ORDER - 1, members[0])),
    ]
    return {
        "source": "PROTOCOL 1.1; computed by tests/vectors/make_group.py with Python integers",
        "generator": ref.encode(ref.GENERATOR),
        "identity": ref.encode(ref.IDENTITY),
        "order": str(ref.ORDER),
        "elements": [
            {"encoding": text, "valid": is_valid, "comment": comment}
            for comment, text, is_valid in elements
        ],
        "scalars": [
            {"text": text, "valid": is_valid, "comment": comment}
            for text, is_valid, comment in scalars
        ],
        "powers": powers,
        "products": [
            {
                "left": ref.encode(left),
                "right": ref.encode(right),
                "product": ref.encode(ref.add(left, right)),
            }
            for left, right in pairs
        ],
    }


# The canary of SECURITY.md in the protocol's byte order.
CANARY = bytes.fromhex("d600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c24")[
    ::-1
].hex()


def transcript() -> dict[str, object]:
    g = ref.encode(ref.GENERATOR)
    one = ref.encode(ref.multiply(scalar_from("one"), ref.GENERATOR))
    two = ref.encode(ref.multiply(scalar_from("two"), ref.GENERATOR))
    cases = [
        ("one commitment", f"pok|Ed25519|{one}|", [two]),
        ("two commitments", "decrypt|53KNlIhNVc/QsIVMKYREKvJsWfjn6oyi5NZ922v7qNo|", [one, two]),
        (
            "the same in the other order",
            "decrypt|53KNlIhNVc/QsIVMKYREKvJsWfjn6oyi5NZ922v7qNo|",
            [two, one],
        ),
        ("an element moved into the prefix", f"prove|{one},", [two]),
        ("not moved: the same text, so prefixes must end in a bar", "prove|", [one, two]),
        ("other kind of proof, same rest", "bproof0|S|", [g]),
        ("other kind of proof, same rest", "bproof1|S|", [g]),
        ("the identity is written like any element", "sig|x|", [ref.encode(ref.IDENTITY)]),
        ("no element", "sig|x|", []),
        ("text beyond ASCII is hashed as UTF-8", "prove|é|", [g]),
        ("four commitments", "bproof0|S|", [g, one, two, g]),
    ]
    return {
        "source": "PROTOCOL part 1, Notation: H(prefix; E1,…,En)",
        "cases": [
            {
                "prefix": prefix,
                "elements": elements,
                "challenge": str(ref.hash_to_scalar(prefix + ",".join(elements))),
                "comment": comment,
            }
            for comment, prefix, elements in cases
        ],
    }


def credential() -> dict[str, object]:
    pairs = [
        ("hfd19JUwUteUwr", "VFZ3v-gvS7My-VnJkG-Mg4KyA"),
        ("hfd19JUwUteUwr", "3y5sK-wPFWmh-Q1kvc-pwqQtn"),
        ("4fKXZECUj21LTU", "3y5sK-wPFWmh-Q1kvc-pwqQtn"),
        ("11111111111111", "11111-111111-11111-111111"),
        ("zzzzzzzzzzzzzzzzzzzz", "zzzzz-zzzzzz-zzzzz-zzzzzz"),
    ]
    cases = []
    for uuid, private in pairs:
        secret = ref.derive_secret(uuid, private)
        public = ref.encode(ref.multiply(secret, ref.GENERATOR))
        cases.append({"uuid": uuid, "credential": private, "secret": str(secret), "public": public})
    return {
        "source": "PROTOCOL 1.4; the first case is the specification's own",
        "cases": cases,
        "invalid": [
            "",
            "VFZ3vgvS7MyVnJkGMg4KyA",
            "VFZ3v-gvS7My-VnJkG-Mg4Ky",
            "VFZ3v-gvS7My-VnJkG-Mg4KyAA",
            "VFZ3v-gvS7My-VnJkG-Mg4Ky0",
            "VFZ3v-gvS7My-VnJkG-Mg4KyO",
            "VFZ3v-gvS7My-VnJkG-Mg4KyI",
            "VFZ3v-gvS7My-VnJkG-Mg4Kyl",
            " VFZ3v-gvS7My-VnJkG-Mg4KyA",
            "VFZ3v-gvS7My-VnJkG-Mg4KyA\n",
            "VFZ3v_gvS7My_VnJkG_Mg4KyA",
            "ＶFZ3v-gvS7My-VnJkG-Mg4KyA",
        ],
    }


if __name__ == "__main__":
    write("group.json", group())
    write("transcript.json", transcript())
    write("credential.json", credential())
