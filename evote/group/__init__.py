"""The groups of the protocol (PROTOCOL 1.1; "Groups").

Written multiplicatively, as in the specification: `a * b`, `a / b`, `a**n`. What keeps secrets
uses Ed25519, where all arithmetic is libsodium's: `Element`, `SecretScalar`, `GENERATOR`. What only
checks is written against `Group` and `GroupElement`, so that records of other groups can be
verified too.
"""

from evote.group.backend import BACKEND
from evote.group.commitment import Commitment
from evote.group.ed25519 import (
    ED25519,
    GENERATOR,
    GROUP_NAME,
    IDENTITY,
    IDENTITY_ENCODING,
    Element,
    is_encoding,
    is_valid_point,
    raw_of,
)
from evote.group.eighths import (
    EIGHTH_BYTES,
    Eighths,
    Equations,
    compute_eighths,
    eighths_length,
    weigh,
)
from evote.group.field import FieldElement, FieldGroup
from evote.group.interface import Group, GroupElement, InvalidVector
from evote.group.known import BELENIOS_2048, RFC_3526_2048, group_named
from evote.group.known_answers import SelfTestFailed, self_test
from evote.group.scalars import (
    ORDER,
    ZERO,
    SecretScalar,
    decode_scalar,
    decode_secret_scalar,
    encode_scalar,
    encode_secret_scalar,
    random_scalar,
    reduce_secret,
)
from evote.group.together import (
    Combination,
    Together,
    are_members,
    computes_together,
    product_vanishes,
    shuffle_generators_together,
)

__all__ = [
    "BACKEND",
    "BELENIOS_2048",
    "ED25519",
    "EIGHTH_BYTES",
    "GENERATOR",
    "GROUP_NAME",
    "IDENTITY",
    "IDENTITY_ENCODING",
    "ORDER",
    "RFC_3526_2048",
    "ZERO",
    "Combination",
    "Commitment",
    "Eighths",
    "Element",
    "Equations",
    "FieldElement",
    "FieldGroup",
    "Group",
    "GroupElement",
    "InvalidVector",
    "SecretScalar",
    "SelfTestFailed",
    "Together",
    "are_members",
    "compute_eighths",
    "computes_together",
    "decode_scalar",
    "decode_secret_scalar",
    "eighths_length",
    "encode_scalar",
    "encode_secret_scalar",
    "group_named",
    "is_encoding",
    "is_valid_point",
    "product_vanishes",
    "random_scalar",
    "raw_of",
    "reduce_secret",
    "self_test",
    "shuffle_generators_together",
    "weigh",
]
