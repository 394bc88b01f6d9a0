"""The tests of the anchor contract, on a chain in memory. They need `make anchor-test`."""

import json
from types import SimpleNamespace

import pytest

from tests.architecture.tree import ROOT

REASON = "the optional packages of the anchor are not installed: make anchor-test"


@pytest.fixture(scope="session")
def artefact():
    return json.loads((ROOT / "contracts" / "PnyxAnchor.json").read_text())


@pytest.fixture(scope="session")
def chain():
    """A chain with some rich accounts, without a network."""
    web3 = pytest.importorskip("web3", reason=REASON)
    pytest.importorskip("eth_tester", reason=REASON)
    client = web3.Web3(web3.EthereumTesterProvider())
    operator, stranger = client.eth.accounts[:2]
    return SimpleNamespace(client=client, operator=operator, stranger=stranger)


@pytest.fixture
def deploy(chain, artefact):
    """Put a new contract on the chain."""

    def put(origin=bytes(32), sender=chain.operator):
        contract = chain.client.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
        sent = contract.constructor(origin).transact({"from": sender})
        receipt = chain.client.eth.wait_for_transaction_receipt(sent)
        return chain.client.eth.contract(address=receipt["contractAddress"], abi=artefact["abi"])

    return put


@pytest.fixture
def anchor(deploy):
    return deploy()
