"""The lock that every step of an election begins with, and the refusal of a wrong phase."""

from django.utils.translation import gettext as _

from voting.models.election import Election


class Refused(Exception):
    """A step that was not taken. The message is a sentence fit to show to whoever asked."""


class WrongPhase(Refused):
    """The election is not in the phase that this step belongs to."""


def lock_election(*, election: Election, phase: Election.Phase) -> Election:
    """Lock the row until the end of the transaction and return it as it stands now.

    The lock keeps out casts, which share the row, and other steps. It lets pass whoever only
    points at the row: else recording, which holds the record's row, would wait for a closing
    that waits for the record's row.

    Raises:
        WrongPhase: the election is not in `phase`.
    """
    locked = Election.objects.select_for_update(no_key=True).get(pk=election.pk)
    if locked.phase != phase:
        message = _("This can be done while the election is “%(needed)s”. It is “%(actual)s” now.")
        raise WrongPhase(message % {"needed": phase.label, "actual": locked.get_phase_display()})
    return locked


def move_down(*, election: Election, phase: Election.Phase) -> None:
    """Write the next phase of a locked election."""
    election.phase = phase
    election.save(update_fields=["phase"])
