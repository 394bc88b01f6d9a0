import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import uuid
from django.db import migrations, models

from audit.migrations import _triggers


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="TreeHead",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("witness", models.TextField(help_text="The name of the key, as the line has it.")),
                ("key_id", models.BinaryField(max_length=4)),
                (
                    "cosigned_at",
                    models.BigIntegerField(
                        help_text="By the witness's own clock: seconds since 1970, as they are signed."
                    ),
                ),
                (
                    "line",
                    models.TextField(
                        help_text="The signature line with its line feed, as it came."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner", models.CharField(max_length=64)),
                (
                    "form",
                    models.CharField(
                        choices=[("document", "Findable by its hash"), ("commitment", "Private")],
                        max_length=10,
                    ),
                ),
                (
                    "digest",
                    models.BinaryField(
                        help_text="What the entry holds: SHA-256 of the document, or the commitment.",
                        max_length=32,
                    ),
                ),
                (
                    "salt",
                    models.BinaryField(
                        help_text="Of a commitment that was made here; part of the receipt.",
                        max_length=32,
                        null=True,
                    ),
                ),
                ("label", models.CharField(blank=True, max_length=200)),
                ("entry", models.BinaryField(help_text="The entry's identity.", max_length=32)),
                ("promise", models.TextField(help_text="The signed note that was given at once.")),
                ("filed_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "evidence",
            },
        ),
        migrations.CreateModel(
            name="EvidenceCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subscriber", models.CharField(max_length=74)),
                ("day", models.DateField()),
                ("filed", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="EvidenceKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("owner", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=100)),
                (
                    "beginning",
                    models.CharField(
                        help_text="The first characters, so that people can tell their keys apart.",
                        max_length=12,
                    ),
                ),
                (
                    "digest",
                    models.BinaryField(help_text="SHA-256 of the key.", max_length=32, unique=True),
                ),
                ("made_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="EvidenceRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                (
                    "content",
                    models.BinaryField(
                        help_text="SHA-256 of what the request asked for.", max_length=32
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                (
                    "index",
                    models.BigIntegerField(
                        help_text="From 0, without a gap.", primary_key=True, serialize=False
                    ),
                ),
                (
                    "identity",
                    models.BinaryField(
                        help_text="SHA-256 of the entry's bytes.", max_length=32, unique=True
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                (
                    "body",
                    models.BinaryField(
                        help_text="The entry: RFC 8785 canonical JSON, at most 60 kB."
                    ),
                ),
                (
                    "leaf_hash",
                    models.BinaryField(
                        help_text="SHA-256 of a zero byte and the entry.", max_length=32
                    ),
                ),
                (
                    "subject",
                    models.BinaryField(
                        help_text="The hash that people search for: for a ballot, its tracker.",
                        max_length=32,
                        null=True,
                    ),
                ),
                (
                    "about",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="election/<identifier>, consultation/<short name>, or nothing.",
                        max_length=120,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "log entries",
            },
        ),
        migrations.CreateModel(
            name="PendingEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "identity",
                    models.BinaryField(
                        help_text="SHA-256 of the entry's bytes.", max_length=32, unique=True
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("body", models.BinaryField(help_text="The entry: RFC 8785 canonical JSON.")),
                ("subject", models.BinaryField(max_length=32, null=True)),
                ("about", models.CharField(blank=True, db_default="", max_length=120)),
            ],
            options={
                "verbose_name_plural": "pending entries",
            },
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hashes", models.BinaryField(max_length=8192)),
                ("root", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="TimestampAuthority",
            fields=[
                ("address", models.CharField(max_length=500, primary_key=True, serialize=False)),
                (
                    "failures",
                    models.PositiveIntegerField(default=0, help_text="One after the other."),
                ),
                ("rests_until", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name_plural": "timestamp authorities",
            },
        ),
        migrations.CreateModel(
            name="WitnessHealth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "url",
                    models.TextField(
                        help_text="The witness's address, as in the policy.", unique=True
                    ),
                ),
                (
                    "recorded_size",
                    models.BigIntegerField(
                        default=0, help_text="The size that it cosigned last, as far as we know."
                    ),
                ),
                (
                    "claimed_size",
                    models.BigIntegerField(
                        help_text="The size that it claims to have seen, if larger than the log.",
                        null=True,
                    ),
                ),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("SILENT", "No answer in time"),
                            ("GARBLED", "An answer that is none of the protocol"),
                            ("UNKNOWN_LOG", "It does not watch this log, or not with this key"),
                            ("REFUSED", "It says that the log does not continue what it saw"),
                            ("AHEAD", "It says that it saw a longer log than there is"),
                            ("WRONG_LINE", "Its cosignature does not verify"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "detail",
                    models.CharField(blank=True, help_text="For operators.", max_length=300),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(default=0, help_text="In a row, up to now."),
                ),
                ("asked_at", models.DateTimeField(null=True)),
                (
                    "cosigned_at",
                    models.DateTimeField(
                        help_text="When its last good answer came, by our own clock.", null=True
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "witnesses' health",
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "head",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="checkpoint",
                        serialize=False,
                        to="audit.treehead",
                    ),
                ),
                (
                    "note",
                    models.BinaryField(help_text="The signed note, byte for byte as published."),
                ),
                ("signed_date", models.DateField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="treehead",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__gt", 0)), name="audit_head_is_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="treehead",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("root"), 32
                ),
                name="audit_head_has_a_root",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidencecount",
            constraint=models.UniqueConstraint(
                fields=("subscriber", "day"), name="audit_evidence_count_once"
            ),
        ),
        migrations.AddIndex(
            model_name="evidencekey",
            index=models.Index(fields=["owner"], name="audit_evidence_key_by_owner"),
        ),
        migrations.AddField(
            model_name="evidence",
            name="key",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="filed",
                to="audit.evidencekey",
            ),
        ),
        migrations.AddField(
            model_name="evidencerequest",
            name="evidence",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="requests",
                to="audit.evidence",
            ),
        ),
        migrations.AddField(
            model_name="evidencerequest",
            name="key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="requests",
                to="audit.evidencekey",
            ),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(fields=["kind", "index"], name="audit_entry_by_kind"),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(
                condition=models.Q(("subject__isnull", False)),
                fields=["subject"],
                name="audit_entry_by_subject",
            ),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(fields=["about", "index"], name="audit_entry_by_about"),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(fields=["about", "kind", "index"], name="audit_entry_by_about_kind"),
        ),
        migrations.AddConstraint(
            model_name="logentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("index__gte", 0)), name="audit_entry_index_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="logentry",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("identity"), 32
                ),
                name="audit_entry_identity_is_a_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="logentry",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("leaf_hash"), 32
                ),
                name="audit_entry_leaf_hash_is_a_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="pendingentry",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("identity"), 32
                ),
                name="audit_pending_identity_is_a_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="tile",
            constraint=models.UniqueConstraint(fields=("level", "index"), name="audit_tile_once"),
        ),
        migrations.AddConstraint(
            model_name="tile",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("hashes"), 8192
                ),
                name="audit_tile_is_full",
            ),
        ),
        migrations.AddConstraint(
            model_name="tile",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("root"), 32
                ),
                name="audit_tile_has_a_root",
            ),
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                (
                    "checkpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="publication",
                        serialize=False,
                        to="audit.checkpoint",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Timestamp",
            fields=[
                (
                    "checkpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="timestamp",
                        serialize=False,
                        to="audit.checkpoint",
                    ),
                ),
                (
                    "token",
                    models.BinaryField(
                        help_text="The answer in DER, as `openssl ts -verify` reads it."
                    ),
                ),
                (
                    "stamped_at",
                    models.DateTimeField(help_text="The moment that the authority vouches for."),
                ),
            ],
        ),
        migrations.AddField(
            model_name="cosignature",
            name="checkpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cosignatures",
                to="audit.checkpoint",
            ),
        ),
        migrations.AddIndex(
            model_name="checkpoint",
            index=models.Index(fields=["signed_date", "head"], name="audit_checkpoint_by_day"),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["owner", "-filed_at"], name="audit_evidence_by_owner"),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.UniqueConstraint(
                fields=("owner", "form", "digest"), name="audit_evidence_once_for_its_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("digest"), 32
                ),
                name="audit_evidence_digest_is_a_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("salt", None), ("form", "commitment"), _connector="OR"),
                name="audit_evidence_salt_is_of_a_commitment",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("salt"), 32
                ),
                name="audit_evidence_salt_has_its_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidencerequest",
            constraint=models.UniqueConstraint(
                fields=("key", "name"), name="audit_evidence_request_once"
            ),
        ),
        migrations.AddIndex(
            model_name="cosignature",
            index=models.Index(
                fields=["witness", "key_id", "checkpoint"], name="audit_cosignature_by_witness"
            ),
        ),
        migrations.AddConstraint(
            model_name="cosignature",
            constraint=models.UniqueConstraint(
                fields=("checkpoint", "witness", "key_id", "cosigned_at"),
                name="audit_cosignature_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="cosignature",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Length("key_id"), 4
                ),
                name="audit_cosignature_has_a_key_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="cosignature",
            constraint=models.CheckConstraint(
                condition=models.Q(("cosigned_at__gte", 0)), name="audit_cosignature_has_a_time"
            ),
        ),
        migrations.RunSQL(_triggers.INSTALL, _triggers.REMOVE),
    ]
