"""Has belenios-tool make records of other groups and kinds of questions.

`BELENIOS_TOOL_DIR=… python -m tests.vectors.make_belenios [CASE …]`, with belenios-tool-2.0 and
belenios-tool-3.3 in that folder.
What the folders hold is the tool's own work, from questions and votes of ours; the keys are thrown
away. Each run draws other randomness.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "belenios-other"
PLAIN = {"answers": ["A", "B", "C"], "min": 0, "max": 2, "question": "Which?"}
BLANK = {"answers": ["Yes", "No"], "blank": True, "min": 1, "max": 1, "question": "Approve?"}
RANKED = {"type": "NonHomomorphic", "value": {"answers": ["A", "B", "C"], "question": "Order?"}}
LISTS = {
    "type": "Lists",
    "value": {"answers": [["Reds", "Ada", "Bo"], ["Blues", "Cy"]], "question": "Which list?"},
}


@dataclass(frozen=True)
class Case:
    """An election for the tool to hold."""

    name: str
    group: str
    questions: list[dict[str, Any]]
    votes: list[list[Any]]
    has_shuffles: bool
    release: str = "3.3"


CASES = [
    Case(
        name="case7-homomorphic-belenios2048",
        group="BELENIOS-2048",
        questions=[PLAIN, BLANK],
        votes=[[[1, 0, 1], [0, 1, 0]], [[0, 0, 0], [1, 0, 0]], [[0, 0, 1], [0, 0, 1]]],
        has_shuffles=False,
    ),
    Case(
        name="case8-mixnet-rfc3526",
        group="RFC-3526-2048",
        questions=[PLAIN, RANKED],
        votes=[[[1, 0, 1], [1, 2, 3]], [[0, 0, 0], [3, 1, 2]], [[0, 0, 1], [0, 0, 0]]],
        has_shuffles=True,
    ),
    Case(
        name="case9-lists-ed25519",
        group="Ed25519",
        questions=[LISTS],
        votes=[[[[1, 1, 0], [0, 0]]], [[[1, 1, 1], [0, 0]]], [[[0, 0, 0], [1, 1]]]],
        has_shuffles=False,
    ),
]
# The release of 2022 knew the groups of integers only.
CASES += [
    replace(CASES[0], name="case10-homomorphic-release-2.0", release="2.0"),
    replace(CASES[1], name="case11-mixnet-release-2.0", release="2.0"),
]


class Tool:
    """belenios-tool in a folder of its own."""

    def __init__(self, folder: Path, *, release: str) -> None:
        self.program = Path(os.environ["BELENIOS_TOOL_DIR"]) / f"belenios-tool-{release}"
        self.folder = folder
        self.choice_option = "--ballot" if release == "2.0" else "--choice"

    def __call__(self, *arguments: str, given: bytes = b"") -> bytes:
        command = [str(self.program), *arguments]
        return subprocess.run(
            command, input=given, stdout=subprocess.PIPE, cwd=self.folder, check=True
        ).stdout

    def write(self, name: str, value: object) -> None:
        (self.folder / name).write_text(json.dumps(value))

    def add(self, kind: str, given: bytes) -> None:
        self("archive", "add-event", f"--type={kind}", given=given)


def private_credentials(text: str) -> dict[str, str]:
    """Read the file of private credentials: an object, or in 2.0 one line for each."""
    if text.startswith("{"):
        return dict(json.loads(text))
    return dict(line.split() for line in text.splitlines())


def hold(case: Case, tool: Tool) -> tuple[str, dict[str, bytes]]:
    """Hold the election, and give its uuid and the files worth keeping."""
    group = f"--group={case.group}"
    uuid = tool("setup", "generate-token", "--length=14").decode().strip()
    count = f"--count={len(case.votes)}"
    tool("setup", "generate-credentials", f"--uuid={uuid}", group, count)
    private = private_credentials(next(tool.folder.glob("*.privcreds")).read_text())
    shutil.copy(next(tool.folder.glob("*.pubcreds")), tool.folder / "public_creds.json")
    for _ in range(2):
        tool("setup", "generate-trustee-key", group)
    keys = sorted(tool.folder.glob("*.pubkey"))
    (tool.folder / "public_keys.jsons").write_text("".join(key.read_text() for key in keys))
    tool("setup", "make-trustees")
    questions = {"description": "Made for a test.", "name": case.name, "questions": case.questions}
    tool.write("questions.json", questions)
    tool("setup", "make-election", f"--uuid={uuid}", group, "--template=questions.json")
    tool("archive", "init")
    # Voter 1 votes again, with the choices of voter 2.
    voters = [*zip(private.values(), case.votes, strict=True)]
    for credential, answers in [*voters, (voters[0][0], case.votes[1])]:
        (tool.folder / "credential").write_text(credential)
        tool.write("choice.json", answers)
        made = tool(
            "election",
            "generate-ballot",
            "--privcred=credential",
            f"{tool.choice_option}=choice.json",
        )
        tool.add("Ballot", made)
    tool.add("EndBallots", b"")
    tool.add("EncryptedTally", tool("election", "compute-encrypted-tally"))
    if case.has_shuffles:
        for owner in (1, 2):
            tool.add("Shuffle", tool("election", "shuffle", f"--trustee-id={owner}"))
        tool.add("EndShuffles", b"")
    for owner, key in enumerate(keys, start=1):
        arguments = (f"--privkey={key.with_suffix('.privkey').name}", f"--trustee-id={owner}")
        tool.add("PartialDecryption", tool("election", "decrypt", *arguments))
    result = tool("election", "compute-result")
    tool.add("Result", result)
    tool("election", "verify")
    return uuid, {
        f"{uuid}.bel": (tool.folder / f"{uuid}.bel").read_bytes(),
        "election.json": (tool.folder / "election.json").read_bytes(),
        "private_creds.json": json.dumps(private).encode(),
        "votes.jsons": "".join(json.dumps(vote) + "\n" for vote in case.votes).encode(),
        "checksums.json": tool("election", "compute-checksums"),
        "result.json": result,
    }


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for each in CASES:
        if wanted and each.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as place:
            _, files = hold(each, Tool(Path(place), release=each.release))
        shutil.rmtree(FOLDER / each.name, ignore_errors=True)
        (FOLDER / each.name).mkdir()
        for file_name, content in files.items():
            (FOLDER / each.name / file_name).write_bytes(content)
