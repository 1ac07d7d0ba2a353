-- Links that prove an account's address: mailed to it, or printed by the person who runs the installation. Of a link only a hash of its
-- token is kept. A link proves `email` and no other: it is worth nothing once the account has another address.
CREATE TABLE address_proofs (
    token_hash TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (user_id),
    email      TEXT    NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX address_proofs_by_user ON address_proofs (user_id);
CREATE INDEX address_proofs_by_expiry ON address_proofs (expires_at);

-- The address that a link for a new password was made for: the link proves that one.
ALTER TABLE password_resets ADD COLUMN email TEXT NOT NULL DEFAULT '';
UPDATE password_resets SET email = (SELECT users.email FROM users WHERE users.user_id = password_resets.user_id);

-- Whether a link was mailed to the invited address, or shown to the admin who invited.
ALTER TABLE invitation_tokens ADD COLUMN is_mailed BOOLEAN NOT NULL DEFAULT FALSE;
