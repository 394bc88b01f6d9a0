"""What PostgreSQL refuses and Django cannot say."""

# Phases of one consultation do not overlap. An exclusion over a number and a range of time
# needs the extension btree_gist; a box needs none: one side is the consultation, the other the
# time in seconds. Boxes that touch count as overlapping, hence the millisecond. Time zone UTC
# makes the expression immutable.
PHASES_DO_NOT_OVERLAP = """
ALTER TABLE deliberation_phase ADD CONSTRAINT deliberation_phases_do_not_overlap
EXCLUDE USING gist (
    box(
        point(consultation_id, extract(epoch FROM starts_at AT TIME ZONE 'UTC')::float8),
        point(consultation_id, extract(epoch FROM ends_at AT TIME ZONE 'UTC')::float8 - 0.001)
    ) WITH &&
);
"""

# Rows that the log vouches for, and words that people answered to, are never changed or
# dropped. A seat belt: what proves a change is the log.
WRITTEN_ONCE_TABLES = (
    "deliberation_proposalversion",
    "deliberation_comment",
    "deliberation_moderationact",
    "deliberation_phasechange",
)

WRITTEN_ONCE = """
CREATE FUNCTION deliberation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'written once: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION deliberation_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change;
"""
    for table in WRITTEN_ONCE_TABLES
)

REMOVE = """
ALTER TABLE deliberation_phase DROP CONSTRAINT deliberation_phases_do_not_overlap;
DROP FUNCTION deliberation_refuse_change() CASCADE;
"""
