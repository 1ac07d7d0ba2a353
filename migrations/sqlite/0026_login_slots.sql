-- When the next try may be made for an account whose logins fail often, by all who are not known to it together.
CREATE TABLE login_slots (
    subject TEXT NOT NULL PRIMARY KEY,
    free_at BIGINT NOT NULL
);
CREATE INDEX login_slots_by_time ON login_slots (free_at);

-- Keys of this installation that sign what it hands to browsers, in hexadecimal.
CREATE TABLE signing_keys (
    purpose TEXT NOT NULL PRIMARY KEY,
    signing_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
