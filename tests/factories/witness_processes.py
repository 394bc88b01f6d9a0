"""The real witness, `evote witness serve`, as a process of its own."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from config.embedded.child import die_with_parent
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import VerifierKey
from tests.factories.witnesses import witness_key

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 30.0


class WitnessProcess:
    """One witness. It keeps its state, its copy and its port when it is started again."""

    def __init__(
        self, folder: Path, *, name: str, log: VerifierKey, algorithm: Algorithm = Algorithm.ED25519
    ) -> None:
        self.folder = folder
        self.name = name
        self.key: CosigningKey = witness_key(name, algorithm=algorithm)
        self.log = log
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        file = folder / "key"
        file.touch(mode=0o600)
        file.write_text(self.key.encode() + "\n")

    def start(self) -> None:
        """Start it; `wait` says when it listens."""
        port = self.url.rpartition(":")[2] or "0"
        with (self.folder / "out").open("wb") as out:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "evote.cli.main", "witness", "serve"),
                    *("--key", str(self.folder / "key"), "--log", self.log.encode()),
                    *("--state", str(self.folder / "state.sqlite")),
                    *("--published", str(self.folder / "published")),
                    *("--listen", f"127.0.0.1:{port}"),
                ],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(by=signal.SIGKILL),
            )

    def wait(self) -> None:
        """Wait until it listens, and note where."""
        end = time.monotonic() + START_SECONDS
        assert self.process is not None
        while True:
            said = (self.folder / "out").read_text(errors="replace")
            found = [line for line in said.splitlines() if line.startswith("listening on ")]
            if found:
                self.url = found[0].removeprefix("listening on ")
                return
            assert self.process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.05)

    def kill(self) -> None:
        """`kill -9`."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def get(self, path: str) -> bytes:
        """Fetch what it publishes."""
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:
            return bytes(answer.read())
