-- Global tables.

-- How far a provider's own list of events was read: when the newest of them was made, by the provider's clock.
CREATE TABLE event_cursors (
    provider  TEXT   NOT NULL PRIMARY KEY,
    newest_at BIGINT NOT NULL
);

-- A job that is about a workspace names it, so that its admins see when it fails and can have it tried again.
ALTER TABLE jobs ADD COLUMN tenant_id TEXT;
CREATE INDEX jobs_by_tenant ON jobs (tenant_id) WHERE tenant_id IS NOT NULL;

-- What arrived about an object at a provider.
CREATE INDEX inbox_by_subject ON inbox (provider, subject, received_at);

-- Tenant tables: the tenant stands first in every key.

-- When the walk over all subscriptions last came by, by wall time.
ALTER TABLE customers ADD COLUMN walked_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX customers_by_walk ON customers (walked_at);

-- What was stored of a subscription otherwise than the provider had it, and was mended. `was` is missing where nothing was stored.
CREATE TABLE drift (
    tenant_id   TEXT   NOT NULL REFERENCES tenants (tenant_id),
    found_at    BIGINT NOT NULL,
    provider    TEXT   NOT NULL,
    external_id TEXT   NOT NULL,
    found_by    TEXT   NOT NULL,
    was         TEXT,
    became      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, found_at, provider, external_id)
);

-- Subscriptions that were paid beside another: one stays (`kept`), this one is canceled and refunded. `state` is found, canceling,
-- canceled, refunded, flagged or dropped; times are billing time.
CREATE TABLE doubled_subscriptions (
    tenant_id      TEXT   NOT NULL REFERENCES tenants (tenant_id),
    provider       TEXT   NOT NULL,
    external_id    TEXT   NOT NULL,
    plan           TEXT   NOT NULL,
    kept           TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    refunded_minor BIGINT,
    currency       TEXT,
    reason         TEXT,
    found_at       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, provider, external_id)
);

-- When the billing clock alone changes what holds for a workspace: a period or a grace ends.
CREATE TABLE billing_turns (
    tenant_id TEXT   NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
    due_at    BIGINT NOT NULL
);
CREATE INDEX billing_turns_by_time ON billing_turns (due_at);

-- What admins were told of a payment that has been due since `since`: each kind once.
CREATE TABLE dunning_notices (
    tenant_id   TEXT   NOT NULL REFERENCES tenants (tenant_id),
    provider    TEXT   NOT NULL,
    external_id TEXT   NOT NULL,
    since       BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    told_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, provider, external_id, since, kind)
);
