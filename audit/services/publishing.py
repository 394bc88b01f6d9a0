"""The log's public files: tiles, entry bundles, the checkpoint. Any web server may hand them out.

A file is written under another name, made durable, and renamed: whoever reads sees all of it
or nothing. Tiles and bundles go first, then the checkpoint that needs them, never the other way.
"""

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from audit.models import Checkpoint, Publication
from audit.selectors.key import own_keys
from audit.selectors.tree import stored_bundle, stored_tile
from evote.tlog.checkpoint import Checkpoint as CheckpointText
from evote.tlog.checkpoint import check_origin
from evote.tlog.note import decode_note, verify_note
from evote.tlog.tiles import (
    TILE_WIDTH,
    BundleAddress,
    TileAddress,
    bundle_addresses,
    tile_addresses,
)

Address = TileAddress | BundleAddress
# Any number will do, as long as nothing else in this database locks the same one.
PUBLISHER_LOCK = 0x706E7978_707562


def log_folder() -> Path:
    """Return the folder of the log's public files."""
    return Path(settings.DATA_DIR) / "log"


def published_checkpoint() -> CheckpointText | None:
    """Return what the published file says: the mark outside the database. None: no file.

    Raises:
        evote.errors.EvoteError: the file is there, and not ours.
    """
    try:
        data = (log_folder() / "checkpoint").read_bytes()
    except FileNotFoundError:
        return None
    keys = own_keys()
    verify_note(data, keys=keys)
    return check_origin(decode_note(data), key=keys[0])


def is_published(checkpoint: Checkpoint, *, file: CheckpointText | None) -> bool:
    """Say whether both the database and the published file say that a checkpoint is public."""
    return (
        file is not None
        and file.size == checkpoint.head_id
        and Publication.objects.filter(checkpoint=checkpoint).exists()
    )


def publish(*, checkpoint: Checkpoint, note: bytes) -> None:
    """Make a checkpoint the public one. `note` is what it says, with the witnesses' lines.

    Tiles and bundles are there already. The database is told first: a receipt may rest on the
    checkpoint from then on, and the next run replaces the file if this one dies before. A
    checkpoint never takes the place of a longer one, nor of another one of the same size.
    """
    with _only_publisher():
        published = published_checkpoint()
        size, root = checkpoint.head_id, bytes(checkpoint.head.root)
        if published is not None and published.size >= size and published.root != root:
            return
        Publication.objects.bulk_create([Publication(checkpoint=checkpoint)], ignore_conflicts=True)
        publish_checkpoint(note)
        old_size = published.size if published is not None else 0
        remove_superseded(old_size=old_size, new_size=size)


def complete_size(checkpoint: Checkpoint | None) -> int:
    """Return up to which size all tiles and bundles are on the disk.

    That of the newest checkpoint, which is kept only after them; 0 when there is none, or when
    the files of its last entry are gone: then the folder was lost.
    """
    if checkpoint is None:
        return 0
    size = checkpoint.head_id
    edge = _new_addresses(old_size=size - 1, new_size=size)
    return size if all((log_folder() / address.path).is_file() for address in edge) else 0


def publish_tiles(*, old_size: int, new_size: int) -> None:
    """Write every tile and bundle that the log of `new_size` entries needs.

    `old_size` is the size up to which they are there; 0 writes all of them anew. Doing it
    twice writes the same files.
    """
    addresses = list(_new_addresses(old_size=old_size, new_size=new_size))
    if old_size == 0:
        addresses += _older_partial_addresses(before=new_size)
    for address in addresses:
        content = _stored(address)
        assert content is not None, f"the database does not hold {address.path}"
        write_durably(log_folder() / address.path, content)


def publish_checkpoint(note: bytes) -> None:
    """Replace the published file."""
    write_durably(log_folder() / "checkpoint", note)


def remove_superseded(*, old_size: int, new_size: int) -> None:
    """Remove the partial tiles and bundles whose full ones a published checkpoint covers now.

    Both are sizes of published checkpoints. What a longer one that still waits for its witnesses
    has filled stays beside its partial tiles: nobody knows yet that there are full ones.
    """
    for address in _new_addresses(old_size=old_size, new_size=new_size):
        if address.width == TILE_WIDTH:
            shutil.rmtree(log_folder() / f"{address.path}.p", ignore_errors=True)


def write_durably(path: Path, content: bytes) -> None:
    """Put a file in its place, whole and on the disk, or leave what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _stored(address: Address) -> bytes | None:
    if isinstance(address, BundleAddress):
        return stored_bundle(address)
    return stored_tile(address)


def _new_addresses(*, old_size: int, new_size: int) -> Iterator[Address]:
    yield from bundle_addresses(old_size=old_size, new_size=new_size)
    yield from tile_addresses(old_size=old_size, new_size=new_size)


def _older_partial_addresses(*, before: int) -> Iterable[Address]:
    """Name the partial tiles that older checkpoints need and that no full tile replaces.

    A full tile replaces partial ones once a published checkpoint covers it.
    """
    newest = Publication.objects.order_by("-checkpoint_id").first()
    size = newest.checkpoint_id if newest is not None else 0
    addresses: set[Address] = set()
    for older in Checkpoint.objects.filter(head_id__lt=before).values_list("head_id", flat=True):
        for address in tile_addresses(old_size=0, new_size=older):
            complete = size // TILE_WIDTH ** (address.level + 1)
            if address.width < TILE_WIDTH and address.index >= complete:
                addresses.add(address)
        index, width = divmod(older, TILE_WIDTH)
        if width and index >= size // TILE_WIDTH:
            addresses.add(BundleAddress(index=index, width=width))
    return addresses


@contextmanager
def _only_publisher() -> Iterator[None]:
    """Wait for PostgreSQL's advisory lock: sequencer and cosigner replace the same file."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [PUBLISHER_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [PUBLISHER_LOCK])
