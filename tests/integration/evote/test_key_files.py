import json
from pathlib import Path

import pytest

from evote.cli.errors import CommandFailed
from evote.cli.trustee import protection
from evote.cli.trustee.keys import decode_key_file, read_key_file, remember_tally
from evote.cli.trustee.protection import WrongPassphrase, is_protected, protect, unprotect
from evote.encoding import encode_json
from evote.errors import DecodeError
from evote.group import GENERATOR, encode_secret_scalar, random_scalar
from evote.threshold import generate_seed

PASSPHRASE = "korrekt Pferd Batterie"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(protection, "_ITERATIONS", 10)


def never():
    pytest.fail("there is no passphrase to ask for")


@pytest.mark.parametrize("make", [generate_seed, lambda: encode_secret_scalar(random_scalar())])
def test_a_key_behind_a_passphrase_opens_with_it_alone(make):
    key = make()
    data = protect(encode_json(key), passphrase=PASSPHRASE)
    assert is_protected(json.loads(data))
    assert key not in data.decode()
    assert decode_key_file(data, path="k", ask=lambda: PASSPHRASE).key == key
    with pytest.raises(WrongPassphrase):
        decode_key_file(data, path="k", ask=lambda: "korrekt Pferd batterie")


def test_a_key_without_a_passphrase_asks_for_none():
    key = generate_seed()
    file = decode_key_file(encode_json(key), path="k", ask=never)
    assert (file.seed, file.secret_key) == (key, None)


def test_a_trustee_alone_has_a_scalar_and_no_seed():
    secret_key = random_scalar()
    data = encode_json(encode_secret_scalar(secret_key))
    file = decode_key_file(data, path="k", ask=never)
    assert (file.seed, file.secret_key) == (None, secret_key)


def test_letters_that_keyboards_write_in_two_ways_are_one():
    data = protect(b'"x"', passphrase="Müsli für alle")
    assert unprotect(json.loads(data), passphrase="Mu\u0308sli fu\u0308r alle") == b'"x"'


def test_what_was_decrypted_stays_behind_the_same_passphrase(tmp_path, monkeypatch):
    path = tmp_path / "key.json"
    path.write_bytes(protect(encode_json(generate_seed()), passphrase=PASSPHRASE))
    path.chmod(0o600)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: PASSPHRASE)
    file = read_key_file(str(path))
    remember_tally(file, uuid="abc", tally="0" * 64)
    again = read_key_file(str(path))
    assert is_protected(json.loads(path.read_bytes()))
    assert (again.key, again.decrypted) == (file.key, {"abc": "0" * 64})
    with pytest.raises(CommandFailed, match="another tally"):
        remember_tally(again, uuid="abc", tally="1" * 64)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "ROT13"},
        {"iterations": 0},
        {"iterations": 10_000_001},
        {"salt": "00"},
        {"vector": "00" * 13},
        {"data": ""},
        {"data": "0g"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_malformed_protection_is_refused(change):
    value = json.loads(protect(b'"x"', passphrase=PASSPHRASE))
    value["protected"] |= change
    with pytest.raises(DecodeError):
        unprotect(value, passphrase=PASSPHRASE)


@pytest.mark.parametrize("name", ["salt", "vector", "data"])
def test_a_changed_protection_does_not_open(name):
    value = json.loads(protect(b'"x"', passphrase=PASSPHRASE))
    text = value["protected"][name]
    value["protected"][name] = ("1" if text[0] != "1" else "2") + text[1:]
    with pytest.raises(WrongPassphrase):
        unprotect(value, passphrase=PASSPHRASE)


def test_the_whole_file_is_replaced_and_no_copy_stays(tmp_path):
    path = tmp_path / "key.json"
    path.write_bytes(encode_json(generate_seed()))
    path.chmod(0o600)
    remember_tally(read_key_file(str(path)), uuid="abc", tally="0" * 64)
    assert [each.name for each in Path(tmp_path).iterdir()] == ["key.json"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([PASSPHRASE, PASSPHRASE], ""),
        (["too short"], "at least 12 characters"),
        ([PASSPHRASE, PASSPHRASE.upper()], "different"),
    ],
)
def test_a_new_key_is_put_behind_a_passphrase_that_is_long_and_typed_twice(
    run, monkeypatch, answers, problem
):
    typed = iter(answers)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    status, output, errors = run(
        "trustee", "keygen", "--output", "key.json", "--name", "Ada", "--passphrase"
    )
    assert (status, problem in errors) == (2 if problem else 0, True)
    assert Path("key.json").exists() != bool(problem)
    if not problem:
        assert is_protected(json.loads(Path("key.json").read_bytes()))
        monkeypatch.setattr("getpass.getpass", lambda _prompt: PASSPHRASE)
        key = read_key_file("key.json").secret_key
        assert (GENERATOR**key).encode() in output
