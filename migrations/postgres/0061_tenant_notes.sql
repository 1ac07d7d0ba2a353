-- What operators noted about a tenant, for other operators. `author_id` is the operator's user id.
CREATE TABLE tenant_notes (
    tenant_id  TEXT    NOT NULL REFERENCES tenants (tenant_id),
    note_id    TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    author_id  TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, note_id)
);
CREATE INDEX tenant_notes_by_time ON tenant_notes (tenant_id, created_at, note_id);
