-- The networks that a key was used from, each as a hash: a use from another one is a security event.
CREATE TABLE key_networks (
    tenant_id     TEXT   NOT NULL,
    key_id        TEXT   NOT NULL,
    network_hash  TEXT   NOT NULL,
    first_seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, key_id, network_hash),
    FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys (tenant_id, key_id) ON DELETE CASCADE
);
