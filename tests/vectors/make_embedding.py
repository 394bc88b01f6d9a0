"""Writes embedding.json beside this file: `python -m tests.vectors.make_embedding`.

Always writes the same bytes, and computes with reference.py only: neither implementation that reads
the file had a part in making it.
"""

import hashlib

from tests.vectors import reference as ref
from tests.vectors.make_group import scalar_from, write

PADDING_BITS = 14
VECTORS = [
    [0],
    [1],
    [255],
    [1, 2, 3],
    [3, 1, 2],
    [0, 0, 0],
    [2, 2, 2, 2],
    list(range(1, 31)),
    [0] * 30,
    [255] * 30,
]


def embed(vector: list[int]) -> int:
    integer = 0
    for number in vector:
        integer = integer * 256 + number
    integer <<= PADDING_BITS
    while True:
        x = ref.recover_x(integer, 0)
        if x is not None and ref.multiply(ref.ORDER, (x, integer)) == ref.IDENTITY:
            return integer
        integer += 1


def generator(index: int) -> str:
    y = int(hashlib.sha256(f"ggen|{index}".encode()).hexdigest(), 16) >> 2
    while (x := ref.recover_x(y, 0)) is None:
        y += 1
    return ref.encode(ref.multiply(8, (x, y)))


def members() -> list[str]:
    points = [ref.multiply(scalar_from(f"sorted {k}"), ref.GENERATOR) for k in range(12)]
    return [ref.encode(point) for point in points]


if __name__ == "__main__":
    encodings = members()
    write(
        "embedding.json",
        {
            "source": "PROTOCOL 1.1; made by tests/vectors/make_embedding.py",
            "embedded": [
                {"vector": vector, "element": ref.encode_integer(embed(vector))}
                for vector in VECTORS
            ],
            "invalid": [[256], [-1], [1] * 31],
            "generators": [{"index": index, "element": generator(index)} for index in range(-1, 8)],
            "order": {
                "comment": "bytewise order of the little-endian encodings",
                "unsorted": encodings,
                "sorted": sorted(encodings, key=lambda text: bytes.fromhex(text)[::-1]),
            },
        },
    )
