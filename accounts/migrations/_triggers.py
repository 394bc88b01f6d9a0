"""What PostgreSQL itself refuses: to change a roll once it is sealed.

The triggers on entries run once per statement, so that a million rows cost one query.
Django takes every module here without a leading underscore for a migration.
"""

REFUSE_CHANGES_TO_SEALED_ROLLS = """
CREATE FUNCTION accounts_refuse_sealed_roll() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sealed_at IS NOT NULL THEN
        RAISE EXCEPTION 'roll % is sealed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION accounts_refuse_sealed_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM accounts_roll
        WHERE sealed_at IS NOT NULL AND id IN (SELECT DISTINCT roll_id FROM changed)
    ) THEN
        RAISE EXCEPTION 'the roll is sealed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER accounts_sealed_roll BEFORE UPDATE OR DELETE ON accounts_roll
    FOR EACH ROW EXECUTE FUNCTION accounts_refuse_sealed_roll();
CREATE TRIGGER accounts_sealed_entry_added AFTER INSERT ON accounts_rollentry
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_sealed_entries();
CREATE TRIGGER accounts_sealed_entry_removed AFTER DELETE ON accounts_rollentry
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_sealed_entries();
CREATE TRIGGER accounts_sealed_entry_moved_away AFTER UPDATE ON accounts_rollentry
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_sealed_entries();
CREATE TRIGGER accounts_sealed_entry_moved_in AFTER UPDATE ON accounts_rollentry
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_sealed_entries();
"""

ALLOW_CHANGES_TO_SEALED_ROLLS = """
DROP TRIGGER accounts_sealed_roll ON accounts_roll;
DROP TRIGGER accounts_sealed_entry_added ON accounts_rollentry;
DROP TRIGGER accounts_sealed_entry_removed ON accounts_rollentry;
DROP TRIGGER accounts_sealed_entry_moved_away ON accounts_rollentry;
DROP TRIGGER accounts_sealed_entry_moved_in ON accounts_rollentry;
DROP FUNCTION accounts_refuse_sealed_roll();
DROP FUNCTION accounts_refuse_sealed_entries();
"""
