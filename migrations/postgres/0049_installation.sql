-- What the product beside Dues knows about a tenant: its own id and an address, and when the tenant was deleted.
ALTER TABLE tenants ADD COLUMN external_id TEXT;
ALTER TABLE tenants ADD COLUMN email TEXT;
-- A JSON object of texts.
ALTER TABLE tenants ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tenants ADD COLUMN deleted_at BIGINT;
-- When a deleted tenant's names, addresses and secrets were erased.
ALTER TABLE tenants ADD COLUMN erased_at BIGINT;
CREATE UNIQUE INDEX tenants_by_external_id ON tenants (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX tenants_to_erase ON tenants (deleted_at) WHERE deleted_at IS NOT NULL AND erased_at IS NULL;

-- The installation itself: the owner of its endpoints, keys and audit entries. No caller can name this id.
INSERT INTO tenants (tenant_id, name, created_at) VALUES ('installation', 'Installation', 0);

-- Keys that may act for every tenant. Only a hash of the secret is stored.
CREATE TABLE installation_keys (
    key_id       TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    -- Separated by commas.
    scopes       TEXT    NOT NULL,
    secret_hash  TEXT    NOT NULL,
    created_at   BIGINT NOT NULL,
    -- The operator; NULL for the command line.
    created_by   TEXT,
    expires_at   BIGINT,
    last_used_at BIGINT,
    -- Networks that may use the key, separated by commas; '' for all.
    sources      TEXT    NOT NULL DEFAULT '',
    revoked_at   BIGINT
);
