"""One ceremony with members who use our program and members who use belenios-tool.

The folder of the program `belenios-tool-3.3` comes from BELENIOS_TOOL_DIR, as in test_belenios.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from evote.encoding import encode_json
from evote.errors import DecodeError
from evote.group import ED25519, GENERATOR, ORDER, group_named
from evote.threshold import (
    Context,
    derive_keys,
    draw_polynomial,
    generate_seed,
    make_certificate,
    read_threshold_trustees,
    verify_threshold_trustees,
)
from evote.threshold.ceremony import (
    finish_ceremony,
    make_reveal,
    make_share_message,
    open_ceremony,
    read_reveal,
    read_share_message,
)
from evote.threshold.complaints import take_share
from evote.threshold.pedersen import lagrange_coefficients
from evote.threshold.signed import decode_signed, sign_object

SIZE, THRESHOLD, OURS = 3, 2, 2

needs_tool = pytest.mark.skipif(
    "BELENIOS_TOOL_DIR" not in os.environ,
    reason="BELENIOS_TOOL_DIR does not name a folder with belenios-tool-3.0 and -3.3",
)


@pytest.fixture(params=["3.0", "3.3"])
def tool(request, tmp_path):
    program = Path(os.environ["BELENIOS_TOOL_DIR"]) / f"belenios-tool-{request.param}"

    def run(*arguments, given=b""):
        command = [program, "setup", "generate-trustee-key-threshold", *arguments]
        answer = subprocess.run(
            command, input=given, capture_output=True, cwd=tmp_path, timeout=60, check=False
        )
        assert answer.returncode == 0, answer.stderr.decode()
        return answer.stdout

    return run


def certificate_of(tool, folder, index):
    """Let the tool make a member; give the seed and the certificate."""
    known = {*folder.glob("*.cert")}
    tool("--step=1", "--group=Ed25519", f"--threshold-context={index}/{THRESHOLD}/{SIZE}")
    [path] = {*folder.glob("*.cert")} - known
    return path.with_suffix(".key").read_text().strip(), path.read_bytes().strip()


def lines(items):
    return b"".join(item + b"\n" for item in items)


# Members of 3.0 encrypt their private messages in another way than the protocol says today.
@needs_tool
@pytest.mark.parametrize("tool", ["3.3"], indirect=True)
def test_a_member_with_our_program_makes_keys_with_members_who_use_the_peers(tool, tmp_path):
    seeds, certs = [], []
    for index in range(1, SIZE + 1):
        if index == OURS:
            seed = generate_seed()
            context = Context(group="Ed25519", size=SIZE, threshold=THRESHOLD, index=index)
            cert = make_certificate(keys=derive_keys(seed), context=context)
            cert = encode_json(cert.to_json())
        else:
            seed, cert = certificate_of(tool, tmp_path, index)
        seeds.append(seed)
        certs.append(cert)
        (tmp_path / f"{index}.seed").write_text(seed)
    (tmp_path / "certs.jsons").write_bytes(lines(certs))
    options = ("--group=Ed25519", "--certs=certs.jsons")
    tool("--step=2", *options)

    ceremony = open_ceremony(
        uuid="interop", threshold=THRESHOLD, certificates=[decode_signed(cert) for cert in certs]
    )
    keys = [derive_keys(seed) for seed in seeds]
    ours = make_reveal(
        ceremony=ceremony,
        index=OURS,
        keys=keys[OURS - 1],
        polynomial=draw_polynomial(threshold=THRESHOLD),
    )
    polynomials = [
        ours.message.encode()
        if index == OURS
        else tool("--step=3", *options, f"--key={index}.seed").strip()
        for index in range(1, SIZE + 1)
    ]
    # The peer's members do not sign the whole; the test does it for them, with their keys.
    reveals = [
        read_reveal(
            sign_object(json.loads(text), secret_key=own.signing),
            ceremony=ceremony,
            index=index,
            commit=None,
        )
        for index, (text, own) in enumerate(zip(polynomials, keys, strict=True), start=1)
    ]
    (tmp_path / "polynomials.jsons").write_bytes(lines(polynomials))
    tool("--step=4", *options, "--polynomials=polynomials.jsons")

    share = take_share(ceremony=ceremony, reveals=reveals, index=OURS, keys=keys[OURS - 1])
    outputs = [
        make_share_message(keys=keys[OURS - 1], share=share).message.encode()
        if index == OURS
        else tool(
            *("--step=5", *options, f"--key={index}.seed"),
            given=vinput(tmp_path, reveals, index),
        ).strip()
        for index in range(1, SIZE + 1)
    ]
    made = tool("--step=6", *options, "--polynomials=polynomials.jsons", given=lines(outputs))
    theirs = read_threshold_trustees(
        json.loads(made), place="", group=ED25519, accepts_legacy=False
    )
    verify_threshold_trustees(theirs)
    trustees = finish_ceremony(
        ceremony=ceremony,
        reveals=reveals,
        keys=[
            read_share_message(
                sign_object(json.loads(text), secret_key=own.signing),
                ceremony=ceremony,
                reveals=reveals,
                index=index,
            )
            for index, (text, own) in enumerate(zip(outputs, keys, strict=True), start=1)
        ],
    )
    assert trustees == theirs
    other = take_share(ceremony=ceremony, reveals=reveals, index=3, keys=keys[2])
    exponents = lagrange_coefficients([2, 3], order=ORDER)
    secret = share.reveal() * exponents[2] + other.reveal() * exponents[3]
    assert GENERATOR ** (secret % ORDER) == theirs.public_key


def vinput(folder, reveals, index):
    """Give what step 4 wrote for a member, found by the private polynomial in it."""
    for path in folder.glob("*.vinput*"):
        data = path.read_bytes()
        if json.loads(data)["polynomial"] == reveals[index - 1].polynomial:
            return data
    raise AssertionError


def threshold_trustees(tool, folder, *, group, certificate_options, polynomial_options):
    """Let the tool hold a whole ceremony, and give what would stand in the record."""
    options = (f"--group={group}", "--certs=certs.jsons")
    certs = []
    for index in range(1, SIZE + 1):
        known = {*folder.glob("*.cert")}
        tool("--step=1", f"--group={group}", *certificate_options(index))
        [path] = {*folder.glob("*.cert")} - known
        certs.append(path)
    (folder / "certs.jsons").write_bytes(lines(path.read_bytes().strip() for path in certs))
    tool("--step=2", *options)
    keys = [f"--key={path.with_suffix('.key').name}" for path in certs]
    polynomials = [tool("--step=3", *options, key, *polynomial_options).strip() for key in keys]
    (folder / "polynomials.jsons").write_bytes(lines(polynomials))
    tool("--step=4", *options, "--polynomials=polynomials.jsons")
    outputs = [
        tool("--step=5", *options, key, given=path.with_suffix(".vinput").read_bytes()).strip()
        for key, path in zip(keys, certs, strict=True)
    ]
    given = lines(outputs)
    return json.loads(tool("--step=6", *options, "--polynomials=polynomials.jsons", given=given))


@needs_tool
@pytest.mark.parametrize("group", ["BELENIOS-2048", "RFC-3526-2048"])
def test_trustees_of_older_groups_are_read_and_written_back_the_same(tool, tmp_path, group):
    value = threshold_trustees(
        tool,
        tmp_path,
        group=group,
        certificate_options=lambda index: [f"--threshold-context={index}/{THRESHOLD}/{SIZE}"],
        polynomial_options=[],
    )
    trustees = read_threshold_trustees(
        value, place="", group=group_named(group), accepts_legacy=False
    )
    verify_threshold_trustees(trustees)
    assert trustees.to_json() == value


@needs_tool
@pytest.mark.parametrize("tool", ["2.0"], indirect=True)
@pytest.mark.parametrize("group", ["BELENIOS-2048", "RFC-3526-2048"])
def test_trustees_of_2022_are_read_only_where_it_is_asked_for(tool, tmp_path, group):
    value = threshold_trustees(
        tool,
        tmp_path,
        group=group,
        certificate_options=lambda _index: [],
        polynomial_options=[f"--threshold={THRESHOLD}"],
    )
    with pytest.raises(DecodeError, match="2022"):
        read_threshold_trustees(value, place="", group=group_named(group), accepts_legacy=False)
    trustees = read_threshold_trustees(
        value, place="", group=group_named(group), accepts_legacy=True
    )
    verify_threshold_trustees(trustees)
    assert trustees.to_json() == value
