"""Milliseconds for each ranking: to shuffle, and to verify a shuffle.

Three answers to a question, ranked. All times are processor time, which does not depend on what
else the machine does; what the verifying process still does itself when worker processes compute
the products says how much more cores can help.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor

from evote.election import (
    Election,
    RankedQuestion,
    combine_public_keys,
    decode_election,
    encode_election,
    generate_uuid,
    make_trustee,
)
from evote.elgamal import encrypt_element
from evote.group import ED25519, Element, random_scalar
from evote.tally import EncryptedTally, make_shuffle, verify_shuffle

SIZES = (100, 1000, 5000)


def _election() -> Election:
    trustee = make_trustee(secret_key=random_scalar(), name="Bench")
    archived = encode_election(
        uuid=generate_uuid(),
        name="Bench",
        description="",
        public_key=combine_public_keys([trustee]),
        questions=[RankedQuestion(text="In what order?", answers=("A", "B", "C"))],
        context=None,
    )
    return decode_election(archived)


def _tally(election: Election, *, size: int) -> EncryptedTally:
    public_key = election.public_key
    assert isinstance(public_key, Element)
    return EncryptedTally(
        (
            tuple(
                encrypt_element(
                    element=ED25519.embed([1, 2, 3]),
                    public_key=public_key,
                    randomness=random_scalar(),
                )
                for _ in range(size)
            ),
        )
    )


def main() -> None:
    """Measure and print one line for each size."""
    election = _election()
    print("Shuffles of rankings, milliseconds for each ranking:")
    with ProcessPoolExecutor() as pool:
        list(pool.map(abs, range(4 * (os.cpu_count() or 1))))  # the workers have started
        for size in SIZES:
            tally = _tally(election, size=size)
            start = time.process_time()
            data = make_shuffle(election=election, tally=tally, progress=lambda done, total: None)
            made = time.process_time() - start
            start = time.process_time()
            verify_shuffle(data=data, election=election, tally=tally)
            verified = time.process_time() - start
            start = time.process_time()
            verify_shuffle(data=data, election=election, tally=tally, parallel_map=pool.map)
            own = time.process_time() - start
            print(
                f"  {size:>5} rankings: make {1000 * made / size:.2f}, "
                f"verify {1000 * verified / size:.2f}, all but {1000 * own / size:.2f} of it "
                f"shared by workers; {len(data) / size:.0f} bytes each"
            )


if __name__ == "__main__":
    main()
