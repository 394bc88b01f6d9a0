"""What a witness does before its first answer: see whether it has forgotten anything.

A witness whose state was restored from an old backup would cosign a fork that branches off after
the backup. Its own published copy and the other witnesses remember. Whatever they have seen, it
takes over if the log proves that this continues the state, as if the log had asked. If not, it
does not serve: that is a fork, or nobody could be asked for the proof.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evote.cli.errors import CommandFailed
from evote.cli.log_source import LogUnreachable, open_log
from evote.cli.text import printable
from evote.cli.witness.service import Witness
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.checkpoint import Checkpoint, decode_checkpoint
from evote.tlog.note import NOTE_LIMIT_BYTES, VerifierKey, verify_note
from evote.tlog.tiles import TiledTree
from evote.tlog.witness import AddCheckpoint, Status, origin_hash


class Behind(CommandFailed):
    """Somebody remembers more than the state does, and nothing proves that it grew into that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A checkpoint that the log signed, as it was found somewhere else than in the state."""

    place: str
    note: bytes
    checkpoint: Checkpoint


def catch_up(
    witness: Witness, *, peers: Sequence[str], addresses: Mapping[str, str | None]
) -> None:
    """Compare the state with what the own copy and the peers remember, and take over what is new.

    `addresses` says where each log can be read, for the proofs.

    Raises:
        Behind: a memory is ahead of the state or contradicts it, and cannot be proven.
        CommandFailed: the own copy is damaged, or cannot be read or written.
    """
    for origin, keys in witness.logs.items():
        memories = [
            *_own_copy(witness, origin=origin, keys=keys),
            *_copies_of_peers(peers, origin=origin, keys=keys),
        ]
        for memory in sorted(memories, key=lambda memory: memory.checkpoint.size):
            _take_over(memory, witness=witness, address=addresses[origin])
        record = witness.record_of(origin)
        if record is not None:
            try:
                witness.publish(record)
            except OSError as error:
                msg = f"{witness.published_path(origin)}: {error.strerror or error}"
                raise CommandFailed(msg) from error


def _own_copy(witness: Witness, *, origin: str, keys: Sequence[VerifierKey]) -> Iterator[Memory]:
    path = witness.published_path(origin)
    try:
        note = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    try:
        yield _memory(note, place=str(path), origin=origin, keys=keys)
    except EvoteError as error:
        msg = (
            f"{path} is not a checkpoint of {origin}: {error}. It says what this witness cosigned "
            "last. Look what changed it, keep it, and only then move it away"
        )
        raise CommandFailed(msg) from error


def _copies_of_peers(
    peers: Sequence[str], *, origin: str, keys: Sequence[VerifierKey]
) -> Iterator[Memory]:
    for peer in peers:
        place = f"{peer.rstrip('/')}/{origin_hash(origin)}"
        try:
            note = open_log(place).read("checkpoint", limit_bytes=NOTE_LIMIT_BYTES)
            if note is not None:
                yield _memory(note, place=place, origin=origin, keys=keys)
        except EvoteError as error:
            print(printable(f"warning: {place}: {error}"), file=sys.stderr)


def _memory(note: bytes, *, place: str, origin: str, keys: Sequence[VerifierKey]) -> Memory:
    """Read a note that the log signed. Who cosigned it does not matter here."""
    checkpoint = decode_checkpoint(verify_note(note, keys=keys))
    if checkpoint.origin != origin:
        msg = f"this is the log {checkpoint.origin}"
        raise InvalidProof(msg)
    return Memory(place=place, note=note, checkpoint=checkpoint)


def _take_over(memory: Memory, *, witness: Witness, address: str | None) -> None:
    record = witness.record_of(memory.checkpoint.origin)
    old_size = 0 if record is None else record.checkpoint.size
    new_size = memory.checkpoint.size
    if new_size < old_size or (record is not None and record.checkpoint == memory.checkpoint):
        return
    proof: Sequence[bytes] = ()
    if 0 < old_size < new_size:
        proof = _proof(memory, old_size=old_size, address=address)
    request = AddCheckpoint(old_size=old_size, proof=tuple(proof), checkpoint=memory.note)
    answer = witness.add_checkpoint(request.encode())
    if answer.status != Status.COSIGNED:
        msg = (
            f"{memory.place} has a checkpoint of {new_size} entries that does not continue the "
            f"{old_size} in the state: {answer.body.decode().strip()}. If the log forked, its two "
            "checkpoints are kept and prove it; do not serve before people have looked at them"
        )
        raise Behind(msg)
    print(f"took over {new_size} entries from {printable(memory.place)}", file=sys.stderr)


def _proof(memory: Memory, *, old_size: int, address: str | None) -> list[bytes]:
    new_size = memory.checkpoint.size
    ahead = (
        f"{memory.place} has seen {new_size} entries of {memory.checkpoint.origin}, the state of "
        f"this witness only {old_size}: it was away, or was restored from an old backup"
    )
    if address is None:
        msg = f"{ahead}. To go on, say where the log or a mirror of it is: --log KEY,ADDRESS"
        raise Behind(msg)
    try:
        tree = TiledTree(size=new_size, read_tile=open_log(address).tile)
        return tree.consistency_proof(old_size)
    except (LogUnreachable, DecodeError) as error:
        msg = f"{ahead}; {address} gives no proof now ({error}). Try again, or name a mirror"
        raise Behind(msg) from error
