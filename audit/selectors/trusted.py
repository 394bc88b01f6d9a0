"""Other logs that the operator trusts: their receipts are checked without typing their keys."""

import logging
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from audit.selectors.key import log_origin
from evote.errors import EvoteError
from evote.tlog.checkpoint import decode_checkpoint
from evote.tlog.note import decode_note
from evote.tlog.policy import POLICY_LIMIT_BYTES, Policy, decode_policy
from evote.tlog.receipt import decode_receipt

LOGGER = logging.getLogger(__name__)
SUFFIX = ".policy"
FILES_LIMIT = 100


def trusted_policies() -> dict[str, bytes]:
    """Return the policy files of other logs, by the names of the logs that they hold.

    A file that is no policy is left out, and named in the diary. Of two files with one log the
    first by its name counts.
    """
    if not settings.TRUSTED_POLICIES:
        return {}
    paths = sorted(Path(settings.TRUSTED_POLICIES).glob(f"*{SUFFIX}"))[:FILES_LIMIT]
    found: dict[str, bytes] = {}
    for path in paths:
        data = _read(path)
        policy = None if data is None else _decoded(path.name, data)
        if data is not None and policy is not None:
            for log in policy.logs:
                found.setdefault(log.key.name, data)
    found.pop(log_origin(), None)  # of its own receipts the installation speaks for itself
    return found


def trusted_policy(receipt: bytes) -> Policy | None:
    """Return the policy by which another log's receipt is checked; None: none is known here."""
    try:
        note = decode_note(decode_receipt(receipt).checkpoint)
        origin = decode_checkpoint(note).origin
    except EvoteError:
        return None
    data = trusted_policies().get(origin)
    return None if data is None else decode_policy(data)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(POLICY_LIMIT_BYTES + 1)
    except OSError as error:
        LOGGER.warning("PNYX_TRUSTED_POLICIES: %s: %s", path.name, error)
        return None


@lru_cache(maxsize=FILES_LIMIT)
def _decoded(name: str, data: bytes) -> Policy | None:
    """Read a policy once; a wrong one is named once."""
    try:
        return decode_policy(data)
    except EvoteError as error:
        LOGGER.warning("PNYX_TRUSTED_POLICIES: %s is not a policy: %s", name, error)
        return None
