-- The networks that an installation key was used from, each as a hash. A use from a new network is a security event.
CREATE TABLE installation_key_networks (
    key_id        TEXT    NOT NULL,
    network_hash  TEXT    NOT NULL,
    first_seen_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, network_hash),
    FOREIGN KEY (key_id) REFERENCES installation_keys (key_id) ON DELETE CASCADE
) STRICT;
