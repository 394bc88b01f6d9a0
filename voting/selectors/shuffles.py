"""The shuffles that trustees have handed in, and how far their check is."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from voting.models import Election, ShuffleUpload, Trustee

# Each stable code with the sentence that people read.
SENTENCES: Mapping[str, object] = {
    "bad_proof": _("The shuffle of trustee %(owner)s (%(name)s) was refused: %(reason)s."),
    "already_shuffled": _("Trustee %(owner)s (%(name)s) has handed in a shuffle before."),
    "being_checked": _(
        "Another shuffle of trustee %(owner)s (%(name)s) is being checked. Wait until that is done."
    ),
    "stale_parent": _(
        "Somebody else shuffled before this shuffle of trustee %(owner)s (%(name)s) came in."
        " Shuffle once more."
    ),
}
_UNREADABLE = _("This is no shuffle of trustee %(owner)s (%(name)s): %(reason)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffleState:
    """What became of a shuffle. `code` and `detail` say why it was refused, if it was."""

    owner: int
    state: str
    parts_checked: int
    parts: int
    code: str
    detail: str

    @property
    def is_being_checked(self) -> bool:
        """Say whether the check is still running."""
        return self.state == ShuffleUpload.State.CHECKING

    @property
    def is_refused(self) -> bool:
        """Say whether it did not get into the record."""
        return self.state == ShuffleUpload.State.REFUSED


def shuffle_states(*, election: Election) -> dict[int, ShuffleState]:
    """Return what became of each trustee's latest shuffle, by owner."""
    names = dict(Trustee.objects.filter(election=election).values_list("position", "name"))
    uploads = (
        ShuffleUpload.objects.filter(election=election)
        .annotate(
            part_count=Count("parts"),
            checked_count=Count("parts", filter=Q(parts__products__isnull=False)),
        )
        .order_by("pk")
        .values_list("owner", "state", "checked_count", "part_count", "code", "reason")
    )
    return {
        owner: ShuffleState(
            owner=owner,
            state=state,
            parts_checked=checked,
            parts=parts,
            code=code,
            detail=refusal_sentence(
                code=code, owner=owner, name=names.get(owner, ""), reason=reason
            )
            if code
            else "",
        )
        for owner, state, checked, parts, code, reason in uploads
    }


def refusal_sentence(*, code: str, owner: int, name: str, reason: str) -> str:
    """Return the sentence for people; every code that is not named says what cannot be read."""
    sentence = SENTENCES.get(code, _UNREADABLE)
    return str(sentence) % {"owner": owner, "name": name, "reason": reason}
