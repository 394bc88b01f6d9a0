"""The Merkle tree over the entries: its full tiles and its heads."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

HASH_SIZE_BYTES = 32
TILE_SIZE_BYTES = 256 * HASH_SIZE_BYTES


class Tile(models.Model):
    """256 neighbouring hashes of one level of the tree, once all of them stand.

    A level is eight levels of the binary tree: hash j of tile N at level L is the root of
    the 256^L entries from (256·N + j)·256^L on. The right edge, which still grows, is
    not stored: it follows from the roots of the tiles one level below.
    """

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField(max_length=TILE_SIZE_BYTES)
    root = models.BinaryField(max_length=HASH_SIZE_BYTES)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "index"], name="audit_tile_once"),
            models.CheckConstraint(
                condition=Exact(Length("hashes"), TILE_SIZE_BYTES), name="audit_tile_is_full"
            ),
            models.CheckConstraint(
                condition=Exact(Length("root"), HASH_SIZE_BYTES), name="audit_tile_has_a_root"
            ),
        ]

    def __str__(self) -> str:
        return f"level {self.level}, tile {self.index}"


class TreeHead(models.Model):
    """A size of the log and its root, not yet signed. The newest is the state of the log."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=HASH_SIZE_BYTES)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="audit_head_is_of_something"),
            models.CheckConstraint(
                condition=Exact(Length("root"), HASH_SIZE_BYTES), name="audit_head_has_a_root"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.size} entries"
