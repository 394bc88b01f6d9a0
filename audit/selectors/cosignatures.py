"""What witnesses said under one checkpoint."""

from audit.models import Checkpoint, Cosignature
from audit.selectors.policy import PolicyUnusable, current_policy
from evote.tlog.policy import Policy, PolicyWitness

# Some verifiers refuse a checkpoint with more than sixteen lines; the first one is the log's.
LINES_LIMIT = 15
# What a line bears: the name of the key, and the four bytes that tell keys of one name apart.
KeyMark = tuple[str, bytes]


def mark_of(witness: PolicyWitness) -> KeyMark:
    """Return by what lines of this witness are known."""
    return witness.key.name, witness.key.key_id


def newest_cosignatures(checkpoint: Checkpoint) -> dict[KeyMark, Cosignature]:
    """Return the line that came last from each key that ever cosigned a checkpoint."""
    rows = Cosignature.objects.filter(checkpoint=checkpoint).order_by("id")
    return {(row.witness, bytes(row.key_id)): row for row in rows}


def cosigned_note(checkpoint: Checkpoint) -> bytes:
    """Return a checkpoint with the lines of its witnesses, the log's own line first."""
    rows = newest_cosignatures(checkpoint)
    own = [mark for mark in _marks_of_policy() if mark in rows]
    marks = [*own, *(mark for mark in rows if mark not in own)]
    lines = "".join(rows[mark].line for mark in marks[:LINES_LIMIT])
    return bytes(checkpoint.note) + lines.encode()


def is_cosigned(checkpoint: Checkpoint) -> bool:
    """Say whether the witnesses that the policy asks for have cosigned a checkpoint.

    So they have where it asks for nobody; and never under a policy that cannot be read.
    """
    try:
        policy = current_policy()
    except PolicyUnusable:
        return False
    return policy is None or policy.quorum_met(cosigners(checkpoint, policy=policy))


def cosigners(checkpoint: Checkpoint, *, policy: Policy) -> set[str]:
    """Return the names, as the policy has them, of the witnesses that cosigned a checkpoint."""
    rows = newest_cosignatures(checkpoint)
    return {witness.name for witness in policy.witnesses if mark_of(witness) in rows}


def _marks_of_policy() -> list[KeyMark]:
    try:
        policy = current_policy()
    except PolicyUnusable:
        return []
    return [] if policy is None else [mark_of(witness) for witness in policy.witnesses]
