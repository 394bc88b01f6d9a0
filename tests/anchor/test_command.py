"""`manage.py anchor` with a chain behind a real port, as an operator runs it."""

import json
import threading
from datetime import date
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from audit.selectors import latest_checkpoint
from audit.services import anchor_marks as marks
from audit.services.anchor_marks import anchor_marks
from audit.services.marks import LogHalted
from audit.services.sequencing import sequence
from evote.tlog.merkle import root_of_hashes
from tests.conftest import LOG_ORIGIN
from tests.factories.audit import append_ballots

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
OTHER = bytes(range(32))


def plain(value):
    """Write an answer as JSON-RPC does: numbers and bytes in hexadecimal."""
    if isinstance(value, bytes):
        return "0x" + bytes(value).hex()
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return hex(value)
    if hasattr(value, "items"):
        return {name: plain(member) for name, member in value.items()}
    return [plain(member) for member in value]


@pytest.fixture
def node(chain):
    """The chain behind an address on loopback, and what it was asked."""
    methods = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            methods.append(asked["method"])
            answer = {"jsonrpc": "2.0", "id": asked["id"]}
            try:
                answer["result"] = plain(
                    chain.client.manager.request_blocking(asked["method"], asked["params"])
                )
            except Exception as error:  # noqa: BLE001 - a node answers with an error of its own
                answer["error"] = {"code": -32000, "message": str(error)}
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield SimpleNamespace(url=url, methods=methods)
    server.shutdown()
    server.server_close()


def account_with_money(chain, path, *, seed):
    """Write a key file, and give its account something to pay with."""
    account = chain.client.eth.account.from_key(sha256(seed.encode()).digest())
    chain.client.eth.send_transaction(
        {"from": chain.operator, "to": account.address, "value": 10**18}
    )
    path.touch(mode=0o600)
    path.write_text(account.key.hex() + "\n")
    return str(path)


@pytest.fixture
def installation(settings, node, chain, tmp_path, data_folder, capsys):
    """An installation with a contract of its own and 300 entries."""
    marks._last_marks.clear()
    settings.ANCHOR_URL = node.url
    settings.ANCHOR_KEY_FILE = account_with_money(chain, tmp_path / "account.key", seed="operator")
    call_command("anchor", "--deploy")
    name, _, address = capsys.readouterr().out.strip().partition("=")
    assert name == "PNYX_ANCHOR_CONTRACT"
    settings.ANCHOR_CONTRACT = address
    append_ballots(300)
    sequence(today=TODAY)
    return settings


@pytest.fixture
def contract(installation, chain, artefact):
    return chain.client.eth.contract(address=installation.ANCHOR_CONTRACT, abi=artefact["abi"])


def held_by(contract):
    return contract.functions.size().call(), bytes(contract.functions.root().call())


def published():
    checkpoint = latest_checkpoint()
    return checkpoint.head_id, bytes(checkpoint.head.root)


def output_of_anchor(capsys):
    call_command("anchor")
    return capsys.readouterr().out


def test_the_newest_published_checkpoint_is_anchored_again_and_again(contract, capsys):
    for size in (300, 301, 556):
        if size > 300:
            append_ballots(size - published()[0])
            sequence(today=TODAY)
        assert f"The contract holds {size} entries now: transaction 0x" in output_of_anchor(capsys)
        assert held_by(contract) == published() == (size, published()[1])
    assert bytes(contract.functions.origin().call()) == sha256(LOG_ORIGIN.encode()).digest()


def test_anchoring_twice_sends_one_transaction(contract, capsys):
    output_of_anchor(capsys)

    assert output_of_anchor(capsys) == "The contract holds 300 entries already.\n"
    assert len(contract.events.Anchored().get_logs(from_block=0)) == 1


def test_the_log_goes_on_beside_what_the_contract_holds(contract, capsys):
    output_of_anchor(capsys)
    append_ballots(3)

    sequence(today=TODAY)

    assert latest_checkpoint().head_id == 303
    assert held_by(contract)[0] == 300


def test_what_it_holds_is_a_mark(contract, capsys):
    assert anchor_marks().seen == ()
    marks._last_marks.clear()
    output_of_anchor(capsys)

    (mark,) = anchor_marks().seen
    assert (mark.checkpoint.size, mark.checkpoint.root) == published()
    assert mark.checkpoint.origin == LOG_ORIGIN


@pytest.mark.usefixtures("installation")
def test_the_mark_is_not_asked_for_each_second(node):
    first = anchor_marks()
    asked = len(node.methods)

    assert asked
    assert anchor_marks() == first
    assert len(node.methods) == asked


@pytest.mark.parametrize("size", [5, 400])
def test_a84_a_contract_that_holds_another_tree_stops_the_command_and_the_log(
    installation, chain, contract, size
):
    operator = chain.client.eth.account.from_key(sha256(b"operator").digest())
    chain.client.eth.send_raw_transaction(
        operator.sign_transaction(
            contract.functions.advance(size, root_of_hashes([OTHER] * size), []).build_transaction(
                {
                    "from": operator.address,
                    "nonce": chain.client.eth.get_transaction_count(operator.address),
                }
            )
        ).raw_transaction
    )

    message = "does not continue the anchor" if size == 5 else "restored from an older copy"
    with pytest.raises(CommandError, match=rf"{message}.*recover_log"):
        call_command("anchor")
    marks._last_marks.clear()  # as in the minute after, or in a new process
    append_ballots(1)
    with pytest.raises(LogHalted, match=message):
        sequence(today=TODAY)
    assert latest_checkpoint().head_id == 300


def test_a_contract_of_another_log_is_refused_and_halts_nothing(installation, deploy):
    installation.ANCHOR_CONTRACT = deploy(origin=OTHER).address

    with pytest.raises(CommandError, match="is not of the log"):
        call_command("anchor")
    assert anchor_marks().seen == ()
    assert "is not of the log" in anchor_marks().doubts[0].reason


def test_another_account_is_refused_before_it_pays(installation, chain, tmp_path, contract):
    installation.ANCHOR_KEY_FILE = account_with_money(chain, tmp_path / "other.key", seed="other")

    with pytest.raises(CommandError, match="can move the contract"):
        call_command("anchor")
    assert held_by(contract)[0] == 0


def test_a_chain_that_does_not_answer_is_said_to_be_silent(installation):
    installation.ANCHOR_URL = "http://127.0.0.1:9"

    with pytest.raises(CommandError, match="gives no answer"):
        call_command("anchor")
    assert anchor_marks().seen == ()
    assert len(anchor_marks().doubts) == 1


def test_an_address_without_a_contract_is_said_to_be_silent(installation):
    installation.ANCHOR_CONTRACT = "0x" + "12" * 20

    with pytest.raises(CommandError, match="gives no answer"):
        call_command("anchor")


def test_an_account_without_money_is_told_so(installation, chain, tmp_path):
    key = tmp_path / "poor.key"
    key.touch(mode=0o600)
    key.write_text(sha256(b"poor").hexdigest())
    installation.ANCHOR_KEY_FILE = str(key)

    with pytest.raises(CommandError, match="did not take the transaction"):
        call_command("anchor", "--deploy")


@pytest.mark.parametrize(
    ("mode", "text", "message"),
    [(0o644, "ab" * 32, "chmod 600"), (0o600, "secret", "64 hexadecimal digits")],
)
def test_a_key_that_others_may_read_or_that_is_none_is_refused(
    installation, tmp_path, mode, text, message
):
    key = tmp_path / "bad.key"
    key.write_text(text)
    key.chmod(mode)
    installation.ANCHOR_KEY_FILE = str(key)

    with pytest.raises(CommandError, match=message):
        call_command("anchor")


@pytest.mark.parametrize("address", ["", "0x12", "contract.eth"])
def test_what_is_no_address_is_refused(installation, address):
    installation.ANCHOR_CONTRACT = address

    with pytest.raises(CommandError, match="not an address"):
        call_command("anchor")


def test_an_empty_log_anchors_nothing(settings, node, chain, tmp_path, data_folder, capsys):
    settings.ANCHOR_URL = node.url
    settings.ANCHOR_KEY_FILE = account_with_money(chain, tmp_path / "a.key", seed="empty")
    call_command("anchor", "--deploy")
    settings.ANCHOR_CONTRACT = capsys.readouterr().out.strip().partition("=")[2]

    assert output_of_anchor(capsys) == "Nothing is published yet.\n"
