"""Checking, as an outsider, that the demo's witnesses have cosigned what its receipts rest on."""

import json
import tempfile
import urllib.request
from pathlib import Path

from django.conf import settings

from audit.selectors import current_policy
from config.demo import trustees
from config.demo.elections import wait_until
from config.demo.summary import Summary
from config.progress import say, step
from evote.errors import EvoteError
from evote.tlog.policy import CosignedCheckpoint, verify_under_policy

CHECKED_RECEIPTS = 3


class NotCosigned(Exception):
    """The newest checkpoint, or a receipt, does not meet the demo's policy."""


def check_receipts(summary: Summary) -> None:
    """Take receipts of ballots from the site and have `evote` check them under the policy.

    Raises:
        NotCosigned: the published checkpoint does not meet the policy.
        trustees.EvoteFailed: a receipt does not.

    """
    wait_until(_is_all_published, for_what="The newest entries of the log are not cosigned")
    cosigned = _cosigned_checkpoint()
    names = ", ".join(line.name for line in cosigned.cosignatures)
    say(f"    Checkpoint {cosigned.checkpoint.size}: cosigned by {names}")
    events = json.loads(_fetch(f"/api/elections/{summary.counted}/events"))["results"]
    indexes = [event["log_index"] for event in events if event["type"] == "Ballot"]
    with (
        step("A voter checks receipts: evote receipt check --policy"),
        tempfile.TemporaryDirectory() as folder,
    ):
        for index in indexes[:CHECKED_RECEIPTS]:
            path = Path(folder) / f"receipt-{index}.tlog-proof"
            path.write_bytes(_fetch(f"/log/entries/{index}.tlog-proof"))
            checked = trustees.evote(
                *("receipt", "check", str(path)), *("--policy", settings.LOG_POLICY_FILE)
            )
            say("    " + trustees.output_of(checked).strip().splitlines()[-1])


def _is_all_published() -> bool:
    state = json.loads(_fetch("/api/log"))
    return bool(state["published_size"] == state["size"] and not state["waiting"])


def _cosigned_checkpoint() -> CosignedCheckpoint:
    policy = current_policy()
    assert policy is not None, "the demo has a policy"
    try:
        return verify_under_policy(_fetch("/log/checkpoint"), policy)
    except EvoteError as error:
        msg = f"The published checkpoint does not meet the policy: {error}"
        raise NotCosigned(msg) from error


def _fetch(path: str) -> bytes:
    with urllib.request.urlopen(settings.BASE_URL + path, timeout=30) as answer:  # noqa: S310
        return bytes(answer.read())
