"""Writes statements.json beside this file: `python -m tests.vectors.make_statements`.

Computed with the slow arithmetic of `reference`, from the formulas of PROTOCOL 2.2 to 2.4 and 2.8,
so that neither implementation had a part in the answers. Each run writes the same bytes.
"""

import base64
import hashlib
from collections.abc import Iterator

from tests.vectors import reference as ref
from tests.vectors.make_group import scalar_from, write

UUID = "hfd19JUwUteUwr"
Statement = dict[str, str]


def hex_of(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()


def b64_of(label: str) -> str:
    return base64.b64encode(bytes.fromhex(hex_of(label))).decode().rstrip("=")


FINGERPRINT = b64_of("fingerprint")
SECRET = scalar_from("secret key")
PUBLIC = ref.encode(ref.multiply(SECRET, ref.GENERATOR))


def power(label: str, base: ref.Point = ref.GENERATOR) -> ref.Point:
    return ref.multiply(scalar_from(label), base)


def prefix(kind: str, item: Statement) -> str:
    parts = {
        "cast": ("fingerprint", "credential", "tracker", "prev"),
        "transcript": ("fingerprint", "public_key", "transcript"),
        "shuffle": ("fingerprint", "public_key", "parent", "payload"),
        "decryption": ("fingerprint", "public_key", "position", "closing"),
        "disclosure": ("uuid", "encryption_key"),
    }
    lists = {"decryption": ("alpha", "factor"), "disclosure": ("alpha", "beta", "key")}
    names = {"decryption": "decrypt", "disclosure": "complaint"}
    text = [f"pnyx-{names.get(kind, kind)}", *(item[name] for name in parts[kind])]
    if kind in lists:
        text.append(",".join(item[name] for name in lists[kind]))
    return "|".join(text) + "|"


def prove(kind: str, item: Statement, base: ref.Point | None) -> dict[str, str]:
    w = scalar_from(f"commitment {kind} {sorted(item.items())}")
    commitments = [ref.multiply(w, ref.GENERATOR)]
    if base is not None:
        commitments.append(ref.multiply(w, base))
    text = prefix(kind, item) + ",".join(ref.encode(point) for point in commitments)
    c = ref.hash_to_scalar(text)
    return {"challenge": str(c), "response": str((w - SECRET * c) % ref.ORDER)}


def statements() -> Iterator[tuple[str, Statement, ref.Point | None]]:
    cast = {"fingerprint": FINGERPRINT, "credential": PUBLIC}
    yield "cast", {**cast, "tracker": b64_of("first"), "prev": "A" * 43}, None
    yield "cast", {**cast, "tracker": b64_of("second"), "prev": b64_of("first")}, None
    slot = {"fingerprint": FINGERPRINT, "public_key": PUBLIC}
    yield "transcript", {**slot, "transcript": hex_of("transcript")}, None
    yield "shuffle", {**slot, "parent": hex_of("parent"), "payload": hex_of("shuffle")}, None
    alpha = power("alpha")
    for position, base in (("0.3", alpha), ("2.10", alpha), ("0.0", ref.IDENTITY)):
        decryption = {
            **slot,
            "position": position,
            "closing": hex_of("closing"),
            "alpha": ref.encode(base),
            "factor": ref.encode(ref.multiply(SECRET, base)),
        }
        yield "decryption", decryption, base
    key = power("message key")
    disclosure = {
        "uuid": UUID,
        "encryption_key": PUBLIC,
        "alpha": ref.encode(alpha),
        "beta": ref.encode(ref.add(ref.multiply(SECRET, alpha), key)),
        "key": ref.encode(key),
    }
    yield "disclosure", disclosure, alpha


def another(name: str, value: str) -> str:
    """Give another value that is as well spelt as this one."""
    if name == "position":
        return "1.3" if value != "1.3" else "0.3"
    if name == "uuid":
        return "9fd19JUwUteUwr"
    if name in ("fingerprint", "tracker", "prev"):
        return b64_of(f"another {name}")
    if name in ("transcript", "parent", "payload", "closing"):
        return hex_of(f"another {name}")
    return ref.encode(power(f"another {name}"))


def forgeries(
    kind: str, statement: Statement, proof: dict[str, str]
) -> Iterator[dict[str, object]]:
    for name, value in statement.items():
        changed = {**statement, name: another(name, value)}
        yield {"comment": f"another {name}", "kind": kind, "statement": changed, "proof": proof}
    for name, value in proof.items():
        changed = {**proof, name: str((int(value) + 1) % ref.ORDER)}
        yield {"comment": f"{name} + 1", "kind": kind, "statement": statement, "proof": changed}


def contents() -> dict[str, object]:
    valid: list[dict[str, object]] = []
    forged: list[dict[str, object]] = []
    for kind, statement, base in statements():
        proof = prove(kind, statement, base)
        valid.append({"kind": kind, "statement": statement, "proof": proof})
        forged += forgeries(kind, statement, proof)
    return {
        "source": "PROTOCOL 2.2, 2.3, 2.4, 2.8; made by tests/vectors/make_statements.py",
        "secret_key": str(SECRET),
        "valid": valid,
        "forged": forged,
    }


if __name__ == "__main__":
    write("statements.json", contents())
