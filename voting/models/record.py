"""The election record: the rows that are the authority for the public `.bel` file."""

from django.db import models
from django.db.models import Q


class Record(models.Model):
    """The end of one election's record: the one row to lock before appending."""

    election = models.OneToOneField(
        "voting.Election", on_delete=models.PROTECT, primary_key=True, related_name="record"
    )
    height = models.PositiveIntegerField(help_text="Height of the next event.")
    head = models.BinaryField(max_length=32, null=True, help_text="Hash of the last event.")
    length_bytes = models.BigIntegerField(help_text="Length of the whole .bel file.")
    batches = models.PositiveIntegerField(default=0, help_text="How many batches were recorded.")

    def __str__(self) -> str:
        return f"{self.election_id}: {self.height} events, {self.length_bytes} bytes"


class RecordEvent(models.Model):
    """One event of an election record (PROTOCOL 1.10), with its place in the file."""

    class Type(models.TextChoices):
        """The events, named as in the record."""

        SETUP = "Setup"
        BALLOT = "Ballot"
        END_BALLOTS = "EndBallots"
        ENCRYPTED_TALLY = "EncryptedTally"
        SHUFFLE = "Shuffle"
        END_SHUFFLES = "EndShuffles"
        PARTIAL_DECRYPTION = "PartialDecryption"
        RESULT = "Result"

    election = models.ForeignKey(
        "voting.Election", on_delete=models.PROTECT, related_name="events", db_index=False
    )
    height = models.PositiveIntegerField()
    type = models.CharField(max_length=20, choices=Type.choices)
    body = models.BinaryField(help_text="The event as in the record.")
    hash = models.BinaryField(max_length=32, help_text="SHA-256 of `body`.")
    payload = models.BinaryField(max_length=32, null=True, help_text="Hash of what it adds.")
    begins_at_byte = models.BigIntegerField(help_text="Where its first object begins in the file.")
    ends_at_byte = models.BigIntegerField()
    owner = models.PositiveSmallIntegerField(
        null=True, help_text="The trustee's slot who shuffled or decrypted."
    )
    companion = models.BinaryField(
        null=True, help_text="Its element of the companion file (PROTOCOL, part 2), if it has one."
    )
    entry = models.BinaryField(max_length=32, help_text="Identity of its log entry.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "height"], name="voting_event_has_its_own_height"
            ),
            models.UniqueConstraint(
                fields=["election", "type"],
                condition=~Q(type__in=["Ballot", "Shuffle", "PartialDecryption"]),
                name="voting_event_happens_once",
            ),
            models.UniqueConstraint(
                fields=["election", "type", "owner"], name="voting_trustee_contributes_once"
            ),
            models.CheckConstraint(
                condition=Q(type__in=["Shuffle", "PartialDecryption"], owner__isnull=False)
                | (~Q(type__in=["Shuffle", "PartialDecryption"]) & Q(owner__isnull=True)),
                name="voting_event_owner_is_who_contributed",
            ),
        ]
        indexes = [
            models.Index(fields=["election", "begins_at_byte"], name="voting_event_place_in_file"),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}: {self.height} {self.type}"


class RecordObject(models.Model):
    """One object that an event adds to the record, exactly as archived.

    A Ballot event's only object is the ballot's own row: it is not stored twice.
    """

    event = models.ForeignKey(
        "voting.RecordEvent",
        on_delete=models.PROTECT,
        related_name="objects_added",
        db_index=False,
    )
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=30, help_text="What it is, as in PROTOCOL 1.10.")
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "position"], name="voting_record_object_has_its_own_place"
            ),
            models.UniqueConstraint(
                fields=["event", "name"], name="voting_record_object_is_named_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.name}"
