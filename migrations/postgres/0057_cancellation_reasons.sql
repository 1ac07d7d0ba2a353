-- Why a subscription's customer canceled it. Deleted when they take the cancellation back.
CREATE TABLE cancellation_reasons (
    tenant_id   TEXT   NOT NULL REFERENCES tenants (tenant_id),
    provider    TEXT   NOT NULL,
    external_id TEXT   NOT NULL,
    -- The chosen reason; NULL for a comment alone.
    feedback    TEXT,
    comment     TEXT,
    given_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, provider, external_id)
);
