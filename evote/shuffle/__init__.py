"""Shuffles: put ciphertexts in a secret order, and prove that nothing else was done (PROTOCOL 1.8).

A shuffle encrypts every ciphertext of a list anew and mixes them, so that nobody can tell any more
which came from which ballot, unless all who shuffled tell. The proof is Terelius and Wikström's,
in the form of CHVote 1.3.2: it shows that the second list holds the first one's contents, each
exactly once.

Here is one list; `evote.tally.shuffles` has the object with the lists of all ranked questions.
"""

from evote.shuffle.make import Progress, shuffle_list
from evote.shuffle.parts import PartProducts, check_part, join_parts, part_ranges
from evote.shuffle.proof import (
    Commitments,
    Responses,
    ShuffleProof,
    read_shuffle_element,
    read_shuffle_proof,
)
from evote.shuffle.statement import ShuffleStatement
from evote.shuffle.together import holds_together
from evote.shuffle.verify import ParallelMap, verify_shuffle_list
from evote.shuffle.written import (
    WrittenCiphertext,
    WrittenShuffle,
    read_written_ciphertexts,
    read_written_shuffle,
)

__all__ = [
    "Commitments",
    "ParallelMap",
    "PartProducts",
    "Progress",
    "Responses",
    "ShuffleProof",
    "ShuffleStatement",
    "WrittenCiphertext",
    "WrittenShuffle",
    "check_part",
    "holds_together",
    "join_parts",
    "part_ranges",
    "read_shuffle_element",
    "read_shuffle_proof",
    "read_written_ciphertexts",
    "read_written_shuffle",
    "shuffle_list",
    "verify_shuffle_list",
]
