"""The log's public files: tiles, entry bundles, the checkpoint. Any web server may hand them out.

A file is written under another name, made durable, and renamed: whoever reads sees all of it
or nothing. Tiles and bundles go first, then the checkpoint that needs them, never the other way.
"""

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from audit.models import Checkpoint
from audit.selectors.key import signing_key
from audit.selectors.tree import stored_bundle, stored_tile
from evote.tlog.checkpoint import Checkpoint as CheckpointText
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.tiles import (
    TILE_WIDTH,
    BundleAddress,
    TileAddress,
    bundle_addresses,
    tile_addresses,
)

Address = TileAddress | BundleAddress


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
    return verify_checkpoint(data, key=signing_key().verifier)


def publish_tiles(*, old_size: int, new_size: int) -> None:
    """Write every tile and bundle that the log of `new_size` entries needs.

    `old_size` is that of the checkpoint published last; 0 writes all of them anew. Doing it
    twice writes the same files.
    """
    addresses = list(_new_addresses(old_size=old_size, new_size=new_size))
    if old_size == 0:
        addresses += _older_partial_addresses(size=new_size)
    for address in addresses:
        content = _stored(address)
        assert content is not None, f"the database does not hold {address.path}"
        write_durably(log_folder() / address.path, content)


def publish_checkpoint(note: bytes) -> None:
    """Replace the published checkpoint."""
    write_durably(log_folder() / "checkpoint", note)


def remove_superseded(*, old_size: int, new_size: int) -> None:
    """Remove the partial tiles and bundles whose full ones are published now."""
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


def _older_partial_addresses(*, size: int) -> Iterable[Address]:
    """Name the partial tiles that older checkpoints need and that no full tile replaces."""
    edge = size - size % TILE_WIDTH
    addresses: set[Address] = set()
    for older in Checkpoint.objects.filter(head_id__lt=size).values_list("head_id", flat=True):
        for address in tile_addresses(old_size=0, new_size=older):
            complete = size // TILE_WIDTH ** (address.level + 1)
            if address.width < TILE_WIDTH and address.index >= complete:
                addresses.add(address)
        if older > edge:
            addresses.add(BundleAddress(index=older // TILE_WIDTH, width=older % TILE_WIDTH))
    return addresses
