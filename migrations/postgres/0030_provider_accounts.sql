-- Global tables.

-- The account at each payment provider in which the customers of this installation are: Stripe's account or Polar's organization,
-- in its `live` or `test` mode. While the key opens another one, nothing is asked there and nothing is written.
CREATE TABLE provider_accounts (
    provider   TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    mode       TEXT NOT NULL
);

-- Every account that was ever believed, by wall time. `how` is first_contact or adopted.
CREATE TABLE provider_account_history (
    provider   TEXT    NOT NULL,
    since      BIGINT  NOT NULL,
    account_id TEXT    NOT NULL,
    mode       TEXT    NOT NULL,
    how        TEXT    NOT NULL,
    PRIMARY KEY (provider, since, account_id, mode)
);

-- A job that waits until the key opens the right account of this provider. Not a failure: it is done as soon as that is so.
ALTER TABLE jobs ADD COLUMN held_for TEXT;
CREATE INDEX jobs_held ON jobs (held_for, job_id) WHERE held_for IS NOT NULL;

-- Tenant tables: the tenant stands first in every key.

-- What this installation has seen at a provider and what the provider does not know now, by wall time. `kind` is customer,
-- subscription or checkout. It is no end of anything: a row goes when the provider knows the object again.
CREATE TABLE unknown_at_provider (
    tenant_id   TEXT    NOT NULL REFERENCES tenants (tenant_id),
    provider    TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    found_at    BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, provider, kind, external_id)
);
CREATE INDEX unknown_at_provider_by_time ON unknown_at_provider (found_at, external_id);
