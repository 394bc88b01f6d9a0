"""Fuzz the C extension for as long as one likes: `make fuzz`, or `python -m tests.fuzz --help`."""

import argparse
import sys
from pathlib import Path

from tests.fuzz.building import FAMILIES, FOLDER, build, build_around, fuzz, missing

KEPT = FOLDER.parents[1] / ".local" / "fuzz"


def main() -> int:
    """Run the families one after the other; say what each did; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("families", nargs="*", help=f"of {', '.join(FAMILIES)}; all of them")
    parser.add_argument("--seconds", type=int, default=60, help="for each family")
    wanted = parser.parse_args()
    if lack := missing():
        sys.exit(lack)
    if unknown := set(wanted.families) - set(FAMILIES):
        sys.exit(f"There is no family {', '.join(sorted(unknown))}.")
    (KEPT / "around").mkdir(parents=True, exist_ok=True)
    build_around(KEPT / "around")
    program = build(KEPT / "program", KEPT / "around")
    return 1 if sum([not _runs_clean(program, name, wanted) for name in _chosen(wanted)]) else 0


def _chosen(wanted: argparse.Namespace) -> list[str]:
    return wanted.families or list(FAMILIES)


def _runs_clean(program: Path, family: str, wanted: argparse.Namespace) -> bool:
    corpus, findings = KEPT / "corpus" / family, KEPT / "findings" / f"{family}-"
    for folder in (corpus, findings.parent):
        folder.mkdir(parents=True, exist_ok=True)
    options = (f"-max_total_time={wanted.seconds}", f"-artifact_prefix={findings}")
    done = fuzz(program, family, *options, "-print_final_stats=1", corpus=corpus)
    counts = [
        line.split()[1] for line in done.text.splitlines() if "number_of_executed_units" in line
    ]
    outcome = "nothing found" if done.status == 0 else f"FOUND\n{done.text[-4000:]}"
    sys.stdout.write(f"{family}: {counts[0] if counts else 'no'} inputs, {outcome}\n")
    sys.stdout.flush()
    return done.status == 0


if __name__ == "__main__":
    sys.exit(main())
