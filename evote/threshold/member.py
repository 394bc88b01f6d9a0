"""What a member does next: the whole of a trustee's program but its eyes and hands (PROTOCOL 2.4).

The member's secret is a seed; everything else is in the public state of the ceremony, where each
message is checked again before anything is built on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from evote.errors import EvoteError
from evote.group import ED25519, GENERATOR, SecretScalar
from evote.threshold.ceremony import (
    Ceremony,
    Reveal,
    check_commits,
    make_commit,
    make_reveal,
    make_share_message,
    open_ceremony,
    read_commit,
    read_member_certificate,
    read_reveal,
    read_share_message,
)
from evote.threshold.certificates import (
    Certificate,
    Context,
    certificates_fingerprint,
    certificates_hash,
    make_certificate,
)
from evote.threshold.complaints import BadShare, encode_evidence, make_complaint, take_share
from evote.threshold.keys import MemberKeys, derive_keys
from evote.threshold.polynomials import Polynomial, derive_polynomial
from evote.threshold.signed import Signed
from evote.threshold.state import CeremonyState


class NotThisMember(EvoteError):
    """The ceremony does not hold what this member sent: stop, and ask the others."""


class WrongMessage(EvoteError):
    """A member's message does not hold. `member` is who sent it."""

    def __init__(self, member: int, name: str, reason: str) -> None:
        super().__init__(f"the message of member {member} ({name}) does not hold: {reason}")
        self.member = member


@dataclass(frozen=True, slots=True)
class Send:
    """Send this message of this step."""

    step: str
    message: Signed


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare this fingerprint of all certificates with the other members, by telephone."""

    fingerprint: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until these members have taken the step."""

    step: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Complain:
    """A share is wrong: send the complaint. The evidence is the file that anybody can check."""

    about: int
    reason: str
    message: Signed
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """The ceremony is over; this is the member's share of the key, for decrypting."""

    share: SecretScalar = field(repr=False)


Action = Send | Compare | Wait | Complain | Done


def next_action(
    *, state: CeremonyState, seed: str, index: int, compared_fingerprint: str | None
) -> Action:
    """Say what member `index` does next.

    `compared_fingerprint` is what the other members read out on the telephone, None before.

    Raises:
        NotThisMember: the certificate or commit in this member's place is not this member's, or
            the others read out another fingerprint.
        WrongMessage: with the member whose message does not hold.
    """
    keys = derive_keys(seed)
    if state.certificates[index - 1] is None:
        context = Context(
            group=ED25519.name, size=state.size, threshold=state.threshold, index=index
        )
        return Send("certificate", make_certificate(keys=keys, context=context))
    if missing := state.missing(state.certificates):
        _check_own_certificate(_certificate(state, index=index), keys=keys)
        return Wait("certificate", missing)
    ceremony = opened(state)
    _check_own_certificate(ceremony.certificates[index - 1], keys=keys)
    polynomial = derive_polynomial(
        seed=seed,
        uuid=state.uuid,
        certs=certificates_hash(ceremony.signed_certificates),
        threshold=state.threshold,
    )
    own = _Own(ceremony=ceremony, index=index, keys=keys, polynomial=polynomial)
    if state.commits[index - 1] is None:
        return _commit(own, compared_fingerprint=compared_fingerprint)
    if missing := state.missing(state.commits):
        return Wait("commit", missing)
    commits = all_commits(state, ceremony=ceremony)
    if commits[index - 1] != read_commit(own.commit(), ceremony=ceremony, index=index):
        msg = "the commit in your place is not yours"
        raise NotThisMember(msg)
    if state.polynomials[index - 1] is None:
        return Send("polynomial", own.reveal())
    if missing := state.missing(state.polynomials):
        return Wait("polynomial", missing)
    return _share(own, state=state, reveals=all_reveals(state, ceremony=ceremony, commits=commits))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """What the member knows once the certificates are there."""

    ceremony: Ceremony
    index: int
    keys: MemberKeys
    polynomial: Polynomial

    def commit(self) -> Signed:
        return make_commit(
            ceremony=self.ceremony,
            index=self.index,
            keys=self.keys,
            polynomial=self.polynomial,
        )

    def reveal(self) -> Signed:
        return make_reveal(
            ceremony=self.ceremony,
            index=self.index,
            keys=self.keys,
            polynomial=self.polynomial,
        )


def _commit(own: _Own, *, compared_fingerprint: str | None) -> Action:
    fingerprint = certificates_fingerprint(own.ceremony.signed_certificates)
    if compared_fingerprint is None:
        return Compare(fingerprint)
    if compared_fingerprint.replace(" ", "").lower() != fingerprint.replace(" ", ""):
        msg = (
            f"the certificates here have the fingerprint {fingerprint}, not "
            f"{compared_fingerprint}: somebody shows the members different certificates"
        )
        raise NotThisMember(msg)
    return Send("commit", own.commit())


def _share(own: _Own, *, state: CeremonyState, reveals: Sequence[Reveal]) -> Action:
    try:
        share = take_share(ceremony=own.ceremony, reveals=reveals, index=own.index, keys=own.keys)
    except BadShare as fault:
        complaint = make_complaint(
            ceremony=own.ceremony,
            reveals=reveals,
            about=fault.about,
            by=own.index,
            keys=own.keys,
        )
        polynomial = state.polynomials[fault.about - 1]
        assert polynomial is not None
        evidence = encode_evidence(
            ceremony=own.ceremony, polynomial=polynomial, complaint=complaint
        )
        return Complain(fault.about, fault.reason, complaint, evidence)
    if state.shares[own.index - 1] is None:
        return Send("share", make_share_message(keys=own.keys, share=share))
    if missing := state.missing(state.shares):
        return Wait("share", missing)
    for index, signed in enumerate(_present(state.shares), start=1):
        try:
            trustee = read_share_message(
                signed, ceremony=own.ceremony, reveals=reveals, index=index
            )
        except EvoteError as error:
            raise _wrong(state, index, error) from error
        assert index != own.index or trustee.public_key == GENERATOR**share
    return Done(share)


def opened(state: CeremonyState) -> Ceremony:
    """Check all certificates.

    Raises:
        WrongMessage: with the member whose certificate does not hold.
    """
    for index in range(1, state.size + 1):
        _certificate(state, index=index)
    try:
        return open_ceremony(
            uuid=state.uuid,
            threshold=state.threshold,
            certificates=_present(state.certificates),
        )
    except EvoteError as error:
        raise NotThisMember(str(error)) from error


def all_commits(state: CeremonyState, *, ceremony: Ceremony) -> list[str]:
    """Check all commits.

    Raises:
        WrongMessage: with the member whose commit does not hold.
    """
    commits: list[str] = []
    for index, signed in enumerate(_present(state.commits), start=1):
        try:
            commits.append(read_commit(signed, ceremony=ceremony, index=index))
            check_commits(commits)
        except EvoteError as error:
            raise _wrong(state, index, error) from error
    return commits


def all_reveals(
    state: CeremonyState, *, ceremony: Ceremony, commits: Sequence[str]
) -> list[Reveal]:
    """Check all that is public in the polynomials, against the commits.

    Raises:
        WrongMessage: with the member whose polynomial does not hold.
    """
    reveals: list[Reveal] = []
    polynomials = _present(state.polynomials)
    assert len(commits) == len(polynomials)
    for index, (signed, commit) in enumerate(zip(polynomials, commits, strict=True), start=1):
        try:
            reveals.append(read_reveal(signed, ceremony=ceremony, index=index, commit=commit))
        except EvoteError as error:
            raise _wrong(state, index, error) from error
    return reveals


def _certificate(state: CeremonyState, *, index: int) -> Certificate:
    signed = state.certificates[index - 1]
    assert signed is not None
    try:
        return read_member_certificate(
            signed, threshold=state.threshold, size=state.size, index=index
        )
    except EvoteError as error:
        raise _wrong(state, index, error) from error


def _check_own_certificate(certificate: Certificate, *, keys: MemberKeys) -> None:
    if (certificate.verification, certificate.encryption) != (keys.verification, keys.encryption):
        msg = "the certificate in your place is not yours"
        raise NotThisMember(msg)


def _present(messages: Sequence[Signed | None]) -> list[Signed]:
    present = [each for each in messages if each is not None]
    assert len(present) == len(messages)
    return present


def _wrong(state: CeremonyState, index: int, error: EvoteError) -> WrongMessage:
    return WrongMessage(index, state.names[index - 1], str(error))
