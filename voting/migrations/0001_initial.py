import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import uuid
from django.db import migrations, models

from voting.migrations import _triggers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Election",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.CharField(editable=False, max_length=22, unique=True)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "description",
                    models.TextField(blank=True, max_length=4000, verbose_name="description"),
                ),
                (
                    "consultation_url",
                    models.URLField(blank=True, verbose_name="address of the debate"),
                ),
                ("opens_at", models.DateTimeField(verbose_name="voting opens")),
                ("closes_at", models.DateTimeField(verbose_name="voting closes")),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("SIGNING", "Being signed"),
                            ("SEALED", "Sealed"),
                            ("OPEN", "Open"),
                            ("CLOSED", "Closed"),
                            ("SHUFFLING", "Shuffling"),
                            ("TALLIED", "Tallied"),
                            ("PUBLISHED", "Published"),
                            ("UNCOUNTED", "Ended without a count"),
                        ],
                        default="DRAFT",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "access",
                    models.CharField(
                        choices=[
                            ("credential", "A credential"),
                            ("account-and-credential", "An account and a credential"),
                        ],
                        default="credential",
                        editable=False,
                        max_length=22,
                    ),
                ),
                (
                    "credentials_by",
                    models.CharField(
                        choices=[
                            ("server", "This server, by e-mail"),
                            ("registrar", "A registrar, offline"),
                        ],
                        default="server",
                        editable=False,
                        max_length=9,
                    ),
                ),
                ("is_issuing_credentials", models.BooleanField(default=False, editable=False)),
                (
                    "minimum_ballots",
                    models.PositiveIntegerField(
                        default=10,
                        help_text="With fewer nothing is decrypted (PROTOCOL 2.7).",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="fewest ballots that are counted",
                    ),
                ),
                (
                    "minimum_shuffles",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="By different trustees; one where there is one trustee (PROTOCOL 2.8).",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="fewest shuffles",
                    ),
                ),
                (
                    "profile",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, help_text="1: the record has a companion file."
                    ),
                ),
                ("archived_election", models.BinaryField(null=True)),
                ("archived_trustees", models.BinaryField(null=True)),
                (
                    "fingerprint",
                    models.BinaryField(
                        help_text="SHA-256 of the archived election.", max_length=32, null=True
                    ),
                ),
                ("record_timestamp", models.BigIntegerField(editable=False, null=True)),
                ("booth_sha256", models.CharField(blank=True, editable=False, max_length=64)),
                ("roll_salt", models.BinaryField(max_length=32, null=True)),
                (
                    "roll_entry",
                    models.BinaryField(
                        help_text="The log entry `roll-sealed`.", max_length=32, null=True
                    ),
                ),
                (
                    "credentials_entry",
                    models.BinaryField(
                        help_text="The log entry `credentials-listed`.", max_length=32, null=True
                    ),
                ),
                (
                    "booth_entry",
                    models.BinaryField(
                        help_text="The log entry `booth`.", max_length=32, null=True
                    ),
                ),
                ("result_note", models.TextField(blank=True, editable=False)),
                (
                    "outcome_entry",
                    models.BinaryField(
                        help_text="The log entry `election-outcome`.", max_length=32, null=True
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="elections",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "roll",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="elections",
                        to="accounts.roll",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "election",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="record",
                        serialize=False,
                        to="voting.election",
                    ),
                ),
                ("height", models.PositiveIntegerField(help_text="Height of the next event.")),
                (
                    "head",
                    models.BinaryField(
                        help_text="Hash of the last event.", max_length=32, null=True
                    ),
                ),
                (
                    "length_bytes",
                    models.BigIntegerField(help_text="Length of the whole .bel file."),
                ),
                (
                    "batches",
                    models.PositiveIntegerField(
                        default=0, help_text="How many batches were recorded."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "election",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="verification",
                        serialize=False,
                        to="voting.election",
                    ),
                ),
                (
                    "is_complete",
                    models.BooleanField(help_text="Every step held and the record is complete."),
                ),
                (
                    "steps",
                    models.JSONField(help_text="The steps as `evote verify --json` prints them."),
                ),
                ("record_sha256", models.CharField(max_length=64)),
                ("verified_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CredentialIssue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting to be sent"),
                            ("SENT", "Sent"),
                            ("REFUSED", "Refused by the mail server"),
                        ],
                        default="WAITING",
                        max_length=10,
                    ),
                ),
                (
                    "roll_entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credential_issues",
                        to="accounts.rollentry",
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credential_issues",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("public", models.CharField(max_length=64)),
                ("position", models.PositiveIntegerField(null=True)),
                (
                    "weight",
                    models.PositiveIntegerField(
                        default=1, help_text="How many votes its ballot has."
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credentials",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Challenge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tracker", models.BinaryField(max_length=32)),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="challenges",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BallotAlpha",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "alpha",
                        "election_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("alpha", models.BinaryField(max_length=32)),
                ("is_mingled", models.BooleanField(default=False)),
                (
                    "is_challenged",
                    models.BooleanField(
                        default=False,
                        help_text="Whether a challenge opened it, so that it can never be cast.",
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ballot",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tracker", models.BinaryField(help_text="SHA-256 of `body`.", max_length=32)),
                ("credential", models.CharField(max_length=64)),
                (
                    "prev",
                    models.BinaryField(
                        help_text="Tracker of the ballot this one replaces; 32 zeros for none.",
                        max_length=32,
                    ),
                ),
                ("body", models.BinaryField()),
                (
                    "statement",
                    models.BinaryField(
                        help_text="The cast of the companion file (PROTOCOL 2.2); none in profile 0.",
                        null=True,
                    ),
                ),
                ("batch", models.PositiveIntegerField(null=True)),
                (
                    "height",
                    models.PositiveIntegerField(help_text="Height of its event.", null=True),
                ),
                (
                    "election",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ballots",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(help_text="Place on the ballot, from 0."),
                ),
                ("text", models.CharField(max_length=500)),
                (
                    "answers",
                    models.JSONField(help_text="List of texts, in the order of the ballot."),
                ),
                ("minimum", models.PositiveSmallIntegerField()),
                ("maximum", models.PositiveSmallIntegerField()),
                (
                    "has_blank",
                    models.BooleanField(help_text="Whether a blank vote is a choice of its own."),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("HOMOMORPHIC", "Choose one or several answers"),
                            ("RANKED", "Rank or grade the answers"),
                        ],
                        default="HOMOMORPHIC",
                        max_length=12,
                    ),
                ),
                (
                    "rule",
                    models.JSONField(
                        help_text="The counting rule as the election's context holds it; null for none.",
                        null=True,
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecordEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("height", models.PositiveIntegerField()),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("Setup", "Setup"),
                            ("Ballot", "Ballot"),
                            ("EndBallots", "End Ballots"),
                            ("EncryptedTally", "Encrypted Tally"),
                            ("Shuffle", "Shuffle"),
                            ("EndShuffles", "End Shuffles"),
                            ("PartialDecryption", "Partial Decryption"),
                            ("Result", "Result"),
                        ],
                        max_length=20,
                    ),
                ),
                ("body", models.BinaryField(help_text="The event as in the record.")),
                ("hash", models.BinaryField(help_text="SHA-256 of `body`.", max_length=32)),
                (
                    "payload",
                    models.BinaryField(help_text="Hash of what it adds.", max_length=32, null=True),
                ),
                (
                    "begins_at_byte",
                    models.BigIntegerField(help_text="Where its first object begins in the file."),
                ),
                ("ends_at_byte", models.BigIntegerField()),
                (
                    "owner",
                    models.PositiveSmallIntegerField(
                        help_text="The trustee's slot who shuffled or decrypted.", null=True
                    ),
                ),
                (
                    "companion",
                    models.BinaryField(
                        help_text="Its element of the companion file (PROTOCOL, part 2), if it has one.",
                        null=True,
                    ),
                ),
                (
                    "entry",
                    models.BinaryField(help_text="Identity of its log entry.", max_length=32),
                ),
                (
                    "election",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecordObject",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "name",
                    models.CharField(help_text="What it is, as in PROTOCOL 1.10.", max_length=30),
                ),
                ("body", models.BinaryField()),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objects_added",
                        to="voting.recordevent",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Registration",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person", models.BinaryField(max_length=32)),
                ("credential", models.CharField(max_length=64)),
                ("is_mingled", models.BooleanField(default=False)),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShuffleUpload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "owner",
                    models.PositiveSmallIntegerField(help_text="The slot of its trustee, from 1."),
                ),
                ("payload", models.BinaryField(help_text="SHA-256 of the shuffle.", max_length=32)),
                (
                    "body",
                    models.BinaryField(
                        help_text="The shuffle; empty once it is in the record or not the last."
                    ),
                ),
                (
                    "statement",
                    models.BinaryField(help_text="The slot's signed statement (PROTOCOL 2.8)."),
                ),
                (
                    "parent",
                    models.BinaryField(
                        help_text="Hash of the event that it follows.", max_length=32
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("CHECKING", "Being checked"),
                            ("ACCEPTED", "In the record"),
                            ("REFUSED", "Refused"),
                        ],
                        default="CHECKING",
                        max_length=10,
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        blank=True, default="", help_text="Why refused; stable.", max_length=30
                    ),
                ),
                (
                    "reason",
                    models.TextField(
                        blank=True, default="", help_text="Why refused; names the place."
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shuffle_uploads",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShufflePart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "question",
                    models.PositiveSmallIntegerField(
                        help_text="Counted among the ranked ones, from 0."
                    ),
                ),
                ("first", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField(help_text="The first one that is not in it.")),
                (
                    "products",
                    models.JSONField(help_text="Its share of the proof's products.", null=True),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="voting.shuffleupload",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TallyChunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_height", models.PositiveIntegerField()),
                ("last_height", models.PositiveIntegerField()),
                (
                    "counted",
                    models.PositiveIntegerField(
                        help_text="How many of its ballots count.", null=True
                    ),
                ),
                (
                    "total_weight",
                    models.PositiveBigIntegerField(help_text="Their voters' weights.", null=True),
                ),
                (
                    "encrypted_tally",
                    models.BinaryField(help_text="The sum of those that count.", null=True),
                ),
                (
                    "alphas",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="The α of all its ballots, to find copies by.",
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tally_chunks",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TranscriptSignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "owner",
                    models.PositiveSmallIntegerField(help_text="Slot of the record, from 1."),
                ),
                ("proof", models.JSONField(help_text="The object `proof` of PROTOCOL 1.3.")),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transcript_signatures",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Trustee",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="Owner number in the record, from 1."
                    ),
                ),
                (
                    "member",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        editable=False,
                        help_text="Index in the group, from 1.",
                        null=True,
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                (
                    "invitation",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting to be sent"),
                            ("SENT", "Sent"),
                            ("REFUSED", "Refused by the mail server"),
                        ],
                        default="WAITING",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("public_key", models.CharField(editable=False, max_length=64, null=True)),
                (
                    "encoded",
                    models.BinaryField(
                        help_text="The public key with its proof, as in the record.", null=True
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trustees",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrusteeCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "task",
                    models.CharField(
                        choices=[
                            ("CERTIFICATE", "Begin the ceremony again"),
                            ("COMMIT", "Commit to a polynomial"),
                            ("POLYNOMIAL", "Reveal it and send the shares"),
                            ("SHARE", "Check the shares"),
                            ("SIGN", "Sign the setup"),
                            ("SHUFFLE", "Shuffle the ballots"),
                            ("DECRYPT", "Decrypt the tally"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Attempt of the ceremony."
                    ),
                ),
                (
                    "trustee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="voting.trustee",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrusteeGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="Item of the record's list, from 1."
                    ),
                ),
                ("threshold", models.PositiveSmallIntegerField(verbose_name="how many suffice")),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(
                        default=0,
                        editable=False,
                        help_text="0 until the members are invited to begin.",
                    ),
                ),
                (
                    "encoded",
                    models.BinaryField(
                        help_text="The item as in the record, once the ceremony is over.", null=True
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trustee_groups",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="trustee",
            name="group",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="None: every partial decryption of this trustee is needed.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="members",
                to="voting.trusteegroup",
            ),
        ),
        migrations.CreateModel(
            name="Complaint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField()),
                (
                    "by",
                    models.PositiveSmallIntegerField(
                        help_text="Index of the member who complains."
                    ),
                ),
                (
                    "about",
                    models.PositiveSmallIntegerField(help_text="Index of the member at fault."),
                ),
                (
                    "about_name",
                    models.CharField(help_text="Who that was at the time.", max_length=100),
                ),
                (
                    "body",
                    models.BinaryField(
                        help_text="The evidence: the signed complaint and what it is about, to check offline."
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints",
                        to="voting.trusteegroup",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CeremonyMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField()),
                (
                    "member",
                    models.PositiveSmallIntegerField(help_text="Index in the group, from 1."),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("certificate", "Certificate"),
                            ("commit", "Commitment"),
                            ("polynomial", "Polynomial"),
                            ("share", "Share"),
                        ],
                        max_length=12,
                    ),
                ),
                ("body", models.BinaryField(help_text="The signed message.")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="voting.trusteegroup",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VerificationPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CREDENTIALS", "Credentials"),
                            ("BALLOTS", "Ballots"),
                            ("SHUFFLE", "Shuffle"),
                            ("DECRYPTION", "Decryption"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "height",
                    models.PositiveIntegerField(help_text="Of the shuffle or decryption; else 0."),
                ),
                (
                    "question",
                    models.PositiveSmallIntegerField(
                        help_text="Of a shuffle: which ranked one, from 0."
                    ),
                ),
                (
                    "first",
                    models.PositiveIntegerField(help_text="First index; of ballots, first height."),
                ),
                ("end", models.PositiveIntegerField(help_text="The first one that is not in it.")),
                (
                    "answer",
                    models.JSONField(help_text="What holds, once it is checked.", null=True),
                ),
                (
                    "problem",
                    models.TextField(blank=True, default="", help_text="What does not hold."),
                ),
                (
                    "election",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verification_parts",
                        to="voting.election",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="election",
            constraint=models.CheckConstraint(
                condition=models.Q(("opens_at__lt", models.F("closes_at"))),
                name="voting_election_opens_before_it_closes",
            ),
        ),
        migrations.AddConstraint(
            model_name="election",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("phase", "DRAFT"),
                    models.Q(
                        ("archived_election__isnull", False),
                        ("archived_trustees__isnull", False),
                        ("fingerprint__isnull", False),
                        ("roll__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="voting_election_is_whole_once_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="election",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("phase__in", ["DRAFT", "SIGNING"]),
                    models.Q(
                        ("booth_entry__isnull", False),
                        ("credentials_entry__isnull", False),
                        ("record_timestamp__isnull", False),
                        ("roll_entry__isnull", False),
                        ("roll_salt__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="voting_election_is_whole_once_sealed",
            ),
        ),
        migrations.AddConstraint(
            model_name="election",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("phase__in", ["PUBLISHED", "UNCOUNTED"]), _negated=True),
                    models.Q(
                        models.Q(("result_note", ""), _negated=True),
                        ("outcome_entry__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="voting_election_is_published_with_its_note",
            ),
        ),
        migrations.AddConstraint(
            model_name="election",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum_ballots__gte", 1), ("minimum_shuffles__gte", 1)),
                name="voting_election_has_possible_minimums",
            ),
        ),
        migrations.AddIndex(
            model_name="credentialissue",
            index=models.Index(
                condition=models.Q(("state", "WAITING")),
                fields=["election"],
                name="voting_issue_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="credentialissue",
            constraint=models.UniqueConstraint(
                fields=("election", "roll_entry"), name="voting_credential_is_issued_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="credential",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__gte", 1)), name="voting_credential_has_a_vote"
            ),
        ),
        migrations.AddConstraint(
            model_name="credential",
            constraint=models.UniqueConstraint(
                fields=("public", "election"), name="voting_credential_is_listed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="challenge",
            constraint=models.UniqueConstraint(
                fields=("tracker", "election"), name="voting_ballot_is_challenged_once"
            ),
        ),
        migrations.AddIndex(
            model_name="ballotalpha",
            index=models.Index(
                condition=models.Q(("is_mingled", False)),
                fields=["election"],
                name="voting_alpha_not_mingled",
            ),
        ),
        migrations.AddIndex(
            model_name="ballot",
            index=models.Index(
                condition=models.Q(("height__isnull", True)),
                fields=["election"],
                name="voting_ballot_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.UniqueConstraint(
                fields=("tracker", "election"), name="voting_ballot_is_cast_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.UniqueConstraint(
                fields=("credential", "election", "prev"), name="voting_ballot_chain_never_forks"
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.UniqueConstraint(
                fields=("election", "height"), name="voting_ballot_has_its_own_event"
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("batch__isnull", True), ("height__isnull", True)),
                    models.Q(("batch__isnull", False), ("height__isnull", False)),
                    _connector="OR",
                ),
                name="voting_ballot_is_recorded_in_a_batch",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("election", "position"),
                name="voting_question_has_its_own_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum__lte", models.F("maximum")), ("maximum__gte", 1)),
                name="voting_question_asks_for_a_possible_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "RANKED"), _negated=True),
                    models.Q(("has_blank", False), ("maximum", 1), ("minimum", 0)),
                    _connector="OR",
                ),
                name="voting_ranked_question_asks_for_no_number",
            ),
        ),
        migrations.AddIndex(
            model_name="recordevent",
            index=models.Index(
                fields=["election", "begins_at_byte"], name="voting_event_place_in_file"
            ),
        ),
        migrations.AddConstraint(
            model_name="recordevent",
            constraint=models.UniqueConstraint(
                fields=("election", "height"), name="voting_event_has_its_own_height"
            ),
        ),
        migrations.AddConstraint(
            model_name="recordevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("type__in", ["Ballot", "Shuffle", "PartialDecryption"]), _negated=True
                ),
                fields=("election", "type"),
                name="voting_event_happens_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordevent",
            constraint=models.UniqueConstraint(
                fields=("election", "type", "owner"), name="voting_trustee_contributes_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="recordevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("owner__isnull", False), ("type__in", ["Shuffle", "PartialDecryption"])
                    ),
                    models.Q(
                        models.Q(("type__in", ["Shuffle", "PartialDecryption"]), _negated=True),
                        ("owner__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="voting_event_owner_is_who_contributed",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordobject",
            constraint=models.UniqueConstraint(
                fields=("event", "position"), name="voting_record_object_has_its_own_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="recordobject",
            constraint=models.UniqueConstraint(
                fields=("event", "name"), name="voting_record_object_is_named_once"
            ),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(
                condition=models.Q(("is_mingled", False)),
                fields=["election"],
                name="voting_registration_new",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                fields=("election", "person"), name="voting_registration_of_a_person_is_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                fields=("election", "credential"), name="voting_registration_of_a_credential_is_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="shuffleupload",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "CHECKING")),
                fields=("election", "owner"),
                name="voting_slot_has_one_shuffle_checked",
            ),
        ),
        migrations.AddConstraint(
            model_name="shufflepart",
            constraint=models.UniqueConstraint(
                fields=("upload", "question", "first"), name="voting_shuffle_part_is_made_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="tallychunk",
            constraint=models.UniqueConstraint(
                fields=("election", "first_height"), name="voting_chunk_is_made_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="transcriptsignature",
            constraint=models.UniqueConstraint(
                fields=("election", "owner"), name="voting_slot_signs_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trusteecall",
            constraint=models.UniqueConstraint(
                fields=("trustee", "task", "attempt"), name="voting_trustee_is_called_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trusteegroup",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("election", "position"),
                name="voting_group_has_its_own_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="trusteegroup",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__gte", 1)), name="voting_group_needs_somebody"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustee",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("election", "position"),
                name="voting_trustee_has_its_own_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="trustee",
            constraint=models.UniqueConstraint(
                fields=("election", "email"), name="voting_trustee_address_is_named_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustee",
            constraint=models.UniqueConstraint(
                fields=("election", "name"), name="voting_trustee_name_is_used_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustee",
            constraint=models.UniqueConstraint(
                fields=("election", "public_key"), name="voting_trustee_key_is_used_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("encoded__isnull", True), ("public_key__isnull", True)),
                    models.Q(("encoded__isnull", False), ("public_key__isnull", False)),
                    _connector="OR",
                ),
                name="voting_trustee_key_comes_with_its_proof",
            ),
        ),
        migrations.AddConstraint(
            model_name="trustee",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("group", "member"),
                name="voting_member_has_its_own_index",
            ),
        ),
        migrations.AddConstraint(
            model_name="trustee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("group__isnull", True), ("member__isnull", True)),
                    models.Q(("group__isnull", False), ("member__gte", 1)),
                    _connector="OR",
                ),
                name="voting_member_is_numbered_in_a_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="complaint",
            constraint=models.UniqueConstraint(
                fields=("group", "attempt", "by", "about"), name="voting_complaint_is_made_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ceremonymessage",
            constraint=models.UniqueConstraint(
                fields=("group", "attempt", "member", "step"),
                name="voting_member_takes_each_step_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="verificationpart",
            constraint=models.UniqueConstraint(
                fields=("election", "kind", "height", "question", "first"),
                name="voting_verification_part_is_made_once",
            ),
        ),
        migrations.RunSQL(_triggers.FORWARDS, _triggers.BACKWARDS),
    ]
