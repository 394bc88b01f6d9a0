"""Verifies a shuffle again and again, with the back end that is asked for (bench/workers.py).

Run as a program with EVOTE_BACKEND set and a file that holds the election, what was shuffled, and
the shuffle, as they are archived. Each time everything is done that `evote verify` does in its
step, from the bytes to the verdict: reading, hashing, decoding and testing every element, the
generators, all equations. What was shuffled is known already: the tally is an earlier step's.
"""

import json
import sys
import time
from pathlib import Path

from evote.election import decode_election
from evote.group import BACKEND
from evote.tally import decode_encrypted_tally, verify_shuffle


def main() -> None:
    """Verify once for each line."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    election = decode_election(given["election"].encode())
    tally = decode_encrypted_tally(given["tally"].encode(), election=election)
    data = given["shuffle"].encode()
    print(BACKEND, flush=True)
    for _ in sys.stdin:
        begun, before = time.monotonic(), time.process_time()
        verify_shuffle(data=data, election=election, tally=tally)
        print(begun, time.monotonic(), time.process_time() - before, flush=True)


if __name__ == "__main__":
    main()
