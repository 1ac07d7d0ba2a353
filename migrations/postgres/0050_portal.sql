-- Links into the portal, and the session that a link starts when it is opened. Only hashes of tokens are stored. Times
-- are wall time.
CREATE TABLE portal_sessions (
    link_hash       TEXT   NOT NULL PRIMARY KEY,
    tenant_id       TEXT   NOT NULL REFERENCES tenants (tenant_id),
    -- The product's id of the user.
    external_id     TEXT   NOT NULL,
    email           TEXT,
    name            TEXT,
    -- admin or member.
    role            TEXT   NOT NULL,
    -- Further permissions of the session, separated by commas.
    allow           TEXT   NOT NULL,
    return_url      TEXT   NOT NULL,
    return_label    TEXT,
    -- Path and query of the page on which the session begins.
    start_path      TEXT   NOT NULL,
    -- The installation key that made the link.
    created_by      TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    -- When the link expires; once it is opened, when the session ends.
    ends_at         BIGINT NOT NULL,
    opened_at       BIGINT,
    session_hash    TEXT,
    -- The time of the session's last request, stored at most once a minute.
    seen_at         BIGINT,
    -- The account's session that the browser had when it opened the link.
    account_session TEXT,
    ended_at        BIGINT
);
CREATE UNIQUE INDEX portal_sessions_by_session ON portal_sessions (session_hash) WHERE session_hash IS NOT NULL;
CREATE INDEX portal_sessions_by_user ON portal_sessions (tenant_id, external_id);
CREATE INDEX portal_sessions_by_end ON portal_sessions (ends_at);
