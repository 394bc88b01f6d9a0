"""How the witnesses of the policy fare, and which of them cosigned a checkpoint."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from audit.models import Checkpoint, Cosignature, WitnessHealth
from audit.selectors.checkpoints import signed_checkpoint
from audit.selectors.cosignatures import mark_of, newest_cosignatures
from audit.selectors.policy import PolicyUnusable, current_policy
from evote.tlog.policy import PolicyWitness

Problem = WitnessHealth.Problem


class Standing(TextChoices):
    """Where one witness stands, as pages say it."""

    CURRENT = "CURRENT", _("cosigned the newest checkpoint")
    BEHIND = "BEHIND", _("has not cosigned the newest checkpoint yet")
    NEW = "NEW", _("has not cosigned anything yet")
    SILENT = "SILENT", _("does not answer")
    TROUBLED = "TROUBLED", _("gives no valid answer")
    REFUSES = "REFUSES", _("refuses to cosign: it has seen another log")
    AHEAD = "AHEAD", _("says that it has seen a longer log")


STANDING_OF_PROBLEM = {
    Problem.SILENT: Standing.SILENT,
    Problem.GARBLED: Standing.TROUBLED,
    Problem.UNKNOWN_LOG: Standing.TROUBLED,
    Problem.WRONG_LINE: Standing.TROUBLED,
    Problem.REFUSED: Standing.REFUSES,
    Problem.AHEAD: Standing.AHEAD,
}

WELL = frozenset({Standing.CURRENT, Standing.BEHIND, Standing.NEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessState:
    """One witness of the policy, that is, one key. A body with two keys is two witnesses.

    `last_size` and `last_cosigned_at` are those of its newest cosignature, by its own clock.
    """

    name: str
    url: str
    key: str
    last_size: int | None
    last_cosigned_at: datetime | None
    state: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessOfCheckpoint:
    """A witness of the policy beside one checkpoint. `cosigned_at` is None: it did not cosign."""

    name: str
    key_id: str
    cosigned_at: datetime | None
    state: Standing


def witnesses() -> list[WitnessState]:
    """Return the witnesses of the policy in its order; none where there is no usable policy."""
    newest = signed_checkpoint()
    health = {row.url: row for row in WitnessHealth.objects.all()}
    return [
        _state_of(witness, newest=newest, health=health.get(witness.url or ""))
        for witness in _witnesses_of_policy()
    ]


def witnesses_of(checkpoint: Checkpoint) -> list[WitnessOfCheckpoint]:
    """Return the witnesses of the policy, each with its cosignature under this checkpoint."""
    rows = newest_cosignatures(checkpoint)
    states = {state.name: state.state for state in witnesses()}
    return [
        WitnessOfCheckpoint(
            name=witness.name,
            key_id=witness.key.key_id.hex(),
            cosigned_at=_moment(row) if (row := rows.get(mark_of(witness))) else None,
            state=states[witness.name],
        )
        for witness in _witnesses_of_policy()
    ]


def is_quorum_in_reach() -> bool:
    """Say whether those witnesses who gave no trouble when they were asked last would suffice.

    Raises:
        PolicyUnusable: there should be a policy, and it cannot be used.
    """
    policy = current_policy()
    well = [witness.name for witness in witnesses() if witness.url and witness.state in WELL]
    return policy is None or policy.quorum_met(well)


def _witnesses_of_policy() -> tuple[PolicyWitness, ...]:
    try:
        policy = current_policy()
    except PolicyUnusable:
        return ()
    return policy.witnesses if policy is not None else ()


def _state_of(
    witness: PolicyWitness, *, newest: Checkpoint | None, health: WitnessHealth | None
) -> WitnessState:
    name, key_id = mark_of(witness)
    row = (
        Cosignature.objects.filter(witness=name, key_id=key_id)
        .order_by("-checkpoint_id", "-id")
        .first()
    )
    return WitnessState(
        name=witness.name,
        url=witness.url or "",
        key=witness.key.encode(),
        last_size=row.checkpoint_id if row is not None else None,
        last_cosigned_at=_moment(row) if row is not None else None,
        state=_standing(row, newest=newest, health=health),
    )


def _standing(
    row: Cosignature | None, *, newest: Checkpoint | None, health: WitnessHealth | None
) -> Standing:
    if health is not None and health.problem:
        return STANDING_OF_PROBLEM[Problem(health.problem)]
    if row is None:
        return Standing.NEW
    is_current = newest is not None and row.checkpoint_id == newest.pk
    return Standing.CURRENT if is_current else Standing.BEHIND


def _moment(row: Cosignature) -> datetime:
    return datetime.fromtimestamp(row.cosigned_at, tz=UTC)
