-- The last mail that an account asked for, by kind (address_proof, address_change), and the job that sends it: the account's pages say
-- what became of it. Of a change it is also the address that waits, whether or not that has an account.
CREATE TABLE account_mails (
    user_id  TEXT    NOT NULL REFERENCES users (user_id),
    kind     TEXT    NOT NULL,
    email    TEXT    NOT NULL,
    job_id   TEXT    NOT NULL,
    asked_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT;
CREATE INDEX account_mails_by_time ON account_mails (asked_at);
