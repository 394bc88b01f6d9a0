"""The signed heads of the log, and which of them are public."""

from audit.models import Checkpoint, Publication


def signed_checkpoint() -> Checkpoint | None:
    """Return the newest checkpoint that the log signed; None while the log is empty.

    Where witnesses are asked, it may not be public yet.
    """
    return Checkpoint.objects.select_related("head").order_by("-head_id").first()


def checkpoint_of(size: int) -> Checkpoint | None:
    """Return the checkpoint of this size, public or not, or None: none was signed."""
    return Checkpoint.objects.select_related("head").filter(head_id=size).first()


def latest_checkpoint() -> Checkpoint | None:
    """Return the newest public checkpoint: the one that receipts rest on. None: there is none."""
    newest = (
        Publication.objects.select_related("checkpoint__head").order_by("-checkpoint_id").first()
    )
    return newest.checkpoint if newest is not None else None
