-- Global tables.

-- Who signs in by Firebase ID tokens: the subject of a project's tokens is one of our people. Such a person may have no password:
-- then `users.password_hash` is empty.
CREATE TABLE firebase_users (
    project_id TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    user_id    TEXT    NOT NULL REFERENCES users (user_id),
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (project_id, subject)
);
CREATE INDEX firebase_users_by_user ON firebase_users (user_id);

-- Sessions that began before this are over. A new password ends all that there are.
ALTER TABLE users ADD COLUMN sessions_since BIGINT NOT NULL DEFAULT 0;

-- Links that set a new password. Of a link only a hash of its token is kept; a used one is deleted.
CREATE TABLE password_resets (
    token_hash TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (user_id),
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);
CREATE INDEX password_resets_by_user ON password_resets (user_id);
CREATE INDEX password_resets_by_expiry ON password_resets (expires_at);

-- Answers to requests that brought an `Idempotency-Key`, sealed: some show a secret this once. `key_hash` is of who asked, what
-- and the key; `answer` is missing while the request is being worked on under `claim`, which nobody believes any more after
-- `locked_until`.
CREATE TABLE idempotency_keys (
    key_hash     TEXT    NOT NULL PRIMARY KEY,
    request_hash TEXT    NOT NULL,
    claim        TEXT    NOT NULL,
    locked_until BIGINT  NOT NULL,
    answer       TEXT,
    created_at   BIGINT  NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Sent by anybody; tenant and user are those who were signed in.
CREATE TABLE enterprise_requests (
    request_id     TEXT    NOT NULL PRIMARY KEY,
    company        TEXT    NOT NULL,
    contact_name   TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    use_cases      TEXT    NOT NULL,
    expected_scale TEXT    NOT NULL,
    notes          TEXT    NOT NULL,
    tenant_id      TEXT,
    user_id        TEXT,
    created_at     BIGINT  NOT NULL
);
CREATE INDEX enterprise_requests_by_age ON enterprise_requests (created_at);

-- Tenant tables: the tenant stands first in every key.

ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT;
ALTER TABLE api_keys ADD COLUMN created_by TEXT;

-- `state` is open, accepted, withdrawn or replaced; an open one that has expired counts for nothing.
CREATE TABLE invitations (
    tenant_id     TEXT    NOT NULL REFERENCES tenants (tenant_id),
    invitation_id TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    invited_by    TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    expires_at    BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, invitation_id)
);
CREATE UNIQUE INDEX one_open_invitation ON invitations (tenant_id, email) WHERE state = 'open';

-- An invitation has a link for the admin who made it and one for each try to mail it; whichever is used first accepts it. A token
-- is random and long, and looked up before the tenant is known.
CREATE TABLE invitation_tokens (
    tenant_id     TEXT    NOT NULL,
    token_hash    TEXT    NOT NULL,
    invitation_id TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitations (tenant_id, invitation_id)
);
CREATE INDEX invitation_tokens_by_hash ON invitation_tokens (token_hash);
