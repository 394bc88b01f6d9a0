"""Hold the ceremony of a group of trustees, as the members' own programs would."""

import json
from dataclasses import dataclass, field

from evote.group import SecretScalar
from evote.threshold import (
    Context,
    MemberKeys,
    Polynomial,
    derive_keys,
    draw_polynomial,
    encode_signed,
    generate_seed,
    make_certificate,
)
from evote.threshold.ceremony import make_commit, make_reveal, make_share_message
from evote.threshold.complaints import make_complaint, take_share
from evote.threshold.messages import encrypt_message
from evote.threshold.signed import sign_object
from voting.models import TrusteeGroup
from voting.selectors.ceremonies import CeremonyState, ceremony_of
from voting.services.ceremonies import accept_message
from voting.services.groups import begin_ceremony, make_group
from voting.services.trustees import name_trustee

STEPS = ("certificate", "commit", "polynomial", "share")


@dataclass
class MadeCeremony:
    """A group with what only its members know."""

    group: TrusteeGroup
    keys: list[MemberKeys] = field(default_factory=list)
    polynomials: list[Polynomial] = field(default_factory=list)
    shares: dict[int, SecretScalar] = field(default_factory=dict)

    @property
    def state(self) -> CeremonyState:
        """How far it is."""
        self.group = TrusteeGroup.objects.select_related("election").get(pk=self.group.pk)
        return ceremony_of(group=self.group)

    def make(self, step: str, member: int) -> bytes:
        """Make what a member sends in a step."""
        state, keys = self.state, self.keys[member - 1]
        if step == "certificate":
            context = Context(
                group="Ed25519", size=state.size, threshold=state.group.threshold, index=member
            )
            return encode_signed(make_certificate(keys=keys, context=context))
        ceremony = state.opened()
        if step in ("commit", "polynomial"):
            make = make_commit if step == "commit" else make_reveal
            polynomial = self.polynomials[member - 1]
            return encode_signed(
                make(ceremony=ceremony, index=member, keys=keys, polynomial=polynomial)
            )
        share = take_share(
            ceremony=ceremony,
            reveals=state.reveals(ceremony=ceremony),
            index=member,
            keys=keys,
        )
        self.shares[member] = share
        return encode_signed(make_share_message(keys=keys, share=share))

    def send(self, step: str, member: int, data: bytes | None = None) -> bool:
        """Send it; say whether it was new."""
        data = data or self.make(step, member)
        return accept_message(
            election=self.group.election,
            item=self.group.position,
            member=member,
            step=step,
            data=data,
        )

    def run(self, *, until: str = "share") -> None:
        """Have all members take all steps up to one, that one included."""
        for step in STEPS[: STEPS.index(until) + 1]:
            for member in range(1, len(self.keys) + 1):
                self.send(step, member)


def make_ceremony(*, election, threshold=2, members=3, until="") -> MadeCeremony:
    """A group whose ceremony has begun, held up to and with a step."""
    group = make_group(election=election, threshold=threshold)
    for number in range(1, members + 1):
        name_trustee(
            election=election,
            name=f"Member {group.pk}.{number}",
            email=f"member{group.pk}.{number}@example.org",
            group=group,
        )
    made = MadeCeremony(
        begin_ceremony(group=group),
        keys=[derive_keys(generate_seed()) for _ in range(members)],
        polynomials=[draw_polynomial(threshold=threshold) for _ in range(members)],
    )
    if until:
        made.run(until=until)
    return made


def reveal_with_bad_share(made: MadeCeremony, *, by: int, to: int) -> bytes:
    """Give one member a number that is no point of the polynomial."""
    ceremony, keys = made.state.opened(), made.keys[by - 1]
    signed = make_reveal(
        ceremony=ceremony, index=by, keys=keys, polynomial=made.polynomials[by - 1]
    )
    value = json.loads(signed.message)
    value["secrets"][to - 1] = encrypt_message(
        message='{"secret":"5"}',
        signing_key=keys.signing,
        recipient=ceremony.encryption_key(to),
    )
    return encode_signed(sign_object(value, secret_key=keys.signing))


def complaint_of(made: MadeCeremony, *, by: int, about: int) -> bytes:
    """Complain, as the program of the member who got the share would."""
    state = made.state
    ceremony = state.opened()
    return encode_signed(
        make_complaint(
            ceremony=ceremony,
            reveals=state.reveals(ceremony=ceremony),
            about=about,
            by=by,
            keys=made.keys[by - 1],
        )
    )


def make_cheated_ceremony(*, election) -> MadeCeremony:
    """A ceremony in which member 2 sent member 3 a wrong share."""
    made = make_ceremony(election=election, until="commit")
    made.send("polynomial", 1)
    made.send("polynomial", 2, reveal_with_bad_share(made, by=2, to=3))
    made.send("polynomial", 3)
    return made
