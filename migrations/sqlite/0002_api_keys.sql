-- Of a key only a hash of its secret is kept. The key's own id is random and long, and looked up before the tenant is known.
CREATE TABLE api_keys (
    tenant_id   TEXT    NOT NULL REFERENCES tenants (tenant_id),
    key_id      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    scopes      TEXT    NOT NULL,
    secret_hash TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    revoked_at  INTEGER,
    PRIMARY KEY (tenant_id, key_id)
) STRICT;
CREATE INDEX api_keys_by_id ON api_keys (key_id);
