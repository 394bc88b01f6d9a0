"""Finds the trustee's own slot in an election, and its secret key."""

from dataclasses import dataclass, field

from evote.cli.errors import CommandFailed
from evote.cli.sources import ElectionAddress, read_source
from evote.cli.trustee.keys import KeyFile
from evote.election import Trustee, Trustees, item_slots
from evote.errors import EvoteError
from evote.group import GENERATOR, SecretScalar
from evote.threshold import ThresholdTrustees, derive_keys
from evote.threshold.ceremony import Ceremony
from evote.threshold.complaints import take_share
from evote.threshold.member import all_commits, all_reveals, opened
from evote.threshold.state import STATE_LIMIT_BYTES, CeremonyState, decode_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The owner's number over the whole list, and the secret key of that slot.

    `commit` is None for a trustee who stands alone; otherwise it says which ceremony (from 0 among
    the items with a threshold) and which member's, and what the member had committed to.
    """

    owner: int
    trustee: Trustee
    secret_key: SecretScalar = field(repr=False)
    commit: "OwnCommit | None"


@dataclass(frozen=True, slots=True)
class OwnCommit:
    """What the member committed to, and where it has to stand in the list of commits."""

    ceremony: int
    member: int
    commit: str


def find_slot(file: KeyFile, *, trustees: Trustees, uuid: str, state_source: str | None) -> Slot:
    """Find the slot of a key; for a member's seed, from the ceremony's state.

    `state_source` is a file or an address; None where only keys without a ceremony can be found.

    Raises:
        CommandFailed: the key is nobody's in this list, or the ceremony cannot be read.
    """
    if file.secret_key is not None:
        public_key = GENERATOR**file.secret_key
        for owner, trustee in enumerate(trustees.slots, start=1):
            if trustee.public_key == public_key:
                return Slot(owner=owner, trustee=trustee, secret_key=file.secret_key, commit=None)
        raise _stranger(file, trustees)
    assert file.seed is not None
    keys = derive_keys(file.seed)
    owner, ceremonies = 1, 0
    for item in trustees.items:
        if isinstance(item, ThresholdTrustees):
            for member, certificate in enumerate(item.certificates, start=1):
                if certificate.verification == keys.verification:
                    return _member_slot(
                        file,
                        seed=file.seed,
                        item=item,
                        ceremony=ceremonies,
                        member=member,
                        owner=owner + member - 1,
                        state=_read_state(state_source, uuid=uuid, path=file.path),
                    )
            ceremonies += 1
        owner += len(item_slots(item))
    raise _stranger(file, trustees)


def own_item(file: KeyFile, *, trustees: Trustees) -> int:
    """Give the 1-based item of the list whose member the seed is; 1 where it is none."""
    if file.seed is not None:
        verification = derive_keys(file.seed).verification
        for number, item in enumerate(trustees.items, start=1):
            if isinstance(item, ThresholdTrustees) and any(
                certificate.verification == verification for certificate in item.certificates
            ):
                return number
    return 1


def state_source(
    given: str | None,
    *,
    address: ElectionAddress | None,
    file: KeyFile,
    trustees: Trustees,
) -> str | None:
    """Give where the state of the key's own ceremony is: the file given, or the server."""
    if given is not None or address is None:
        return given
    return address.ceremony(own_item(file, trustees=trustees))


def _stranger(file: KeyFile, trustees: Trustees) -> CommandFailed:
    count = len(trustees.slots)
    return CommandFailed(f"{file.path}: this key is not among the {count} trustees of the election")


def _read_state(source: str | None, *, uuid: str, path: str) -> CeremonyState:
    if source is None:
        msg = (
            f"{path} is the key of a member: the state of its ceremony is needed too. Save "
            "…/api/elections/<uuid>/ceremonies/<item> and name that file with --ceremony"
        )
        raise CommandFailed(msg)
    state = read_state(source)
    if state.uuid != uuid:
        msg = f"{source}: this is the ceremony of another election, {state.uuid}"
        raise CommandFailed(msg)
    return state


def read_state(source: str) -> CeremonyState:
    """Read the public state of a ceremony from a file or an address.

    Raises:
        CommandFailed: it cannot be read.
    """
    data = read_source(source, limit_bytes=STATE_LIMIT_BYTES)
    try:
        return decode_state(data)
    except EvoteError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error


def _member_slot(
    file: KeyFile,
    *,
    seed: str,
    item: ThresholdTrustees,
    ceremony: int,
    member: int,
    owner: int,
    state: CeremonyState,
) -> Slot:
    unfinished = any(
        state.missing(messages)
        for messages in (state.certificates, state.commits, state.polynomials)
    )
    if unfinished or state.size != item.size:
        msg = f"{file.path}: the ceremony that was named is not the one of these trustees"
        raise CommandFailed(msg)
    try:
        room: Ceremony = opened(state)
        commits = all_commits(state, ceremony=room)
        reveals = all_reveals(state, ceremony=room, commits=commits)
        share = take_share(ceremony=room, reveals=reveals, index=member, keys=derive_keys(seed))
    except EvoteError as error:
        msg = f"{file.path}: the share cannot be taken from the ceremony: {error}"
        raise CommandFailed(msg) from error
    trustee = item.verification_keys[member - 1]
    is_ours = (
        room.signed_certificates == item.signed_certificates
        and GENERATOR**share == trustee.public_key
    )
    if not is_ours:
        msg = (
            f"{file.path}: the election names you as trustee {owner}, but not with the key of your "
            "ceremony. Do nothing, and tell the other trustees"
        )
        raise CommandFailed(msg)
    return Slot(
        owner=owner,
        trustee=trustee,
        secret_key=share,
        commit=OwnCommit(ceremony=ceremony, member=member, commit=commits[member - 1]),
    )
