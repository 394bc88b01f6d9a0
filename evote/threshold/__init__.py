"""Trustees of whom any t of n suffice (PROTOCOL 1.5 and 2.4).

Each member draws a polynomial and gives everybody else one point of it, privately. A member's
share of the key is the sum of the points they were given; the key itself is never anywhere.

`pedersen` is what ends up in the record and how it is checked, `ceremony` how members make it
together, `complaints` what becomes of a member who sends a bad share.
"""

from evote.threshold.certificates import (
    Certificate,
    Context,
    certificates_fingerprint,
    certificates_hash,
    make_certificate,
)
from evote.threshold.keys import MemberKeys, derive_keys, generate_seed, is_seed
from evote.threshold.pedersen import (
    ThresholdTrustees,
    read_threshold_trustees,
    verify_threshold_trustees,
)
from evote.threshold.polynomials import Polynomial, derive_polynomial, draw_polynomial
from evote.threshold.signed import Signed, decode_signed, encode_signed

__all__ = [
    "Certificate",
    "Context",
    "MemberKeys",
    "Polynomial",
    "Signed",
    "ThresholdTrustees",
    "certificates_fingerprint",
    "certificates_hash",
    "decode_signed",
    "derive_keys",
    "derive_polynomial",
    "draw_polynomial",
    "encode_signed",
    "generate_seed",
    "is_seed",
    "make_certificate",
    "read_threshold_trustees",
    "verify_threshold_trustees",
]
