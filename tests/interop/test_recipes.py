"""The recipes of docs/verify-an-election.md, as an auditor runs them (PROTOCOL 3.2)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evote.encoding import b64_digest
from tests.factories.evote import PLAIN, make_world, write_complete_record
from tests.interop.test_belenios import needs_tool

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "verify-an-election.md").read_text(encoding="utf-8")
UUID, TRACKER = "hfd19JUwUteUwr", "cqJLsAZtdfZI9GN4sejYQ90NwTs7nMCATtAc7ADv1Vc"
BY_HAND, FIND_BALLOT = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(params=["3.0", "3.3"])
def tool(request):
    return Path(os.environ["BELENIOS_TOOL_DIR"]) / f"belenios-tool-{request.param}"


@pytest.fixture
def record(tmp_path):
    def write(*, forge=False):
        world = make_world(uuid=UUID, questions=[PLAIN], voters=2)
        ballots = [world.ballot(0, [[0, 1, 0]]), world.ballot(1, [[1, 0, 0]])]
        if forge:  # signed with the first voter's credential, and said to be the second's
            ballots[1] = ballots[0].replace(world.public(0).encode(), world.public(1).encode())
        path = tmp_path / f"{UUID}.bel"
        path.write_bytes(write_complete_record(world, ballots).data())
        return path, ballots

    return write


def run_by_hand(tool, folder):
    (folder / "bin").mkdir()
    (folder / "bin" / "belenios-tool").symlink_to(tool)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", BY_HAND],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()[-1]


def run_script(tool, path):
    return subprocess.run(
        [sys.executable, "tests/interop/peer.py", path, path.parent / "work", "--tool", tool],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@needs_tool
def test_a_sound_record_is_accepted_by_hand_and_by_the_script(tool, record, tmp_path):
    path, ballots = record()

    done = run_script(tool, path)

    assert run_by_hand(tool, tmp_path) == "accepted"
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ballots)} of {len(ballots)} accepted" in done.stdout


@needs_tool
def test_a_forged_ballot_is_refused_by_hand_and_by_the_script(tool, record, tmp_path):
    path, _ballots = record(forge=True)

    done = run_script(tool, path)

    assert run_by_hand(tool, tmp_path) == "NOT ACCEPTED"
    assert done.returncode == 1
    assert "1 of 2 accepted" in done.stdout


def test_what_is_no_record_is_named_by_the_script(tmp_path):
    path = tmp_path / f"{UUID}.bel"
    path.write_bytes(b"not a record")

    done = run_script(sys.executable, path)

    assert done.returncode == 2
    assert str(path) in done.stderr


def test_a_voter_finds_the_ballot_by_its_tracker(record, tmp_path):
    _path, ballots = record()
    command = FIND_BALLOT.replace(TRACKER, b64_digest(ballots[1]))

    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    [name] = done.stdout.split()
    digest = name.removesuffix(".data.json")
    listed = subprocess.run(
        ["tar", "-xOf", f"{UUID}.bel", f"{digest}.data.json"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert listed.stdout == ballots[1]
