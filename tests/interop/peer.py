#!/usr/bin/env python3
"""Check an election record with belenios-tool, a program that we did not write.

    python3 tests/interop/peer.py RECORD.bel FOLDER [--tool PROGRAM]

FOLDER must not exist yet; what the tool reads is left in it, so that anyone can repeat each
call. The verdict has two parts, and both count (docs/protocol.md, 3.2): `election verify` of the
whole record, and `election verify-ballot` of each ballot beside a record that is cut right after
its Setup event. Needs Python's standard library and belenios-tool 3.0 or newer, nothing of
Pnyx. Exit status: 0 when the tool accepts everything, 1 when it refuses something, 2 when the
record cannot be taken apart or the tool is not there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 512


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)  # noqa: T201 - the command's output


def members(data: bytes) -> Iterator[tuple[str, bytes, int]]:
    """Give each file of the archive: its name, its content, and the byte after it."""
    offset = 0
    while offset < len(data):
        header = data[offset : offset + BLOCK]
        name = header[:100].rstrip(b"\0").decode("ascii")
        size = int(header[124:135], 8)
        end = offset + BLOCK + size + -size % BLOCK
        if end > len(data):
            msg = f"{name} is cut off"
            raise ValueError(msg)
        yield name, data[offset + BLOCK : offset + BLOCK + size], end
        offset = end


def take_apart(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the record up to and including its Setup event, and the ballots in their order."""
    objects: dict[str, bytes] = {}
    setup: bytes | None = None
    ballots = []
    for name, content, end in members(data):
        digest, _, kind = name.partition(".")
        if kind == "data.json":
            objects[digest] = content
        elif kind == "event.json":
            event = json.loads(content)
            if setup is None:
                setup = data[:end]
            if event["type"] == "Ballot":
                ballots.append(objects[event["payload"]])
    if setup is None:
        msg = "there is no event in it"
        raise ValueError(msg)
    return setup, ballots


def accepts(tool: str, *arguments: str | Path) -> bool:
    """Say whether the tool ends with 0; show what it said if not."""
    command = [tool, "election", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        say(f"refused: {' '.join(command)}")
        say(result.stderr.strip())
    return result.returncode == 0


def check(*, tool: str, record: Path, folder: Path) -> bool:
    """Lay the folder out, make every call, and say whether all were accepted."""
    data = record.read_bytes()
    setup, ballots = take_apart(data)
    for name, content in (("whole", data), ("setup-only", setup)):
        (folder / name).mkdir(parents=True)
        (folder / name / record.name).write_bytes(content)
    (folder / "ballots").mkdir()
    is_accepted = accepts(tool, "verify", "--dir", folder / "whole")
    say(f"election verify: {'accepted' if is_accepted else 'REFUSED'}")
    refused = 0
    for number, ballot in enumerate(ballots, start=1):
        file = folder / "ballots" / f"{number}.json"
        file.write_bytes(ballot)
        at = ("--dir", folder / "setup-only", "--ballot", file)
        refused += not accepts(tool, "verify-ballot", *at)
    say(f"election verify-ballot: {len(ballots) - refused} of {len(ballots)} accepted")
    return is_accepted and refused == 0


def main() -> int:
    """Do what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("record", metavar="RECORD.bel", type=Path)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="it must not exist yet")
    parser.add_argument("--tool", default="belenios-tool", help="the program; else on the PATH")
    given = parser.parse_args()
    tool = shutil.which(given.tool)
    if tool is None:
        parser.error(f"{given.tool} is not on the PATH; name it with --tool")
    if given.folder.exists():
        parser.error(f"{given.folder} exists already")
    try:
        is_accepted = check(tool=tool, record=given.record, folder=given.folder)
    except (OSError, ValueError, KeyError) as error:
        parser.error(f"{given.record}: {error}")
    say("ACCEPTED" if is_accepted else "NOT ACCEPTED")
    return 0 if is_accepted else 1


if __name__ == "__main__":
    sys.exit(main())
