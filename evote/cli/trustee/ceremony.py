"""`evote trustee ceremony`: make a key together with the other members of a group."""

import argparse
import sys
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.sources import ElectionAddress, election_address, post_json, write_new_file
from evote.cli.text import printable
from evote.cli.trustee.keys import KeyFile, read_key_file, write_new_key
from evote.cli.trustee.slot import read_state
from evote.encoding import encode_json
from evote.errors import EvoteError
from evote.group import encode_secret_scalar
from evote.threshold import encode_signed, generate_seed
from evote.threshold.complaints import judge_evidence
from evote.threshold.member import (
    Compare,
    Complain,
    Done,
    NotThisMember,
    Send,
    Wait,
    WrongMessage,
    next_action,
)
from evote.threshold.signed import Signed
from evote.threshold.state import CeremonyState

_CEREMONY = """\
Take the next step of the ceremony in which the trustees of a group make their
keys, so that some of them suffice to count. Run it again whenever the others
have taken theirs. Everything that the others sent is checked first, and whoever
sends something wrong is named.

The first time, the key file is made: only you can read it. Keep it; it is all
that you need, also for decrypting. Before the second step you compare a
fingerprint with the other members, by telephone or in one room, and give it
with --compared: that nobody stands between you depends on it.

The certificate, your first message, has to be handed in on your own page, where
you are signed in; all later messages are signed with your key, and --submit
sends them.
"""
_CEREMONY_EPILOG = """\
examples:
  evote trustee ceremony https://vote.example.org/elections/hfd19JUwUteUwr/ \\
      --member 2 --key my-key.json --output certificate.json
  evote trustee ceremony https://vote.example.org/elections/hfd19JUwUteUwr/ \\
      --member 2 --key my-key.json --submit \\
      --compared "1f0e 52aa 90bc 7d31 0c55 e1b2 4a67 88f3"
  evote trustee ceremony state.json --member 2 --key my-key.json \\
      --output message.json

exit status:
  0  the step is taken, or the others are waited for, or all is done
  1  a trustee is at fault, and named
  2  unreadable, not your ceremony, or wrong usage
"""
_FAILED = 1


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "ceremony",
        help="make a key together with others",
        description=_CEREMONY,
        epilog=_CEREMONY_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "ceremony",
        metavar="FILE|URL",
        help="the public state of the ceremony, or the address of the election's page",
    )
    parser.add_argument(
        "--item", type=int, default=1, help="which entry of the list of trustees (1)"
    )
    parser.add_argument("--member", type=int, required=True, help="your number in the group")
    parser.add_argument("--key", required=True, metavar="FILE", help="your key file")
    parser.add_argument(
        "--passphrase",
        action="store_true",
        help="when the key file is made, ask for a passphrase that protects it",
    )
    parser.add_argument(
        "--compared", metavar="FINGERPRINT", help="what the other members read out to you"
    )
    parser.add_argument(
        "--share",
        metavar="FILE",
        help="when all is done, write your share here: with it alone you can decrypt as well",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", metavar="FILE", help="write the message here")
    where.add_argument("--submit", action="store_true", help="send the message to the server")
    parser.set_defaults(handler=_ceremony)


def _ceremony(arguments: argparse.Namespace) -> int:
    address = election_address(arguments.ceremony)
    if arguments.submit and address is None:
        msg = "--submit needs the address of the election's page, not a file"
        raise CommandFailed(msg)
    source = arguments.ceremony if address is None else address.ceremony(arguments.item)
    state = read_state(source)
    if address is not None and state.uuid != address.uuid:
        msg = f"{source}: the server gave the ceremony of another election, {state.uuid}"
        raise CommandFailed(msg)
    if not 1 <= arguments.member <= state.size:
        msg = f"there is no member {arguments.member}, only {state.size}"
        raise CommandFailed(msg)
    if state.evidence:
        return _tell_who_failed(state)
    file = _key_file(
        arguments.key,
        state=state,
        member=arguments.member,
        has_passphrase=arguments.passphrase,
    )
    assert file.seed is not None
    try:
        action = next_action(
            state=state,
            seed=file.seed,
            index=arguments.member,
            compared_fingerprint=arguments.compared,
        )
    except NotThisMember as error:
        msg = f"{source}: {error}. Do nothing more, and talk to the other members"
        raise CommandFailed(msg) from error
    except WrongMessage as error:
        print(f"evote: {printable(str(error))}", file=sys.stderr)
        return _FAILED
    if isinstance(action, Complain):
        return _complain(action, arguments=arguments, address=address, state=state)
    if isinstance(action, Send):
        _hand_over(action.step, action.message, arguments=arguments, address=address)
    elif isinstance(action, Compare):
        _ask_to_compare(action)
    elif isinstance(action, Wait):
        names = ", ".join(f"{printable(state.names[index - 1])}" for index in action.members)
        print(f"Your {action.step} is there. Still to come: {names}.")
    else:
        _finish(action, share_path=arguments.share, key_path=arguments.key)
    return 0


def _key_file(path: str, *, state: CeremonyState, member: int, has_passphrase: bool) -> KeyFile:
    """Read the key file, or make it where nothing has been sent for this member yet."""
    if state.certificates[member - 1] is None and not Path(path).exists():
        write_new_key(path, key=generate_seed(), has_passphrase=has_passphrase)
        print(f"Your new key is in {path}. Keep it, and give it to nobody.", file=sys.stderr)
    file = read_key_file(path)
    if file.seed is None:
        msg = f"{path} is the key of a trustee who stands alone, not of a member"
        raise CommandFailed(msg)
    return file


def _hand_over(
    step: str,
    message: Signed,
    *,
    arguments: argparse.Namespace,
    address: ElectionAddress | None,
) -> None:
    data = encode_signed(message)
    if arguments.submit:
        if step == "certificate":
            msg = (
                "the certificate is taken only where you are signed in: write it to a file with "
                "--output, and hand that in on your page"
            )
            raise CommandFailed(msg)
        assert address is not None
        target = address.ceremony_messages(arguments.item)
        body = {"member": arguments.member, "step": step, "message": data.decode()}
        post_json(target, body=encode_json(body))
        print(f"The server took your {step}: {target}", file=sys.stderr)
    elif arguments.output is not None:
        write_new_file(arguments.output, data, mode=0o644)
        print(f"Your {step} is in {arguments.output}: hand it in.", file=sys.stderr)
    else:
        print(data.decode())


def _ask_to_compare(action: Compare) -> None:
    print("All certificates are there. Their fingerprint is")
    print(f"\n  {action.fingerprint}\n")
    print("Read it out to the other members, by telephone or in one room, not through this")
    print("server. If all have the same, run this again with")
    print(f'  --compared "{action.fingerprint}"')


def _complain(
    action: Complain,
    *,
    arguments: argparse.Namespace,
    address: ElectionAddress | None,
    state: CeremonyState,
) -> int:
    name = printable(state.names[action.about - 1])
    print(
        f"evote: the share that member {action.about} ({name}) sent you is wrong: "
        f"{printable(action.reason)}",
        file=sys.stderr,
    )
    path = f"complaint-{state.uuid}-{arguments.member}-about-{action.about}.json"
    write_new_file(path, action.evidence, mode=0o644)
    print(
        f"The evidence is in {path}. Anybody can check it: evote trustee complaint {path}",
        file=sys.stderr,
    )
    _hand_over("complaint", action.message, arguments=arguments, address=address)
    return _FAILED


def _tell_who_failed(state: CeremonyState) -> int:
    for data in state.evidence:
        try:
            verdict = judge_evidence(data)[1]
        except EvoteError as error:
            print(f"evote: a complaint that proves nothing: {error}", file=sys.stderr)
            continue
        name = printable(state.names[verdict.about - 1]) if verdict.about <= state.size else ""
        print(
            f"evote: member {verdict.about} ({name}) sent member {verdict.by} a wrong share: "
            f"{verdict.reason}",
            file=sys.stderr,
        )
    print("This attempt has ended. The next one begins with new keys.", file=sys.stderr)
    return _FAILED


def _finish(action: Done, *, share_path: str | None, key_path: str) -> None:
    print("The ceremony is over, and your share is right.")
    print(f"Keep {key_path}. Once the election is sealed, sign it: evote trustee sign --help")
    if share_path is not None:
        write_new_file(share_path, encode_json(encode_secret_scalar(action.share)), mode=0o600)
        print(f"Your share is in {share_path}. Keep it like the key.", file=sys.stderr)
