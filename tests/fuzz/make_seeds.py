"""Write the seeds and the dictionary of the fuzzers: `python -m tests.fuzz.make_seeds`.

A seed is what the fuzzers start from. Most are strings without a meaning, long enough that every
choice of a harness is made; the rest spell the encodings that matter, as input.c reads them.
"""

import hashlib
from pathlib import Path

from tests.fuzz.building import DICTIONARY, FAMILIES, SEEDS
from tests.vectors.reference import ORDER, P, encode_integer, multiply, point_of_order_eight

LENGTHS = (60, 150, 350)
# Kinds of `take_encoding`, with and without the sign.
SMALL_ORDER, SMALL_Y, HIGH_Y, RAW = 0, 1, 2, 3
SIGN = 0x80
STRINGS_AT_ONCE = 6
# Of torsion.c.
HAS_TORSION, MOST_BITS = 0x40, 6


def seeds() -> dict[Path, bytes]:
    """Give the content of every seed by its path under the folder of seeds."""
    made = {
        Path(family, f"any-{length}"): hashlib.shake_256(f"{family} {length}".encode()).digest(
            length
        )
        for family in FAMILIES
        for length in LENGTHS
    }
    strings = [
        bytes([kind | sign, number])
        for kind, numbers in ((SMALL_ORDER, range(8)), (SMALL_Y, range(3)), (HIGH_Y, range(10, 20)))
        for number in numbers
        for sign in (0, SIGN)
    ]
    for place in range(0, len(strings), STRINGS_AT_ONCE):
        some = strings[place : place + STRINGS_AT_ONCE]
        made[Path("membership", f"strings-{place:02}")] = bytes([len(some) - 1]) + b"".join(some)
    for bits in range(1, MOST_BITS + 1):
        made |= {
            Path("torsion", f"bit-{bit}-of-{bits}"): in_one_bit(bit, bits) for bit in range(bits)
        }
    return made


def in_one_bit(bit: int, bits: int) -> bytes:
    """Write one point with torsion, in one pass, put into the bucket with only this bit."""
    choice = next(n for n in range(HAS_TORSION, 2 * HAS_TORSION) if n % MOST_BITS == bits - 1)
    bucket = (1 << bit).to_bytes(2, "little")
    point = bytes([0x80 | 1, 0, 5])  # T·g^5
    return bytes([1, 0, choice]) + bucket + point


def dictionary() -> str:
    """Give the strings of 32 bytes that are worth trying anywhere, as libFuzzer reads them."""
    torsion = point_of_order_eight()
    numbers = {
        "order": ORDER, "order_less_1": ORDER - 1, "two_252": 2**252, "two_252_less_1": 2**252 - 1,
        "p": P, "p_and_1": P + 1, "p_less_1": P - 1, "largest_y": 2**255 - 1,
        "identity_with_sign": 1 | 1 << 255,
    }  # fmt: skip
    strings = {name: number.to_bytes(32, "little") for name, number in numbers.items()}
    for times in range(8):
        x, y = multiply(times, torsion)
        raw = bytes.fromhex(encode_integer(y | (x & 1) << 255))[::-1]
        strings[f"torsion_{times}"] = bytes([RAW]) + raw
    lines = ["# Written by make_seeds.py."]
    for name, raw in strings.items():
        lines.append(f'{name}="{"".join(f"{chr(92)}x{byte:02x}" for byte in raw)}"')
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write all of it."""
    for path, content in seeds().items():
        (SEEDS / path).parent.mkdir(parents=True, exist_ok=True)
        (SEEDS / path).write_bytes(content)
    DICTIONARY.write_text(dictionary(), encoding="ascii")


if __name__ == "__main__":
    main()
