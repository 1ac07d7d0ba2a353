-- Imports of customers that pay at a provider already. `source` is 'csv' or where the external ids come from. `cursor` is the
-- provider's cursor of the next page of customers; `position` the last row that was read or decided. `adopts` says which rows of
-- a finished dry run are made real: 'all', 'selected', or none (NULL). While `holder` works, it renews `locked_until`. Times are
-- wall time.
CREATE TABLE imports (
    import_id    TEXT    NOT NULL PRIMARY KEY,
    provider     TEXT    NOT NULL,
    account_id   TEXT,
    source       TEXT    NOT NULL,
    is_dry_run   BOOLEAN NOT NULL,
    state        TEXT    NOT NULL,
    adopts       TEXT,
    cursor       TEXT,
    position     BIGINT  NOT NULL,
    counts       TEXT    NOT NULL,
    read_rows    BIGINT  NOT NULL,
    written_rows BIGINT  NOT NULL,
    failures     BIGINT  NOT NULL,
    error        TEXT,
    created_by   TEXT,
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    holder       TEXT,
    locked_until BIGINT  NOT NULL
);
-- At most one import runs for each provider.
CREATE UNIQUE INDEX imports_running ON imports (provider) WHERE state IN ('reading', 'planning', 'writing');
CREATE INDEX imports_by_time ON imports (created_at);

-- The customers of an import. `linked_outcome` is set in the transaction that links the tenant, `applied_at` when its
-- subscriptions are stored. `details` is a JSON object. `created_at` is the import's.
CREATE TABLE import_rows (
    import_id      TEXT    NOT NULL,
    position       BIGINT  NOT NULL,
    external_id    TEXT,
    name           TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    customer       TEXT    NOT NULL,
    is_selected    BOOLEAN NOT NULL,
    outcome        TEXT,
    linked_outcome TEXT,
    tenant_id      TEXT,
    details        TEXT,
    applied_at     BIGINT ,
    created_at     BIGINT  NOT NULL,
    PRIMARY KEY (import_id, position)
);
CREATE INDEX import_rows_by_external_id ON import_rows (import_id, external_id);
CREATE INDEX import_rows_by_customer ON import_rows (customer, import_id);
CREATE INDEX import_rows_by_outcome ON import_rows (import_id, outcome, position);
CREATE INDEX import_rows_by_tenant ON import_rows (tenant_id);
CREATE INDEX import_rows_by_time ON import_rows (created_at);

-- The live subscriptions of an import's customers, for its totals. `price_id`, `described` and `cycle` are those of a price that
-- no plan sells.
CREATE TABLE import_subscriptions (
    import_id       TEXT    NOT NULL,
    position        BIGINT  NOT NULL,
    subscription_id TEXT    NOT NULL,
    currency        TEXT,
    yearly_minor    BIGINT  NOT NULL,
    price_id        TEXT,
    described       TEXT,
    cycle           TEXT,
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (import_id, position, subscription_id)
);
CREATE INDEX import_subscriptions_by_time ON import_subscriptions (created_at);
