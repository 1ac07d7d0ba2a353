-- Who did what, and when, of what a workspace's owners answer for. Rows are written with what they tell of and stay as they are: they
-- outlive the people, keys and secrets that they name, so that nothing is referred to. `actor_name` is what the actor was called then.
CREATE TABLE audit_log (
    tenant_id  TEXT   NOT NULL,
    entry_id   TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    actor_kind TEXT   NOT NULL,
    actor_id   TEXT,
    actor_name TEXT,
    action     TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    details    TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, entry_id)
);
CREATE INDEX audit_log_by_time ON audit_log (tenant_id, at, entry_id);

CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to';
END;
$$;
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_log();
CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log();
