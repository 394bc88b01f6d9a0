"""The installation's trust policy: which witnesses are asked, and how many have to agree."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from audit.selectors.key import own_keys, signing_key
from evote.errors import DecodeError
from evote.tlog.policy import Policy, PolicyLog, decode_policy


class PolicyUnusable(Exception):
    """There should be a policy, and there is none that holds for this log. Nothing is published."""


def current_policy() -> Policy | None:
    """Return the policy under which this log publishes; None: no witness is asked.

    Raises:
        PolicyUnusable: its file cannot be read, is no policy, or does not name this log's key.
        LogKeyMissing: there is no key yet.
    """
    if not settings.LOG_POLICY_FILE:
        return None
    path = Path(settings.LOG_POLICY_FILE)
    try:
        status = path.stat()
        policy = _read_policy(path, status.st_mtime_ns, status.st_ino, status.st_size)
    except (OSError, DecodeError) as error:
        msg = f"The policy in {path} cannot be used: {error}."
        raise PolicyUnusable(msg) from error
    if signing_key().verifier not in [log.key for log in policy.logs]:
        msg = f"The policy in {path} does not name the key of this log."
        raise PolicyUnusable(msg)
    return policy


def published_policy() -> bytes:
    """Return the policy as it is served: the operator's file, or one that asks for nobody.

    Raises:
        PolicyUnusable: see `current_policy`.
        LogKeyMissing: there is no key yet.
    """
    if current_policy() is not None:
        return Path(settings.LOG_POLICY_FILE).read_bytes()
    logs = tuple(PolicyLog(key=key, url=f"{settings.BASE_URL}/log") for key in own_keys())
    return Policy(logs=logs, witnesses=(), groups=(), quorum=None).encode()


def is_published_at_once() -> bool:
    """Say whether a checkpoint goes public as soon as it is signed: no witness has to agree.

    Under a policy that cannot be read nothing goes public.
    """
    try:
        policy = current_policy()
    except PolicyUnusable:
        return False
    return policy is None or policy.quorum_met(())


@lru_cache(maxsize=4)
def _read_policy(path: Path, modified_ns: int, inode: int, size: int) -> Policy:
    return decode_policy(path.read_bytes())
