"""The optional anchor: a contract on an EVM chain that holds the newest published root.

`contracts/PnyxAnchor.sol` moves only to a tree that continues the one it holds, and checks the
proof itself. It is one more mark outside the database, in nobody's hands. Security never depends
on it; where it is not set up, none of this is loaded. docs/anchor.md says how it is used.
"""

import json
import os
import re
import stat
import time
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from audit.models import Checkpoint
from audit.selectors import latest_checkpoint, log_origin
from audit.selectors.tree import latest_head, stored_tree
from audit.services.marks import Doubt, Mark, Marks, refuse_mark
from evote.tlog.checkpoint import Checkpoint as CheckpointText

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

ARTEFACT = "PnyxAnchor.json"
ANSWER_SECONDS = 10
MINED_SECONDS = 180
# The contract moves only when we move it, so its mark need not be read each second.
MARK_SECONDS = 60.0
PLACE = "the anchor contract"

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}", re.ASCII)
_last_marks: dict[tuple[str, str], tuple[float, Marks]] = {}


class AnchorUnavailable(Exception):
    """The anchor cannot be asked. The message says what is missing and what to do."""


class AnchorRefused(Exception):
    """The contract is another log's, or the chain did not take the transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """What the contract holds now. Without a transaction it held that before."""

    size: int
    root: bytes
    transaction: str | None
    gas: int | None


def is_anchor_configured() -> bool:
    """Say whether there is a contract to look at."""
    return bool(settings.ANCHOR_URL and settings.ANCHOR_CONTRACT)


def deploy_anchor() -> str:
    """Put a new, empty contract for this log on the chain; return its address.

    The account of the key file is the only one that can ever move it.

    Raises:
        AnchorUnavailable: something is missing.
        AnchorRefused: the chain did not take it.
    """
    chain = _connect()
    account = _account(chain)
    contract = chain.eth.contract(abi=artefact()["abi"], bytecode=artefact()["bytecode"])
    receipt = _send(chain, account, contract.constructor(origin_hash()))
    return str(receipt["contractAddress"])


def anchor_checkpoint() -> Anchored | None:
    """Bring the contract to the newest published checkpoint. Doing it twice changes nothing.

    Returns what the contract holds, or None: nothing is published yet.

    Raises:
        AnchorUnavailable: something is missing, or the chain does not answer.
        AnchorRefused: the contract is another log's, or the transaction was not taken.
        LogHalted: the contract holds a tree that the database does not continue.
    """
    chain = _connect()
    contract = _contract(chain)
    held = _held(contract)
    checkpoint = latest_checkpoint()
    refuse_mark(head=latest_head(), mark=Mark(place=PLACE, checkpoint=held))
    if checkpoint is None:
        return None
    if held.size >= checkpoint.head_id:
        return Anchored(size=held.size, root=held.root, transaction=None, gas=None)
    return _advance(chain, contract, held=held, checkpoint=checkpoint)


def anchor_marks() -> Marks:
    """Read what the contract holds, as a mark for the sequencer; nothing where there is none.

    A chain that does not answer, or a contract of another log, tells nothing and halts nothing.
    """
    if not is_anchor_configured():
        return Marks(seen=(), doubts=())
    place = (settings.ANCHOR_URL, settings.ANCHOR_CONTRACT)
    asked_at, marks = _last_marks.get(place, (-MARK_SECONDS, None))
    if marks is None or time.monotonic() - asked_at >= MARK_SECONDS:
        marks = _ask_for_marks()
        _last_marks[place] = (time.monotonic(), marks)
    return marks


def origin_hash() -> bytes:
    """Return how the contract names the log."""
    return sha256(log_origin().encode()).digest()


@cache
def artefact() -> dict[str, Any]:
    """Return the compiled contract, as it lies beside its source."""
    path = Path(settings.BASE_DIR) / "contracts" / ARTEFACT
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


# --- What the contract holds --------------------------------------------------------------------


def _ask_for_marks() -> Marks:
    try:
        held = _held(_contract(_connect()))
    except (AnchorUnavailable, AnchorRefused) as error:
        return Marks(seen=(), doubts=(Doubt(place=PLACE, reason=str(error)),))
    seen = (Mark(place=PLACE, checkpoint=held),) if held.size else ()
    return Marks(seen=seen, doubts=())


def _held(contract: Any) -> CheckpointText:  # noqa: ANN401 - the client makes its class at run time
    try:
        origin = contract.functions.origin().call()
        size = contract.functions.size().call()
        root = contract.functions.root().call()
    except Exception as error:
        msg = f"The contract {contract.address} gives no answer: {error}"
        raise AnchorUnavailable(msg) from error
    if bytes(origin) != origin_hash():
        msg = f"The contract {contract.address} is not of the log {log_origin()}."
        raise AnchorRefused(msg)
    return CheckpointText(origin=log_origin(), size=int(size), root=bytes(root))


# --- Moving it ----------------------------------------------------------------------------------


def _advance(
    chain: "Web3",
    contract: Any,  # noqa: ANN401 - as above
    *,
    held: CheckpointText,
    checkpoint: Checkpoint,
) -> Anchored:
    account = _account(chain)
    operator = contract.functions.operator().call()
    if operator != account.address:
        msg = f"Only {operator} can move the contract, and the key file is of {account.address}."
        raise AnchorRefused(msg)
    size, root = checkpoint.head_id, bytes(checkpoint.head.root)
    proof = stored_tree(size).consistency_proof(held.size)
    receipt = _send(chain, account, contract.functions.advance(size, root, proof))
    return Anchored(
        size=size,
        root=root,
        transaction="0x" + bytes(receipt["transactionHash"]).hex(),
        gas=int(receipt["gasUsed"]),
    )


def _send(chain: "Web3", account: "LocalAccount", call: Any) -> Any:  # noqa: ANN401 - as above
    """Send one transaction and wait until it is mined."""
    try:
        nonce = chain.eth.get_transaction_count(account.address)
        if chain.eth.get_transaction_count(account.address, "pending") != nonce:
            msg = f"An earlier transaction of {account.address} is not mined yet. Try again later."
            raise AnchorRefused(msg)
        transaction = call.build_transaction(
            {"from": account.address, "nonce": nonce, "chainId": chain.eth.chain_id}
        )
        signed = account.sign_transaction(transaction)
        sent = chain.eth.send_raw_transaction(signed.raw_transaction)
        receipt = chain.eth.wait_for_transaction_receipt(sent, timeout=MINED_SECONDS)
    except AnchorRefused:
        raise
    except Exception as error:
        msg = f"The chain did not take the transaction: {error}"
        raise AnchorRefused(msg) from error
    if receipt["status"] != 1:
        msg = f"The contract refused the transaction {bytes(sent).hex()}."
        raise AnchorRefused(msg)
    return receipt


# --- The chain ----------------------------------------------------------------------------------


def _connect() -> "Web3":
    if not settings.ANCHOR_URL:
        msg = "No chain is set up: PNYX_ANCHOR_URL is empty. docs/anchor.md says how."
        raise AnchorUnavailable(msg)
    if urlsplit(settings.ANCHOR_URL).scheme not in {"http", "https"}:
        msg = "PNYX_ANCHOR_URL is not an http or https address."
        raise AnchorUnavailable(msg)
    try:
        from web3 import HTTPProvider, Web3
    except ImportError as error:
        msg = "The optional packages are missing. Run: python3 requirements/install.py anchor"
        raise AnchorUnavailable(msg) from error
    return Web3(
        HTTPProvider(
            settings.ANCHOR_URL,
            request_kwargs={"timeout": ANSWER_SECONDS},
            exception_retry_configuration=None,
        )
    )


def _contract(chain: "Web3") -> Any:  # noqa: ANN401 - as above
    address = settings.ANCHOR_CONTRACT
    if not _ADDRESS.fullmatch(address):
        msg = "PNYX_ANCHOR_CONTRACT is not an address: 0x and 40 hexadecimal digits."
        raise AnchorUnavailable(msg)
    return chain.eth.contract(address=chain.to_checksum_address(address), abi=artefact()["abi"])


def _account(chain: "Web3") -> "LocalAccount":
    """Read the key of the account that pays, and that alone can move the contract."""
    path = Path(settings.ANCHOR_KEY_FILE or "none")
    try:
        status = path.stat()
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The key of the paying account cannot be read: PNYX_ANCHOR_KEY_FILE is {path}."
        raise AnchorUnavailable(msg) from error
    if stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.geteuid():
        msg = f"Only the server's own user may read {path}: chmod 600 it."
        raise AnchorUnavailable(msg)
    if not _KEY.fullmatch(text):
        msg = f"{path} is not a private key: 64 hexadecimal digits."
        raise AnchorUnavailable(msg)
    account: LocalAccount = chain.eth.account.from_key(text)
    return account
