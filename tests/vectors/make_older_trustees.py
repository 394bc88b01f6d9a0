"""Have belenios-tool hold threshold ceremonies in the older groups, in today's form and in 2022's.

Writes `older_trustees.json`. The folder with the tool is named by BELENIOS_TOOL_DIR:
    python -m tests.vectors.make_older_trustees
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.interop.test_threshold import SIZE, THRESHOLD, threshold_trustees

FILE = Path(__file__).with_name("older_trustees.json")
GROUPS = ("BELENIOS-2048", "RFC-3526-2048")


def tool_in(folder: Path, version: str) -> Callable[..., bytes]:
    """Give the tool as the interop tests call it, at work in a folder."""
    program = Path(os.environ["BELENIOS_TOOL_DIR"]) / f"belenios-tool-{version}"

    def run(*arguments: str, given: bytes = b"") -> bytes:
        command = [program, "setup", "generate-trustee-key-threshold", *arguments]
        return subprocess.run(
            command, input=given, capture_output=True, cwd=folder, check=True
        ).stdout

    return run


def ceremony(group: str, *, is_legacy: bool) -> object:
    """Hold one ceremony of two of three."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        context = f"/{THRESHOLD}/{SIZE}"
        return threshold_trustees(
            tool_in(folder, "2.0" if is_legacy else "3.3"),
            folder,
            group=group,
            certificate_options=lambda index: (
                [] if is_legacy else [f"--threshold-context={index}{context}"]
            ),
            polynomial_options=[f"--threshold={THRESHOLD}"] if is_legacy else [],
        )


def main() -> None:
    """Write the file."""
    cases = [
        {"group": group, "is_legacy": is_legacy, "trustees": ceremony(group, is_legacy=is_legacy)}
        for group in GROUPS
        for is_legacy in (False, True)
    ]
    FILE.write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
