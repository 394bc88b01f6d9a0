"""The signed heads of the log, and which of them are public.

Those that a closed log signed, on which this one follows, stay in the table and are none of its
own: nothing new rests on them.
"""

from django.db.models import BigIntegerField, Subquery, Value
from django.db.models.functions import Coalesce

from audit.models import Checkpoint, LogEntry, Publication
from evote.tlog import succession


def signed_checkpoint() -> Checkpoint | None:
    """Return the newest checkpoint that the log signed; None while the log is empty.

    Where witnesses are asked, it may not be public yet.
    """
    own = Checkpoint.objects.filter(head_id__gt=_last_succession())
    return own.select_related("head").order_by("-head_id").first()


def checkpoint_of(size: int) -> Checkpoint | None:
    """Return the checkpoint of this size, public or not, or None: none was signed."""
    return Checkpoint.objects.select_related("head").filter(head_id=size).first()


def latest_checkpoint() -> Checkpoint | None:
    """Return the newest public checkpoint: the one that receipts rest on. None: there is none."""
    own = Publication.objects.filter(checkpoint_id__gt=_last_succession())
    newest = own.select_related("checkpoint__head").order_by("-checkpoint_id").first()
    return newest.checkpoint if newest is not None else None


def _last_succession() -> Coalesce:
    """Give the index of the entry with which this log began to follow on a closed one; else -1.

    Asked by the database within the same query.
    """
    indexes = LogEntry.objects.filter(kind=succession.KIND).order_by("-index").values("index")
    return Coalesce(Subquery(indexes[:1]), Value(-1), output_field=BigIntegerField())
