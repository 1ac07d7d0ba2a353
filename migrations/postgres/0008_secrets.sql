-- A workspace's own key, sealed under the setting `SECRETS_KEY`: what seals its secrets. What is sealed begins with the id of the key
-- that sealed it.
CREATE TABLE tenant_data_keys (
    tenant_id  TEXT   NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
    sealed_key TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Each opens only for its tenant and name.
CREATE TABLE secrets (
    tenant_id    TEXT   NOT NULL REFERENCES tenants (tenant_id),
    name         TEXT   NOT NULL,
    sealed_value TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    PRIMARY KEY (tenant_id, name)
);
