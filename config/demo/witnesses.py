"""The demo's three witnesses, and the policy by which any two of them have to agree.

Real witnesses stand with other people, on other machines. These have a key, a state and a
published copy of their own each, and know of the log nothing but its key.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.demo.place import HOST, free_port
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import SigningKey, VerifierKey
from evote.tlog.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness

# What each is called in the policy, how it signs, and where it listens if the port is free.
WITNESSES = (
    ("Library", Algorithm.ED25519, 8701),
    ("University", Algorithm.ED25519, 8702),
    ("Civic-League", Algorithm.ML_DSA_44, 8703),
)
QUORUM = 2
KEY_FILE_MODE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWitness:
    """One witness: its folder, its key and the port on which it is asked."""

    name: str
    folder: Path
    key: CosigningKey
    port: int

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{HOST}:{self.port}"

    def command(self, *, log_keys: Sequence[VerifierKey]) -> list[str]:
        """Return the command that runs it."""
        logs = [word for key in log_keys for word in ("--log", key.encode())]
        return [
            *(sys.executable, "-m", "evote.cli.main", "witness", "serve"),
            *("--key", str(self.folder / "witness.key")),
            *("--state", str(self.folder / "state.sqlite")),
            *("--published", str(self.folder / "published")),
            *("--listen", f"{HOST}:{self.port}"),
            *logs,
        ]


def make_witnesses(folder: Path) -> list[DemoWitness]:
    """Make the witnesses' keys at the first start, and find them again at every later one."""
    return [
        DemoWitness(
            name=name,
            folder=folder / name.lower(),
            key=_key(folder / name.lower(), name=name, algorithm=algorithm),
            port=free_port(port),
        )
        for name, algorithm, port in WITNESSES
    ]


def keys_of_log(key_file: Path) -> list[VerifierKey]:
    """Return the public halves of the log's key and of those that it had before."""
    keys = [SigningKey.decode(key_file.read_text(encoding="utf-8").strip()).verifier]
    earlier = key_file.with_name(f"{key_file.name}.earlier")
    if earlier.exists():
        keys.extend(VerifierKey.decode(line) for line in earlier.read_text("utf-8").split())
    return keys


def write_policy(
    path: Path, *, witnesses: Sequence[DemoWitness], log_keys: Sequence[VerifierKey], site: str
) -> None:
    """Write the policy anew: keys stay, ports may move."""
    policy = Policy(
        logs=tuple(PolicyLog(key=key, url=f"{site}/log") for key in log_keys),
        witnesses=tuple(
            PolicyWitness(name=witness.name, key=witness.key.verifier, url=witness.url)
            for witness in witnesses
        ),
        groups=(
            PolicyGroup(
                name="any-two", threshold=QUORUM, members=tuple(one.name for one in witnesses)
            ),
        ),
        quorum="any-two",
    )
    fresh = path.with_suffix(".new")
    fresh.write_bytes(policy.encode())
    fresh.replace(path)


def _key(folder: Path, *, name: str, algorithm: Algorithm) -> CosigningKey:
    file = folder / "witness.key"
    if file.exists():
        return CosigningKey.decode(file.read_text(encoding="utf-8").strip())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = CosigningKey.generate(name=f"{name.lower()}.example.org/witness", algorithm=algorithm)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(key.encode() + "\n")
    fresh.replace(file)
    return key
