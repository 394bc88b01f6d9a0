"""Ed25519 in Python integers, as RFC 8032 section 5.1 writes it.

Slow and not constant-time, and for that reason independent of libsodium and of noble: the vectors
of the group come from here, and both implementations are judged by them.
"""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
IDENTITY = (0, 1)

Point = tuple[int, int]


def add(left: Point, right: Point) -> Point:
    (x1, y1), (x2, y2) = left, right
    product = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P,
    )


def multiply(scalar: int, point: Point) -> Point:
    result = IDENTITY
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def recover_x(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    return P - x if x % 2 != sign and x else x


GENERATOR: Point = (recover_x(4 * pow(5, -1, P) % P, 0) or 0, 4 * pow(5, -1, P) % P)


def encode(point: Point) -> str:
    """str(P) of PROTOCOL 1.1: y with the lowest bit of x on top, as 64 hexadecimal digits."""
    return encode_integer(point[1] | (point[0] & 1) << 255)


def encode_integer(value: int) -> str:
    return f"{value:064x}"


def point_of_order_eight() -> Point:
    """Take any point of the curve and strip the part of prime order: what is left has order 8."""
    y = 2
    while True:
        x = recover_x(y, 0)
        if x is not None:
            torsion = multiply(ORDER, (x, y))
            if multiply(4, torsion) != IDENTITY:
                return torsion
        y += 1


def hash_to_scalar(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % ORDER


def derive_secret(uuid: str, credential: str) -> int:
    halves = [
        hashlib.sha256(f"derive_credential|{uuid}|{half}|{credential}".encode()).hexdigest()
        for half in (0, 1)
    ]
    return int("".join(halves), 16) % ORDER
