"""How far the members of a group are with making their keys (PROTOCOL 1.5, 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from evote.threshold import Signed, decode_signed
from evote.threshold.ceremony import (
    Ceremony,
    Reveal,
    open_ceremony,
    read_commit,
    read_reveal,
)
from voting.models import CeremonyMessage, Complaint, Election, Trustee, TrusteeGroup

Step = CeremonyMessage.Step


class Stage(StrEnum):
    """What the ceremony waits for, in the words of the interface."""

    CERTIFICATES = "certificates"
    COMMITS = "commits"
    POLYNOMIALS = "polynomials"
    SHARES = "shares"
    COMPLETE = "complete"
    FAILED = "failed"


STAGE_OF_STEP: Mapping[str, Stage] = {
    Step.CERTIFICATE: Stage.CERTIFICATES,
    Step.COMMIT: Stage.COMMITS,
    Step.POLYNOMIAL: Stage.POLYNOMIALS,
    Step.SHARE: Stage.SHARES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberState:
    """A member and the last step taken; empty before the first."""

    trustee: Trustee
    index: int
    step: str
    is_waited_for: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyState:
    """One attempt of a group's ceremony: what has been sent, and what it waits for."""

    group: TrusteeGroup
    stage: Stage
    members: tuple[MemberState, ...]
    messages: Mapping[str, Mapping[int, bytes]]
    complaints: tuple[Complaint, ...]
    earlier_complaints: tuple[Complaint, ...]

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.members)

    @property
    def waited_for(self) -> tuple[MemberState, ...]:
        """The members who have not taken the step that all the others wait for."""
        return tuple(member for member in self.members if member.is_waited_for)

    def signed(self, step: str) -> list[Signed]:
        """Return what all members sent in a step that is over, in their order."""
        return [decode_signed(self.messages[step][member.index]) for member in self.members]

    def opened(self) -> Ceremony:
        """Return the ceremony as its certificates define it, once all are there."""
        return open_ceremony(
            uuid=self.group.election.uuid,
            threshold=self.group.threshold,
            certificates=self.signed(Step.CERTIFICATE),
        )

    def commits(self, *, ceremony: Ceremony) -> list[str]:
        """Return the hashes that the members committed to, once all are there."""
        return [
            read_commit(signed, ceremony=ceremony, index=index)
            for index, signed in enumerate(self.signed(Step.COMMIT), 1)
        ]

    def reveals(self, *, ceremony: Ceremony) -> list[Reveal]:
        """Return what the members revealed, once all are there."""
        commits = self.commits(ceremony=ceremony)
        return [
            read_reveal(signed, ceremony=ceremony, index=index, commit=commits[index - 1])
            for index, signed in enumerate(self.signed(Step.POLYNOMIAL), 1)
        ]


def group_at(*, election: Election, item: int) -> TrusteeGroup | None:
    """Return the group that is item `item` of the record's list of trustees, from 1."""
    groups = TrusteeGroup.objects.select_related("election")
    return groups.filter(election=election, position=item).first()


def ceremony_of(*, group: TrusteeGroup) -> CeremonyState:
    """Return where the present attempt of a group's ceremony stands."""
    trustees = list(group.members.order_by("member"))
    messages: dict[str, dict[int, bytes]] = {step: {} for step in Step.values}
    for step, member, body in CeremonyMessage.objects.filter(
        group=group, attempt=group.attempt
    ).values_list("step", "member", "body"):
        messages[step][member] = bytes(body)
    complaints = list(Complaint.objects.filter(group=group).order_by("attempt", "about", "by"))
    present = tuple(one for one in complaints if one.attempt == group.attempt)
    waiting = next((step for step in Step.values if len(messages[step]) < len(trustees)), None)
    if present:
        stage = Stage.FAILED
    elif waiting is None and trustees:
        stage = Stage.COMPLETE
    else:
        stage = STAGE_OF_STEP[waiting or Step.CERTIFICATE]
    return CeremonyState(
        group=group,
        stage=stage,
        members=tuple(
            MemberState(
                trustee=trustee,
                index=index,
                step=next((step for step in reversed(Step.values) if index in messages[step]), ""),
                is_waited_for=stage not in (Stage.FAILED, Stage.COMPLETE)
                and index not in messages[waiting or Step.CERTIFICATE],
            )
            for index, trustee in enumerate(trustees, 1)
        ),
        messages=messages,
        complaints=present,
        earlier_complaints=tuple(one for one in complaints if one.attempt != group.attempt),
    )


def ceremonies_of(*, election: Election) -> list[CeremonyState]:
    """Return the ceremonies of an election's groups, in the order of the record."""
    groups = TrusteeGroup.objects.filter(election=election).select_related("election")
    return [ceremony_of(group=group) for group in groups.order_by("position")]
