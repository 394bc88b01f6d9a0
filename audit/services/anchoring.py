"""The optional anchor: a contract on an EVM chain that holds the newest published root.

`contracts/PnyxAnchor.sol` moves only to a tree that continues the one it holds, and checks the
proof itself. It is one more mark outside the database, in nobody's hands. Security never depends
on it; where it is not set up, none of this is loaded. docs/anchor.md says how it is used.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from audit.models import Checkpoint
from audit.selectors import latest_checkpoint
from audit.selectors.tree import latest_head, stored_tree
from audit.services.anchor_marks import (
    PLACE,
    AnchorRefused,
    AnchorUnavailable,
    artefact,
    contract_address,
    held_tree,
    node_address,
    origin_hash,
)
from audit.services.marks import Mark, refuse_mark

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

ANSWER_SECONDS = 10
MINED_SECONDS = 180

_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """What the contract holds now. Without a transaction it held that before."""

    size: int
    root: bytes
    transaction: str | None
    gas: int | None


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
    held = held_tree()
    checkpoint = latest_checkpoint()
    refuse_mark(head=latest_head(), mark=Mark(place=PLACE, checkpoint=held, note=None))
    if checkpoint is None:
        return None
    if held.size >= checkpoint.head_id:
        return Anchored(size=held.size, root=held.root, transaction=None, gas=None)
    return _advance(chain, old_size=held.size, checkpoint=checkpoint)


# --- Moving it ----------------------------------------------------------------------------------


def _advance(chain: "Web3", *, old_size: int, checkpoint: Checkpoint) -> Anchored:
    account = _account(chain)
    address = chain.to_checksum_address(contract_address())
    contract = chain.eth.contract(address=address, abi=artefact()["abi"])
    try:
        operator = contract.functions.operator().call()
    except Exception as error:
        msg = f"The chain gives no answer: {error}"
        raise AnchorUnavailable(msg) from error
    if operator != account.address:
        msg = f"Only {operator} can move the contract, and the key file is of {account.address}."
        raise AnchorRefused(msg)
    size, root = checkpoint.head_id, bytes(checkpoint.head.root)
    proof = stored_tree(size).consistency_proof(old_size)
    receipt = _send(chain, account, contract.functions.advance(size, root, proof))
    return Anchored(
        size=size,
        root=root,
        transaction="0x" + bytes(receipt["transactionHash"]).hex(),
        gas=int(receipt["gasUsed"]),
    )


def _send(chain: "Web3", account: "LocalAccount", call: Any) -> Any:  # noqa: ANN401 - made at run time
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
    address = node_address()
    try:
        from web3 import HTTPProvider, Web3
    except ImportError as error:
        msg = "The optional packages are missing. Run: python3 requirements/install.py anchor"
        raise AnchorUnavailable(msg) from error
    return Web3(
        HTTPProvider(
            address,
            request_kwargs={"timeout": ANSWER_SECONDS},
            exception_retry_configuration=None,
        )
    )


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
