"""Triggers that hold even against a session in replica mode. A seat belt, not the guarantee.

The guarantee is that anybody can check the record and the log; these keep a slip of the
hand, or of a future release, from changing what was accepted (SECURITY 5.3).
"""

DENY = """
CREATE FUNCTION voting_deny() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is not possible: these rows are only ever added', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""

# Everything but the named columns must stay as it is.
ONLY_COLUMNS_MAY_CHANGE = """
CREATE FUNCTION voting_only_columns_may_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV THEN
        RAISE EXCEPTION 'only % of % may change', TG_ARGV, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""

BALLOT = """
CREATE FUNCTION voting_ballot_is_recorded_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.height IS NOT NULL
        OR (NEW.id, NEW.election_id, NEW.tracker, NEW.credential, NEW.prev, NEW.body,
            NEW.statement)
           IS DISTINCT FROM
           (OLD.id, OLD.election_id, OLD.tracker, OLD.credential, OLD.prev, OLD.body,
            OLD.statement) THEN
        RAISE EXCEPTION 'a ballot never changes; it is recorded once'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# While the trustees sign, the description stands and nothing is in the log: from there, and only
# from there, an election can go back to a draft, and its record is still to be begun.
ELECTION = """
CREATE FUNCTION voting_election_moves_down() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ways CONSTANT text[] := ARRAY[
        'DRAFT SIGNING', 'SIGNING DRAFT', 'DRAFT SEALED', 'SIGNING SEALED', 'SEALED OPEN',
        'OPEN CLOSED', 'CLOSED SHUFFLING', 'CLOSED TALLIED', 'SHUFFLING TALLIED',
        'CLOSED UNCOUNTED', 'TALLIED PUBLISHED'];
    free text[] := ARRAY['phase', 'result_note', 'outcome_entry'];
BEGIN
    IF OLD.phase <> NEW.phase AND NOT (OLD.phase || ' ' || NEW.phase) = ANY (ways) THEN
        RAISE EXCEPTION 'an election does not move from % to %', OLD.phase, NEW.phase
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.phase = 'SIGNING' AND NEW.phase = 'SEALED' THEN
        free := free || ARRAY['record_timestamp', 'roll_salt', 'roll_entry', 'credentials_entry',
            'booth_entry', 'is_issuing_credentials'];
    END IF;
    IF OLD.phase = 'SIGNING' AND NEW.phase = 'DRAFT' THEN
        free := free || ARRAY['archived_election', 'archived_trustees', 'fingerprint',
            'booth_sha256', 'profile'];
    END IF;
    IF OLD.phase <> 'DRAFT' AND to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'a sealed election does not change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.result_note <> '' AND NEW.result_note <> OLD.result_note THEN
        RAISE EXCEPTION 'a signed result does not change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# Questions, trustees and credentials belong to the description that sealing closes.
ONLY_IN_DRAFT = """
CREATE FUNCTION voting_only_in_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record;
BEGIN
    IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
    PERFORM 1 FROM voting_election WHERE id = changed.election_id AND phase = 'DRAFT';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% of %: the election is sealed', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN changed;
END $$;
"""

CEREMONY = """
CREATE FUNCTION voting_ceremony_is_in_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record;
BEGIN
    IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
    PERFORM 1 FROM voting_election JOIN voting_trusteegroup
        ON voting_trusteegroup.election_id = voting_election.id
        WHERE voting_trusteegroup.id = changed.group_id AND phase = 'DRAFT';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% of %: the election is sealed', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN changed;
END $$;
"""

# A signature of the setup is taken, or dropped with the setup, while the trustees sign.
SIGNATURE = """
CREATE FUNCTION voting_only_while_signing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record;
BEGIN
    IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
    PERFORM 1 FROM voting_election WHERE id = changed.election_id AND phase = 'SIGNING';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% of %: the trustees are not signing', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN changed;
END $$;
"""

FUNCTIONS = [DENY, ONLY_COLUMNS_MAY_CHANGE, BALLOT, ELECTION, ONLY_IN_DRAFT]
FUNCTIONS += [CEREMONY, SIGNATURE]
NAMES = [
    "voting_deny",
    "voting_only_columns_may_change",
    "voting_ballot_is_recorded_once",
    "voting_election_moves_down",
    "voting_only_in_draft",
    "voting_ceremony_is_in_draft",
    "voting_only_while_signing",
]

# table, trigger, when, what
TRIGGERS = [
    ("voting_ballot", "stays", "BEFORE DELETE", "ROW", "voting_deny()"),
    ("voting_ballot", "unchanged", "BEFORE UPDATE", "ROW", "voting_ballot_is_recorded_once()"),
    ("voting_ballotalpha", "stays", "BEFORE DELETE", "ROW", "voting_deny()"),
    (
        "voting_ballotalpha",
        "unchanged",
        "BEFORE UPDATE",
        "ROW",
        "voting_only_columns_may_change('is_mingled')",
    ),
    (
        "voting_credential",
        "unchanged",
        "BEFORE UPDATE",
        "ROW",
        "voting_only_columns_may_change('position')",
    ),
    ("voting_credential", "draft", "BEFORE INSERT OR UPDATE OR DELETE", "ROW", "voting_only_in_draft()"),
    ("voting_challenge", "unchanged", "BEFORE UPDATE OR DELETE", "ROW", "voting_deny()"),
    (
        "voting_registration",
        "unchanged",
        "BEFORE UPDATE",
        "ROW",
        "voting_only_columns_may_change('is_mingled')",
    ),
    ("voting_question", "draft", "BEFORE INSERT OR UPDATE OR DELETE", "ROW", "voting_only_in_draft()"),
    ("voting_trustee", "draft", "BEFORE INSERT OR UPDATE OR DELETE", "ROW", "voting_only_in_draft()"),
    ("voting_trusteegroup", "draft", "BEFORE INSERT OR UPDATE OR DELETE", "ROW", "voting_only_in_draft()"),
    ("voting_ceremonymessage", "unchanged", "BEFORE UPDATE", "ROW", "voting_deny()"),
    ("voting_ceremonymessage", "draft", "BEFORE INSERT OR DELETE", "ROW", "voting_ceremony_is_in_draft()"),
    ("voting_complaint", "unchanged", "BEFORE UPDATE", "ROW", "voting_deny()"),
    ("voting_complaint", "draft", "BEFORE INSERT OR DELETE", "ROW", "voting_ceremony_is_in_draft()"),
    ("voting_transcriptsignature", "unchanged", "BEFORE UPDATE", "ROW", "voting_deny()"),
    ("voting_transcriptsignature", "signing", "BEFORE INSERT OR DELETE", "ROW", "voting_only_while_signing()"),
    ("voting_election", "stays", "BEFORE DELETE", "ROW", "voting_deny()"),
    ("voting_election", "unchanged", "BEFORE UPDATE", "ROW", "voting_election_moves_down()"),
    ("voting_record", "stays", "BEFORE DELETE", "ROW", "voting_deny()"),
    ("voting_recordevent", "unchanged", "BEFORE UPDATE OR DELETE", "ROW", "voting_deny()"),
    ("voting_recordobject", "unchanged", "BEFORE UPDATE OR DELETE", "ROW", "voting_deny()"),
]  # fmt: skip
TRIGGERS += [
    (table, "not_emptied", "BEFORE TRUNCATE", "STATEMENT", "voting_deny()")
    for table in sorted({table for table, *_ in TRIGGERS})
]

FORWARDS = FUNCTIONS + [
    f"CREATE TRIGGER {name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {function};"
    f" ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
    for table, name, when, each, function in TRIGGERS
]
# Ballots are digits, which the server's compression does not make shorter: it only tries to.
FORWARDS += ["ALTER TABLE voting_ballot ALTER COLUMN body SET STORAGE EXTERNAL;"]
BACKWARDS = [f"DROP FUNCTION {name}() CASCADE;" for name in NAMES]
