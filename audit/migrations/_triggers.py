"""Triggers that keep the tables of the log append-only.

A seat belt, not the guarantee: whoever owns the database can take it off. What cannot be
undone is the signed checkpoint that others have seen.
"""

APPEND_ONLY_TABLES = (
    "audit_logentry",
    "audit_tile",
    "audit_treehead",
    "audit_checkpoint",
    "audit_publication",
    "audit_cosignature",
    "audit_timestamp",
)

_FUNCTIONS = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION audit_release_only_logged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_logentry WHERE identity = OLD.identity) THEN
        RAISE EXCEPTION 'entry % is not in the log yet and cannot be dropped', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
"""

_ROW_TRIGGER = """
CREATE TRIGGER refuse_{name} BEFORE {events} ON {table}
    FOR EACH {each} EXECUTE FUNCTION {function}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_{name};
"""


def _trigger(
    *, table: str, name: str, events: str, each: str = "ROW", function: str = "audit_refuse_change"
) -> str:
    return _ROW_TRIGGER.format(table=table, name=name, events=events, each=each, function=function)


INSTALL = _FUNCTIONS + "".join(
    _trigger(table=table, name="change", events="UPDATE OR DELETE")
    + _trigger(table=table, name="truncate", events="TRUNCATE", each="STATEMENT")
    for table in APPEND_ONLY_TABLES
)
INSTALL += _trigger(table="audit_pendingentry", name="change", events="UPDATE")
INSTALL += _trigger(
    table="audit_pendingentry", name="truncate", events="TRUNCATE", each="STATEMENT"
)
INSTALL += _trigger(
    table="audit_pendingentry",
    name="loss",
    events="DELETE",
    function="audit_release_only_logged",
)

REMOVE = "DROP FUNCTION audit_release_only_logged() CASCADE; DROP FUNCTION audit_refuse_change() CASCADE;"
