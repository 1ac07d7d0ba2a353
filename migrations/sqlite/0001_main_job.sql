-- Global tables: people, their sessions, and what arrives before its tenant is known.

CREATE TABLE users (
    user_id       TEXT   NOT NULL PRIMARY KEY,
    email         TEXT   NOT NULL UNIQUE,
    password_hash TEXT   NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

-- The key is a hash of the cookie's id, so that a copy of the database signs nobody in.
CREATE TABLE sessions (
    session_hash TEXT   NOT NULL PRIMARY KEY,
    data         TEXT   NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Failed logins by what they are counted against: an account or an address.
CREATE TABLE login_failures (
    subject      TEXT   NOT NULL PRIMARY KEY,
    failures     INTEGER NOT NULL,
    window_start INTEGER NOT NULL
) STRICT;

CREATE TABLE inbox (
    provider    TEXT   NOT NULL,
    event_id    TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    received_at INTEGER NOT NULL,
    handled_at  INTEGER,
    PRIMARY KEY (provider, event_id)
) STRICT;

CREATE TABLE jobs (
    job_id       TEXT   NOT NULL PRIMARY KEY,
    task         TEXT   NOT NULL,
    run_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    last_error   TEXT,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_by_time ON jobs (run_at);

-- Tenant tables: the tenant stands first in every key.

CREATE TABLE tenants (
    tenant_id    TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,
    granted_plan TEXT,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    tenant_id  TEXT   NOT NULL REFERENCES tenants (tenant_id),
    user_id    TEXT   NOT NULL REFERENCES users (user_id),
    role       TEXT   NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) STRICT;
CREATE INDEX memberships_by_user ON memberships (user_id);

-- One customer a tenant at each provider. `revision` grows with every write of what was fetched: a slower, older fetch loses.
CREATE TABLE customers (
    tenant_id   TEXT   NOT NULL REFERENCES tenants (tenant_id),
    provider    TEXT   NOT NULL,
    external_id TEXT   NOT NULL,
    revision    INTEGER NOT NULL,
    fetched_at  INTEGER,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, provider)
) STRICT;
CREATE INDEX customers_by_external_id ON customers (provider, external_id);

CREATE TABLE subscriptions (
    tenant_id            TEXT    NOT NULL REFERENCES tenants (tenant_id),
    provider             TEXT    NOT NULL,
    external_id          TEXT    NOT NULL,
    plan                 TEXT    NOT NULL,
    cycle                TEXT    NOT NULL,
    status               TEXT    NOT NULL,
    started_at           INTEGER NOT NULL,
    period_start         INTEGER NOT NULL,
    period_end           INTEGER NOT NULL,
    cancel_at_period_end INTEGER NOT NULL,
    ended_at             INTEGER,
    past_due_since       INTEGER,
    payment_method       TEXT,
    fetched_at           INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, provider, external_id)
) STRICT;

CREATE TABLE checkout_attempts (
    tenant_id   TEXT   NOT NULL REFERENCES tenants (tenant_id),
    attempt_id  TEXT   NOT NULL,
    provider    TEXT   NOT NULL,
    plan        TEXT   NOT NULL,
    cycle       TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    success_url TEXT   NOT NULL,
    cancel_url  TEXT   NOT NULL,
    session_id  TEXT,
    created_by  TEXT   NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id)
) STRICT;
CREATE UNIQUE INDEX one_open_checkout_attempt ON checkout_attempts (tenant_id) WHERE state = 'open';

-- `period_start` is 0 for a gauge.
CREATE TABLE usage_counters (
    tenant_id    TEXT   NOT NULL REFERENCES tenants (tenant_id),
    feature      TEXT   NOT NULL,
    period_start INTEGER NOT NULL,
    used         INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, feature, period_start)
) STRICT;
