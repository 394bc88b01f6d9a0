"""Whose signatures under a log's checkpoints are asked for: one key, or a policy."""

import argparse
from dataclasses import replace
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.sources import read_source
from evote.errors import EvoteError
from evote.tlog.note import VerifierKey
from evote.tlog.policy import POLICY_LIMIT_BYTES, Policy, PolicyLog, decode_policy

_KEY_LIMIT_BYTES = 10_000


def add_trust_arguments(parser: "argparse._ActionsContainer", *, is_required: bool = True) -> None:
    """Register `--key` and `--policy`, one of which is needed where it is required."""
    trust = parser.add_mutually_exclusive_group(required=is_required)
    trust.add_argument(
        "--key",
        metavar="KEY",
        help="the log's verifier key, name+id+base64, or a file with it",
    )
    trust.add_argument(
        "--policy",
        metavar="FILE",
        help="a policy (c2sp.org/tlog-policy): the log's key, its witnesses and their quorum",
    )


def read_trust(*, key: str | None, policy: str | None) -> Policy:
    """Read what the options name. A key alone is a policy without witnesses.

    Raises:
        CommandFailed: it cannot be read, or is about several logs.
    """
    if policy is None:
        assert key is not None, "argparse asks for one of the two"
        logs = (PolicyLog(key=read_key(key), url=None),)
        return Policy(logs=logs, witnesses=(), groups=(), quorum=None)
    try:
        found = decode_policy(read_source(policy, limit_bytes=POLICY_LIMIT_BYTES))
    except CommandFailed:
        raise
    except EvoteError as error:
        msg = f"{policy}: {error}"
        raise CommandFailed(msg) from error
    if len({log.key.name for log in found.logs}) != 1:
        msg = f"{policy}: this command is about one log; the policy names {len(found.logs)}"
        raise CommandFailed(msg)
    return found


def read_key(text: str) -> VerifierKey:
    """Read a log's verifier key, or the file that holds it.

    Raises:
        CommandFailed: it is none.
    """
    source = "--key"
    if text.count("+") < 2 and Path(text).is_file():
        source = text
        text = read_source(text, limit_bytes=_KEY_LIMIT_BYTES).decode(errors="replace").strip()
    try:
        return VerifierKey.decode(text)
    except EvoteError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error


def origin_of(policy: Policy) -> str:
    """Give the log's name."""
    return policy.logs[0].key.name


def with_keys(policy: Policy, keys: list[VerifierKey]) -> Policy:
    """Give the same policy with other keys of its log: logs change theirs."""
    return replace(policy, logs=tuple(PolicyLog(key=key, url=None) for key in keys))
