"""Trust policies: which logs, and which of the witnesses have to agree (c2sp.org/tlog-policy).

    log log.example.gov/audit+2e29c20f+ASFt…
    witness D1 witness.dept.example/w1+56e719be+BLXy… https://witness.dept.example
    group ministries 2 D1 D2 D3
    group ngos any N1 N2 N3
    group all-sides all ministries ngos
    quorum all-sides

A checkpoint is believed if one of the logs signed it and the quorum is met. The names are those of
this file alone; a key's own name stands in the key. Stricter than the specification: the file is
UTF-8, nobody is named `none`, and no key is both a log's and a witness's.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.checkpoint import Checkpoint, decode_checkpoint
from evote.tlog.cosignature import CosignerKey, verify_cosignature
from evote.tlog.note import VerifierKey, decode_note, verify_note

POLICY_LIMIT_BYTES = 1_000_000
LIMIT_OF_EACH_KIND = 256
NO_QUORUM = "none"

_WHITESPACE = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLog:
    """A log that is believed under this policy; `url` is where it may be read, if known."""

    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWitness:
    """A witness; `name` is the policy's, `url` the prefix of its `add-checkpoint`, if known."""

    name: str
    key: CosignerKey
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGroup:
    """Witnesses and groups of which `threshold` have to agree."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A whole policy. `quorum` is the name of a witness or a group; None: nobody is needed.

    Each group stands after its members. Only `decode_policy` vouches for that.
    """

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str | None

    def quorum_met(self, names: Collection[str]) -> bool:
        """Say whether the witnesses with these names (of the policy) suffice."""
        if self.quorum is None:
            return True
        agreed = {witness.name for witness in self.witnesses if witness.name in names}
        for group in self.groups:
            if sum(member in agreed for member in group.members) >= group.threshold:
                agreed.add(group.name)
        return self.quorum in agreed

    def encode(self) -> bytes:
        """Write the policy in its shortest form: no comments, groups after their members."""
        lines = [_line("log", log.key.encode(), log.url or "") for log in self.logs]
        lines.extend(
            _line("witness", witness.name, witness.key.encode(), witness.url or "")
            for witness in self.witnesses
        )
        lines.extend(
            _line("group", group.name, _threshold_word(group), *group.members)
            for group in self.groups
        )
        lines.append(_line("quorum", self.quorum or NO_QUORUM))
        return "".join(lines).encode()


def _line(*words: str) -> str:
    return " ".join(filter(None, words)) + "\n"


def _threshold_word(group: PolicyGroup) -> str:
    if group.threshold == len(group.members):
        return "all"
    return "any" if group.threshold == 1 else str(group.threshold)


# --- Reading --------------------------------------------------------------------------------


def decode_policy(data: bytes) -> Policy:
    """Read a policy.

    Raises:
        DecodeError: it is none; `place` names the line, as in "line 7".
    """
    reader = _Reader()
    for number, words in _rows(data):
        try:
            reader.read(words)
        except EvoteError as error:
            raise DecodeError(str(error), place=f"line {number}") from error
    return reader.policy()


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    if len(data) > POLICY_LIMIT_BYTES:
        msg = f"the policy has {len(data)} bytes; at most {POLICY_LIMIT_BYTES} are allowed"
        raise DecodeError(msg, code="too_large")
    try:
        rows = data.decode().split("\n")
    except UnicodeDecodeError as error:
        msg = "the policy is not UTF-8"
        number = data.count(b"\n", 0, error.start) + 1
        raise DecodeError(msg, place=f"line {number}") from error
    if rows.pop():
        msg = "the last line does not end with a line feed"
        raise DecodeError(msg, place=f"line {len(rows) + 1}")
    for number, row in enumerate(rows, 1):
        if _CONTROL.search(row):
            msg = "a policy holds no control characters but tab and line feed"
            raise DecodeError(msg, place=f"line {number}")
        words = [word for word in _WHITESPACE.split(row) if word]
        if words and not words[0].startswith("#"):
            yield number, words


class _Reader:
    """Takes the lines in their order. Every name must be known before it is used."""

    def __init__(self) -> None:
        self._logs: list[PolicyLog] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: list[PolicyGroup] = []
        self._quorum: str | None = None
        self._has_quorum = False
        self._names: set[str] = set()
        self._members: set[str] = set()
        self._publics: set[bytes] = set()
        self._key_ids: set[tuple[str, bytes]] = set()

    def read(self, words: list[str]) -> None:
        kind, *rest = words
        read = {
            "log": self._read_log,
            "witness": self._read_witness,
            "group": self._read_group,
            "quorum": self._read_quorum,
        }.get(kind)
        if read is None:
            msg = f"a line begins with log, witness, group or quorum, not with {kind!r:.40}"
            raise DecodeError(msg)
        read(rest)

    def policy(self) -> Policy:
        if not self._has_quorum:
            msg = 'the policy has no line "quorum"'
            raise DecodeError(msg)
        return Policy(
            logs=tuple(self._logs),
            witnesses=tuple(self._witnesses),
            groups=tuple(self._groups),
            quorum=self._quorum,
        )

    def _read_log(self, words: list[str]) -> None:
        if not 1 <= len(words) <= 2:
            msg = "a log is written: log KEY [URL]"
            raise DecodeError(msg)
        _check_room(self._logs)
        key = VerifierKey.decode(words[0])
        self._claim_key(key)
        self._logs.append(PolicyLog(key=key, url=words[1] if len(words) == 2 else None))

    def _read_witness(self, words: list[str]) -> None:
        if not 2 <= len(words) <= 3:
            msg = "a witness is written: witness NAME KEY [URL]"
            raise DecodeError(msg)
        _check_room(self._witnesses)
        name, text, *urls = words
        key = CosignerKey.decode(text)
        self._claim_key(key)
        self._claim_name(name)
        url = urls[0] if urls else None
        self._witnesses.append(PolicyWitness(name=name, key=key, url=url))

    def _read_group(self, words: list[str]) -> None:
        if len(words) < 3:
            msg = "a group is written: group NAME all|any|NUMBER MEMBER…"
            raise DecodeError(msg)
        _check_room(self._groups)
        name, rule, *members = words
        for member in members:
            if member not in self._names:
                msg = f"the member {member!r:.60} is not defined above"
                raise DecodeError(msg)
            if member in self._members:
                msg = f"{member!r:.60} is a member already, and may be one only once"
                raise DecodeError(msg)
            self._members.add(member)
        threshold = _threshold(rule, members=len(members))
        self._claim_name(name)
        self._groups.append(PolicyGroup(name=name, threshold=threshold, members=tuple(members)))

    def _read_quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            msg = "the quorum is written: quorum NAME, or quorum none"
            raise DecodeError(msg)
        if self._has_quorum:
            msg = "there is a quorum already"
            raise DecodeError(msg)
        name = words[0]
        if name != NO_QUORUM and name not in self._names:
            msg = f"the quorum {name!r:.60} is not defined above"
            raise DecodeError(msg)
        self._has_quorum = True
        self._quorum = None if name == NO_QUORUM else name

    def _claim_name(self, name: str) -> None:
        if name == NO_QUORUM:
            msg = 'nobody can be named "none"'
            raise DecodeError(msg)
        if name in self._names:
            msg = f"the name {name!r:.60} is taken already"
            raise DecodeError(msg)
        self._names.add(name)

    def _claim_key(self, key: VerifierKey | CosignerKey) -> None:
        """Refuse one key twice, whatever names it bears, and two that lines cannot tell apart."""
        if key.public in self._publics or (key.name, key.key_id) in self._key_ids:
            msg = f"the key of {key.name} is in the policy already"
            raise DecodeError(msg)
        self._publics.add(key.public)
        self._key_ids.add((key.name, key.key_id))


def _check_room(items: Sequence[object]) -> None:
    if len(items) == LIMIT_OF_EACH_KIND:
        msg = f"a policy has at most {LIMIT_OF_EACH_KIND} lines of a kind"
        raise DecodeError(msg)


def _threshold(rule: str, *, members: int) -> int:
    if rule == "all":
        return members
    if rule == "any":
        return 1
    if not _THRESHOLD.fullmatch(rule) or int(rule) > members:
        msg = f"of {members} members, all, any or a number from 1 to {members} agree, not {rule!r}"
        raise DecodeError(msg)
    return int(rule)


# --- Checking ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """A cosignature that was verified: by which witness of the policy, and when it says it was."""

    name: str
    key: CosignerKey
    cosigned_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignedCheckpoint:
    """A checkpoint that a log of the policy signed, and who of the policy cosigned it."""

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]
    is_quorum_met: bool


def verify_under_policy(note: bytes, policy: Policy) -> CosignedCheckpoint:
    """Check that a log of the policy signed, and that its quorum of witnesses cosigned.

    Raises:
        DecodeError: it is not a signed checkpoint.
        InvalidProof: the log's signature is missing or wrong, a line by a known witness does not
            verify, or the quorum is not met.
        NotSupported: a cosignature is of ML-DSA-44, which `cryptography` lacks here.
    """
    cosigned = read_under_policy(note, policy)
    if not cosigned.is_quorum_met:
        names = ", ".join(cosignature.name for cosignature in cosigned.cosignatures) or "nobody"
        msg = f"the quorum {policy.quorum} is not met: cosigned by {names}"
        raise InvalidProof(msg)
    return cosigned


def read_under_policy(note: bytes, policy: Policy) -> CosignedCheckpoint:
    """Check all signatures as `verify_under_policy` does, and only say whether they suffice."""
    decoded = decode_note(note)
    checkpoint = decode_checkpoint(decoded)
    keys = [log.key for log in policy.logs if log.key.name == checkpoint.origin]
    if not keys:
        msg = f"the policy knows no log {checkpoint.origin}"
        raise InvalidProof(msg)
    verify_note(note, keys=keys)
    witnesses = {(witness.key.name, witness.key.key_id): witness for witness in policy.witnesses}
    newest: dict[str, Cosignature] = {}
    for line in decoded.signatures:
        witness = witnesses.get((line.name, line.key_id))
        if witness is None:
            continue
        cosigned_at = verify_cosignature(line, checkpoint=checkpoint, key=witness.key)
        known = newest.get(witness.name)
        if known is None or known.cosigned_at < cosigned_at:
            newest[witness.name] = Cosignature(
                name=witness.name, key=witness.key, cosigned_at=cosigned_at
            )
    return CosignedCheckpoint(
        checkpoint=checkpoint,
        cosignatures=tuple(newest.values()),
        is_quorum_met=policy.quorum_met(newest.keys()),
    )
