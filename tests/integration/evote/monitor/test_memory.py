import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.logs import FolderLog, event

_PROGRAM = r"""
import re, sys
from evote.cli.main import main
assert main(sys.argv[1:]) == 0
print(re.search(r"VmHWM:\s+([0-9]+)", open("/proc/self/status").read())[1])
"""
_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def many_elections(number):
    """Make this many entries, three of each election."""
    for place in range(number // 3):
        uuid = "".join(_DIGITS[place // 58**power % 58] for power in range(14))
        yield event(0, election=uuid, type="Setup")
        yield event(1, election=uuid)
        yield event(2, election=uuid)


def kilobytes_needed(folder, *, entries):
    log = FolderLog(folder / "log", entries=many_elections(entries))
    log.publish()
    done = subprocess.run(
        [
            sys.executable, "-c", _PROGRAM, "monitor", log.folder,
            "--key", log.vkey, "--state", folder / "watch.db", "--once",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[4],
    )  # fmt: skip
    said, kilobytes = done.stdout.splitlines()
    assert re.search(f" {entries} entries, all checked", said)
    return int(kilobytes)


@pytest.mark.slow
def test_three_hundred_thousand_entries_take_no_more_memory_than_three_thousand(tmp_path):
    few = kilobytes_needed(tmp_path / "few", entries=3_000)
    many = kilobytes_needed(tmp_path / "many", entries=300_000)
    assert many < few + 5_000
