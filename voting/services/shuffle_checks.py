"""Checking the shuffles that trustees handed in, in parts that any number of workers share.

Each part is a transaction of its own, and what it gives depends on the shuffle and the record
alone: killed at any point and begun again, the verdict is the same.
"""

from collections.abc import Callable

from django.db import transaction

from evote.errors import DecodeError, InvalidProof
from evote.shuffle import PartProducts
from evote.tally.shuffle_parts import (
    OpenShuffle,
    PartRange,
    check_shuffle_part,
    close_shuffle,
    open_shuffle,
)
from voting.models import Election, Record, ShufflePart, ShuffleUpload
from voting.selectors.tally import description_of, present_lists
from voting.services.shuffling import add_shuffle


def check_shuffles(*, election: Election, may_go_on: Callable[[], bool] = lambda: True) -> None:
    """Check the election's waiting shuffles, and put those that hold into the record.

    When others still hold parts, or `may_go_on` says that other work waits, this returns, and
    whoever comes next finishes. A shuffle that does not hold is refused and says why; so is one
    that another trustee's was faster than.
    """
    waiting = ShuffleUpload.objects.filter(election=election, state=ShuffleUpload.State.CHECKING)
    for upload in waiting.order_by("pk"):
        shuffle = _open(upload)
        if shuffle is None:
            _refuse(upload, code="stale_parent", reason="")
            continue
        try:
            while may_go_on() and check_next_part(upload=upload, shuffle=shuffle):
                pass
            _finish(upload=upload, shuffle=shuffle)
        except DecodeError as error:
            _refuse(upload, code=error.code, reason=str(error))
        except InvalidProof as error:
            _refuse(upload, code="bad_proof", reason=str(error))


def check_next_part(*, upload: ShuffleUpload, shuffle: OpenShuffle) -> bool:
    """Take a part that nobody works on and check it; say whether there was one.

    Raises:
        DecodeError: an element is outside the group or the identity.
        InvalidProof: the proof does not hold.
    """
    with transaction.atomic():
        part = (
            ShufflePart.objects.select_for_update(skip_locked=True)
            .filter(upload=upload, products__isnull=True)
            .order_by("question", "first")
            .first()
        )
        if part is None:
            return False
        products = check_shuffle_part(
            shuffle, part=PartRange(question=part.question, first=part.first, end=part.end)
        )
        part.products = products.to_json()
        part.save(update_fields=["products"])
    return True


def _open(upload: ShuffleUpload) -> OpenShuffle | None:
    """Read a shuffle that still follows the end of the record; None where it does not."""
    election = Election.objects.get(pk=upload.election_id)
    head = Record.objects.values_list("head", flat=True).get(election=election)
    if election.phase != Election.Phase.SHUFFLING or bytes(head or b"") != bytes(upload.parent):
        return None
    description = description_of(election=election)
    source = present_lists(election=election, description=description)
    assert source is not None, "an election that is shuffled has its tally"
    return open_shuffle(bytes(upload.body), election=description, source=source)


def _finish(*, upload: ShuffleUpload, shuffle: OpenShuffle) -> None:
    """Join the parts when all are there, and write the shuffle into the record.

    Raises:
        InvalidProof: the proof does not hold.
    """
    with transaction.atomic():
        locked = (
            ShuffleUpload.objects.select_for_update(skip_locked=True)
            .filter(pk=upload.pk, state=ShuffleUpload.State.CHECKING)
            .first()
        )
        parts = ShufflePart.objects.filter(upload=upload)
        if locked is None or parts.filter(products__isnull=True).exists():
            return
        close_shuffle(shuffle, parts=_products(upload=locked, shuffle=shuffle))
        election = Election.objects.select_for_update(no_key=True).get(pk=locked.election_id)
        record = Record.objects.select_for_update().get(election=election)
        is_next = bytes(record.head or b"") == bytes(locked.parent)
        if election.phase != Election.Phase.SHUFFLING or not is_next:
            _refuse(locked, code="stale_parent", reason="")
            return
        add_shuffle(election=election, record=record, upload=locked)
        locked.state = ShuffleUpload.State.ACCEPTED
        locked.body = b""  # the record has it now
        locked.save(update_fields=["state", "body"])
        parts.delete()


def _products(*, upload: ShuffleUpload, shuffle: OpenShuffle) -> list[list[PartProducts]]:
    """Read the parts of each question, in their order."""
    products: list[list[PartProducts]] = [[] for _ in shuffle.lists]
    rows = ShufflePart.objects.filter(upload=upload).order_by("question", "first")
    for question, value in rows.values_list("question", "products"):
        group = shuffle.lists[question].group
        products[question].append(PartProducts.from_json(value, group=group))
    return products


def _refuse(upload: ShuffleUpload, *, code: str, reason: str) -> None:
    """Write why a shuffle does not get into the record, unless its check is over."""
    ShuffleUpload.objects.filter(pk=upload.pk, state=ShuffleUpload.State.CHECKING).update(
        state=ShuffleUpload.State.REFUSED, code=code, reason=reason
    )
