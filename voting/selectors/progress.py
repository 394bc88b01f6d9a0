"""What an election waits for, and who has done what, in the words of its pages."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voting.models import Election, RecordEvent, TranscriptSignature, Trustee, TrusteeGroup
from voting.selectors.ceremonies import CeremonyState, Stage, ceremony_of
from voting.selectors.overview import verification_progress
from voting.selectors.shuffles import shuffle_states
from voting.selectors.tally import tally_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class TrusteeProgress:
    """A trustee and how they stand. `is_done`: nothing is waited for from them now."""

    trustee: Trustee
    status: str
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolders:
    """One item of the record's list: a trustee alone, or a group of whom some suffice."""

    group: TrusteeGroup | None
    ceremony: CeremonyState | None
    members: tuple[TrusteeProgress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an election is. `waits` are whole sentences.

    Chunks are the parts into which this server's long work of the moment is cut: the sum of the
    box, the check of a shuffle, or the verification of the published record.
    """

    holders: tuple[KeyHolders, ...]
    waits: tuple[str, ...]
    chunks_done: int
    chunks: int

    @property
    def all_are_needed(self) -> bool:
        """Say whether there is no group, so that nobody may be missing."""
        return all(holders.group is None for holders in self.holders)

    @property
    def has_anybody_alone(self) -> bool:
        """Say whether somebody stands alone, so that nothing can be opened without them."""
        return any(holders.group is None for holders in self.holders)

    @property
    def trustees(self) -> int:
        """How many people hold a part of the key."""
        return sum(len(holders.members) for holders in self.holders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The owners who have signed, shuffled and decrypted."""

    signed: frozenset[int]
    shuffled: frozenset[int]
    decrypted: frozenset[int]


def progress_of(*, election: Election) -> Progress:
    """Return how far an election is, from its first trustee to its result."""
    done = done_of(election=election)
    holders = [
        KeyHolders(
            group=None,
            ceremony=None,
            members=(_alone(trustee, election=election, done=done),),
        )
        for trustee in election.trustees.filter(group=None).order_by("position")
    ]
    groups = TrusteeGroup.objects.filter(election=election).select_related("election")
    for group in groups.order_by("position"):
        ceremony = ceremony_of(group=group)
        holders.append(
            KeyHolders(
                group=group,
                ceremony=ceremony,
                members=tuple(
                    _member(member.trustee, ceremony=ceremony, election=election, done=done)
                    for member in ceremony.members
                ),
            )
        )
    done_chunks, chunks = _chunks(election=election)
    return Progress(
        holders=tuple(holders),
        waits=tuple(
            _waits(election=election, holders=holders, done=done, chunks=(done_chunks, chunks))
        ),
        chunks_done=done_chunks,
        chunks=chunks,
    )


def _chunks(*, election: Election) -> tuple[int, int]:
    """Return how many parts of the long work of this phase are done, and how many there are."""
    if election.phase == Election.Phase.CLOSED:
        return tally_progress(election=election)
    if election.phase == Election.Phase.SHUFFLING:
        states = shuffle_states(election=election).values()
        checked = [state for state in states if state.is_being_checked]
        return sum(one.parts_checked for one in checked), sum(one.parts for one in checked)
    if election.phase == Election.Phase.PUBLISHED:
        return verification_progress(election=election)
    return 0, 0


def done_of(*, election: Election) -> Done:
    """Return who has signed, shuffled and decrypted."""
    events = RecordEvent.objects.filter(election=election, owner__isnull=False)
    pairs = set(events.values_list("type", "owner"))
    signatures = TranscriptSignature.objects.filter(election=election)
    return Done(
        signed=frozenset(signatures.values_list("owner", flat=True)),
        shuffled=_owners(pairs, RecordEvent.Type.SHUFFLE),
        decrypted=_owners(pairs, RecordEvent.Type.PARTIAL_DECRYPTION),
    )


def _owners(pairs: Collection[tuple[str, int | None]], kind: str) -> frozenset[int]:
    return frozenset(owner for found, owner in pairs if found == kind and owner is not None)


def _alone(trustee: Trustee, *, election: Election, done: Done) -> TrusteeProgress:
    if election.is_draft:
        text = _("Key checked") if trustee.has_key else _("No key yet")
        return TrusteeProgress(trustee=trustee, status=text, is_done=trustee.has_key)
    return _after_seal(trustee, election=election, done=done)


def _member(
    trustee: Trustee, *, ceremony: CeremonyState, election: Election, done: Done
) -> TrusteeProgress:
    if not election.is_draft:
        return _after_seal(trustee, election=election, done=done)
    is_waited_for = trustee in [one.trustee for one in ceremony.waited_for]
    if ceremony.group.attempt == 0:
        text = _("The ceremony has not begun yet")
    elif ceremony.stage == Stage.COMPLETE:
        text = _("Key checked")
    elif trustee.member in [complaint.about for complaint in ceremony.complaints]:
        text = _("Sent a share that does not fit: proven")
    elif is_waited_for:
        text = _("The others wait for this trustee")
    else:
        text = _("Has taken this step")
    is_done = ceremony.stage == Stage.COMPLETE or not is_waited_for
    return TrusteeProgress(
        trustee=trustee, status=text, is_done=is_done and ceremony.group.attempt > 0
    )


def _after_seal(trustee: Trustee, *, election: Election, done: Done) -> TrusteeProgress:
    owner, phase = trustee.position, election.phase
    is_done = True
    if phase == Election.Phase.SIGNING:
        is_done = owner in done.signed
        text = _("Has signed what is sealed") if is_done else _("Has not signed yet")
    elif owner in done.decrypted:
        text = _("Has decrypted the sum, with proof")
    elif phase == Election.Phase.TALLIED:
        is_done = False
        text = _("Has not decrypted yet")
    elif owner in done.shuffled:
        text = _("Has shuffled the ballots, with proof")
    elif phase == Election.Phase.SHUFFLING:
        text = _shuffle_status(trustee=trustee, election=election)
    else:
        text = _("Key checked")
    return TrusteeProgress(trustee=trustee, status=text, is_done=is_done)


def _waits(
    *,
    election: Election,
    holders: Sequence[KeyHolders],
    done: Done,
    chunks: tuple[int, int],
) -> list[str]:
    """Say in whole sentences what the election waits for."""
    phase = election.phase
    people = [member.trustee for holder in holders for member in holder.members]
    if phase == Election.Phase.SIGNING:
        missing = _names(one for one in people if one.position not in done.signed)
        return [
            _("These trustees have still to sign what is sealed: %(names)s.") % {"names": missing}
        ]
    if phase == Election.Phase.CLOSED and chunks[1]:
        return [
            _("%(added)s of %(all)s parts of the box are checked and added up.")
            % {"added": intcomma(chunks[0]), "all": intcomma(chunks[1])}
        ]
    if phase == Election.Phase.SHUFFLING:
        return _shuffles_missing(election=election, people=people, done=done)
    if phase == Election.Phase.TALLIED:
        return _decryptions_missing(holders=holders, done=done)
    if phase == Election.Phase.PUBLISHED and chunks[1]:
        return [
            _("This server verifies the record once more: %(done)s of %(all)s parts are checked.")
            % {"done": intcomma(chunks[0]), "all": intcomma(chunks[1])}
        ]
    return []


def _shuffles_missing(*, election: Election, people: Sequence[Trustee], done: Done) -> list[str]:
    states = shuffle_states(election=election)
    checked = {owner: one for owner, one in states.items() if one.is_being_checked}
    needed = min(election.minimum_shuffles, len(people))
    message = ngettext(
        "%(done)s of %(needed)s shuffle is done. The next can be made by: %(names)s.",
        "%(done)s of %(needed)s shuffles are done. The next can be made by: %(names)s.",
        needed,
    )
    free = [one for one in people if one.position not in {*done.shuffled, *checked}]
    sentences = [message % {"done": len(done.shuffled), "needed": needed, "names": _names(free)}]
    if checked:
        sentences = [
            _("A shuffle is being checked: %(names)s.")
            % {"names": _names(one for one in people if one.position in checked)},
            _("%(checked)s of %(all)s parts of its proof are checked.")
            % {
                "checked": intcomma(sum(one.parts_checked for one in checked.values())),
                "all": intcomma(sum(one.parts for one in checked.values())),
            },
        ]
    return sentences


def _shuffle_status(*, trustee: Trustee, election: Election) -> str:
    """Say what became of a trustee's shuffle that is not in the record."""
    state = shuffle_states(election=election).get(trustee.position)
    if state is not None and state.is_being_checked:
        return _("Has handed in a shuffle, which is being checked")
    if state is not None and state.is_refused:
        return state.detail
    return _("Key checked")


def _decryptions_missing(*, holders: Sequence[KeyHolders], done: Done) -> list[str]:
    sentences = []
    alone = [
        member.trustee
        for holder in holders
        if holder.group is None
        for member in holder.members
        if member.trustee.position not in done.decrypted
    ]
    if alone:
        message = ngettext(
            "This trustee has still to decrypt the sum: %(names)s.",
            "All these trustees have still to decrypt the sum: %(names)s.",
            len(alone),
        )
        sentences.append(message % {"names": _names(alone)})
    for holder in holders:
        if holder.group is None:
            continue
        missing = [
            member.trustee
            for member in holder.members
            if member.trustee.position not in done.decrypted
        ]
        needed = holder.group.threshold - (len(holder.members) - len(missing))
        if needed > 0:
            message = ngettext(
                "%(count)s more of these trustees has to decrypt the sum: %(names)s.",
                "%(count)s more of these trustees have to decrypt the sum: %(names)s.",
                needed,
            )
            sentences.append(message % {"count": needed, "names": _names(missing)})
    return sentences


def _names(trustees: Iterable[Trustee]) -> str:
    return ", ".join(trustee.name for trustee in trustees)
