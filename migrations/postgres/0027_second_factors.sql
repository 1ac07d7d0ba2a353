-- Whose session it is, so that a person sees their own and ends them.
ALTER TABLE sessions ADD COLUMN user_id TEXT;
UPDATE sessions SET user_id = (data::json -> 'signed_in') ->> 'user';
CREATE INDEX sessions_by_user ON sessions (user_id);

-- A second factor by time (RFC 6238). Its secret is sealed; it holds once it is enabled.
CREATE TABLE second_factors (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (user_id),
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    enabled_at BIGINT,
    last_step BIGINT NOT NULL DEFAULT 0
);

-- What lets a person in who has lost the second factor: each once.
CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL REFERENCES users (user_id),
    code_hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

-- Links that give an account another address.
CREATE TABLE address_changes (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id),
    email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX address_changes_by_user ON address_changes (user_id);
CREATE INDEX address_changes_by_end ON address_changes (expires_at);
