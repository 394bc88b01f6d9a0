"""Processor seconds to verify each ballot of an election, with the back end that is asked for.

Run as a program with EVOTE_BACKEND set: standard input gives `election` and `ballots` as texts;
standard output gives `backend`, `first` (the first ballot, tables and all) and `each` (the mean of
the others).
"""

import json
import sys
import time

from evote.ballot import decode_ballot, verify_ballot
from evote.election import decode_election
from evote.group import BACKEND


def main() -> None:
    """Verify, and print how long it took."""
    given = json.load(sys.stdin)
    election = decode_election(given["election"].encode())
    times = []
    for text in given["ballots"]:
        begun = time.process_time()
        verify_ballot(ballot=decode_ballot(text.encode(), election=election), election=election)
        times.append(time.process_time() - begun)
    rest = times[1:]
    json.dump({"backend": BACKEND, "first": times[0], "each": sum(rest) / len(rest)}, sys.stdout)


if __name__ == "__main__":
    main()
