-- What each API key reported of a feature on a day (UTC, billing time). Written seconds after the ledger, so that a node that
-- stops without notice loses its last seconds here, and never in the ledger.
CREATE TABLE usage_by_key (
    tenant_id TEXT    NOT NULL REFERENCES tenants (tenant_id),
    feature   TEXT    NOT NULL,
    day       BIGINT  NOT NULL,
    key_id    TEXT    NOT NULL,
    amount    BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, feature, day, key_id)
);
CREATE INDEX usage_by_key_by_day ON usage_by_key (day);
