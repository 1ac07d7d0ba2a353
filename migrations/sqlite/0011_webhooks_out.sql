-- Where a tenant's own servers want to be told. The secrets are sealed under SECRETS_KEY for the row that they stand in; a former
-- one signs too until `former_until`. No `events` are all of them. `disabled_at` is null while it is told.
CREATE TABLE webhook_endpoints (
    tenant_id     TEXT    NOT NULL REFERENCES tenants (tenant_id),
    endpoint_id   TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    events        TEXT    NOT NULL,
    secret        TEXT    NOT NULL,
    former_secret TEXT,
    former_until  INTEGER,
    disabled_at   INTEGER,
    disabled_why  TEXT,
    failing_since INTEGER,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, endpoint_id)
) STRICT;

-- What one endpoint is told of one event: the message, its place in the queue (`next_try_at`, null when nothing more is tried) and
-- what came of it. `attempts` also says whose turn it is: who has been outrun writes nothing.
CREATE TABLE webhook_messages (
    tenant_id       TEXT    NOT NULL,
    message_id      TEXT    NOT NULL,
    endpoint_id     TEXT    NOT NULL,
    event           TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    locked_until    INTEGER NOT NULL,
    next_try_at     INTEGER,
    delivered_at    INTEGER,
    last_attempt_at INTEGER,
    last_status     INTEGER,
    last_answer     TEXT,
    last_error      TEXT,
    PRIMARY KEY (tenant_id, message_id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, endpoint_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX webhook_messages_by_endpoint ON webhook_messages (tenant_id, endpoint_id, message_id);
CREATE INDEX webhook_messages_due ON webhook_messages (next_try_at, message_id) WHERE next_try_at IS NOT NULL;
CREATE INDEX webhook_messages_in_hand ON webhook_messages (tenant_id, endpoint_id, locked_until) WHERE locked_until > 0;
CREATE INDEX webhook_messages_by_time ON webhook_messages (created_at);
