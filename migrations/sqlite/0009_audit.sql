-- Who did what, and when, of what a workspace's owners answer for. Rows are written with what they tell of and stay as they are: they
-- outlive the people, keys and secrets that they name, so that nothing is referred to. `actor_name` is what the actor was called then.
CREATE TABLE audit_log (
    tenant_id  TEXT    NOT NULL,
    entry_id   TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT,
    actor_name TEXT,
    action     TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    details    TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, entry_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_log_by_time ON audit_log (tenant_id, at, entry_id);

CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
-- `INSERT OR REPLACE` deletes without asking the trigger above.
CREATE TRIGGER audit_log_is_not_replaced BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE tenant_id = NEW.tenant_id AND entry_id = NEW.entry_id)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
