"""Logs for witnesses to watch, honest and forked, and witnesses to watch them."""

import contextlib
import re
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from evote.tlog.checkpoint import sign_checkpoint
from evote.tlog.cosignature import CosignerKey
from evote.tlog.merkle import consistency_proof, leaf_hash, root_of_hashes
from evote.tlog.note import SigningKey
from evote.tlog.tiles import encode_tile, tile_addresses
from evote.tlog.witness import AddCheckpoint

ROOT = Path(__file__).parents[2]
ORIGIN = "log.example/log"
KEY = SigningKey(name=ORIGIN, seed=bytes(32))
VKEY = KEY.verifier.encode()


class SmallLog:
    """A log of up to 256 entries, all in memory. `fork` gives one that branches off."""

    def __init__(self, leaves=None, *, key=KEY):
        self.leaves = leaves or [leaf_hash(f"entry {number}".encode()) for number in range(256)]
        self.key = key

    def fork(self, at):
        other = [leaf_hash(f"other {number}".encode()) for number in range(256)]
        return SmallLog(self.leaves[:at] + other[at:], key=self.key)

    def checkpoint(self, size):
        return sign_checkpoint(size=size, root=root_of_hashes(self.leaves[:size]), key=self.key)

    def proof(self, old, new):
        def read(level, index):
            return root_of_hashes(self.leaves[index << level : (index + 1) << level])

        return (
            ()
            if old in {0, new}
            else tuple(consistency_proof(old_size=old, new_size=new, read=read))
        )

    def request(self, old, new):
        return AddCheckpoint(
            old_size=old, proof=self.proof(old, new), checkpoint=self.checkpoint(new)
        ).encode()

    def write(self, folder, size):
        for address in tile_addresses(old_size=0, new_size=size):
            path = folder / address.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if address.level == 0:
                path.write_bytes(encode_tile(self.leaves[: address.width]))
        (folder / "checkpoint").write_bytes(self.checkpoint(size))


def evote(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "evote.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )


@contextlib.contextmanager
def served_witness(*arguments, start=None):
    """Run `evote witness serve` on a free port; gives the process and its address."""
    process = subprocess.Popen(
        [
            *(start or [sys.executable, "-m", "evote.cli.main"]),
            "witness",
            "serve",
            "--listen",
            "127.0.0.1:0",
            *map(str, arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        line = process.stdout.readline()
        match = re.fullmatch(r"listening on (http://\S+)\n", line)
        assert match, line + process.stderr.read()
        yield process, match[1]
    finally:
        process.kill()
        process.communicate(timeout=30)


def ask(url, *, body=None, method=None):
    """Give status, content type and body of an answer, whatever its status."""
    request = Request(url, data=body, method=method)
    try:
        with urlopen(request, timeout=30) as response:
            return response.status, response.headers["Content-Type"], response.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


class WitnessPlace:
    """The files of one witness, with its keys made by the command."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "state.sqlite"
        self.published = folder / "published"
        made = evote("witness", "key", "--name", "witness.example/w", folder / "keys")
        assert made.returncode == 0, made.stderr
        self.vkeys = [CosignerKey.decode(line) for line in made.stdout.splitlines()]

    def options(self, *, log=VKEY):
        keys = sorted((self.folder / "keys").iterdir())
        return [
            *(word for key in keys for word in ("--key", key)),
            *("--state", self.state),
            *("--published", self.published),
            *("--log", log),
        ]


def post(url, body):
    return ask(f"{url}/add-checkpoint", body=body)


def refused_to_start(*arguments):
    stopped = evote("witness", "serve", "--listen", "127.0.0.1:0", *arguments)
    assert stopped.returncode == 2, stopped.stdout
    return stopped.stderr
