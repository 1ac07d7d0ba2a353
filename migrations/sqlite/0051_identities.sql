-- Links between accounts and users of identity providers.
CREATE TABLE identities (
    issuer       TEXT    NOT NULL,
    -- The user's id at the issuer.
    subject      TEXT    NOT NULL,
    user_id      TEXT    NOT NULL REFERENCES users (user_id),
    created_at   INTEGER NOT NULL,
    -- Exact to about an hour.
    last_used_at INTEGER,
    PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX identities_by_user ON identities (user_id);
