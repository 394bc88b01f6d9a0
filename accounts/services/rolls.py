"""Make, seal and discard rolls."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import Organisation, Roll, RollEntry, RollUpload
from accounts.services.roll_files import (
    Person,
    RollCheck,
    RollRefused,
    check_roll,
    read_roll,
)

__all__ = [
    "RollCheck",
    "RollRefused",
    "RollUnchangeable",
    "check_roll",
    "confirm_upload",
    "discard_old_uploads",
    "discard_roll",
    "discard_upload",
    "import_roll",
    "keep_upload",
    "seal_roll",
]

UPLOAD_KEPT = timedelta(hours=1)
COPY_ENTRIES = "COPY accounts_rollentry (roll_id, email, name, weight) FROM STDIN"


class RollUnchangeable(Exception):
    """The roll was not sealed or discarded. The message is fit for the administrator."""


@transaction.atomic
def import_roll(*, organisation: Organisation, name: str, data: bytes, now: datetime) -> Roll:
    """Make a roll of a CSV file, with all its people or not at all.

    Raises:
        RollRefused: some line is wrong. Its `check` names them.

    """
    roll = Roll.objects.create(organisation=organisation, name=name, imported_at=now)
    is_clean = True
    with connection.cursor() as cursor, cursor.copy(COPY_ENTRIES) as copy:
        for line in read_roll(data):
            if not isinstance(line, Person):
                is_clean = False
                break
            copy.write_row((roll.pk, line.email, line.name, line.weight))
    if not is_clean:
        # Leaving by an error takes back what was copied so far.
        raise RollRefused(check_roll(data))
    return roll


@transaction.atomic
def seal_roll(*, roll: Roll, now: datetime) -> None:
    """Close a roll for good: from here on PostgreSQL refuses to change it.

    Raises:
        RollUnchangeable: it is sealed already, or names nobody.

    """
    locked = Roll.objects.select_for_update().get(pk=roll.pk)
    if locked.is_sealed:
        msg = _("This roll is sealed already.")
        raise RollUnchangeable(msg)
    if not RollEntry.objects.filter(roll=locked).exists():
        msg = _("This roll names nobody.")
        raise RollUnchangeable(msg)
    locked.sealed_at = now
    locked.save(update_fields=["sealed_at"])
    roll.sealed_at = now


@transaction.atomic
def discard_roll(*, roll: Roll) -> None:
    """Delete a roll that was uploaded by mistake, with all its people.

    Raises:
        RollUnchangeable: it is sealed, or an election uses it.

    """
    locked = Roll.objects.select_for_update().get(pk=roll.pk)
    if locked.is_sealed:
        msg = _("This roll is sealed: it stays.")
        raise RollUnchangeable(msg)
    try:
        with transaction.atomic():
            RollEntry.objects.filter(roll=locked).delete()
            locked.delete()
    except ProtectedError as error:
        msg = _("An election uses this roll.")
        raise RollUnchangeable(msg) from error


@transaction.atomic
def keep_upload(*, organisation: Organisation, name: str, data: bytes, now: datetime) -> RollUpload:
    """Keep a file until its administrator has looked at what would become of it."""
    return RollUpload.objects.create(
        organisation=organisation, name=name, data=data, uploaded_at=now
    )


@transaction.atomic
def confirm_upload(*, upload: RollUpload, now: datetime) -> Roll:
    """Make a roll of a kept file.

    Raises:
        RollRefused: some line is wrong. Nothing changes; the file is kept.
        RollUpload.DoesNotExist: it was confirmed or discarded meanwhile.

    """
    locked = RollUpload.objects.select_for_update().get(pk=upload.pk)
    roll = import_roll(
        organisation=locked.organisation, name=locked.name, data=bytes(locked.data), now=now
    )
    locked.delete()
    return roll


@transaction.atomic
def discard_upload(*, upload: RollUpload) -> None:
    """Forget a kept file."""
    RollUpload.objects.filter(pk=upload.pk).delete()


@transaction.atomic
def discard_old_uploads(*, now: datetime) -> int:
    """Forget the files that nobody confirmed within the hour; return how many."""
    deleted, _rows = RollUpload.objects.filter(uploaded_at__lt=now - UPLOAD_KEPT).delete()
    return deleted
