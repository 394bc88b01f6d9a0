"""Questions about the tokens of the timestamping authority."""

from audit.models import Checkpoint, Timestamp


def timestamp_of(size: int) -> Timestamp | None:
    """Return the token over the checkpoint of this size, or None."""
    return Timestamp.objects.select_related("checkpoint__head").filter(pk=size).first()


def timestamp_covering(index: int) -> Timestamp | None:
    """Return the earliest token over a checkpoint that covers the entry at this index."""
    covering = Timestamp.objects.select_related("checkpoint__head").filter(pk__gt=index)
    return covering.order_by("pk").first()


def unstamped_checkpoints(*, limit: int) -> list[Checkpoint]:
    """Return public checkpoints without a token, the newest first."""
    waiting = Checkpoint.objects.filter(publication__isnull=False, timestamp__isnull=True)
    return list(waiting.order_by("-head_id")[:limit])
