import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
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
        migrations.AddIndex(
            model_name="checkpoint",
            index=models.Index(fields=["signed_date", "head"], name="audit_checkpoint_by_day"),
        ),
        migrations.RunSQL(_triggers.INSTALL, _triggers.REMOVE),
    ]
