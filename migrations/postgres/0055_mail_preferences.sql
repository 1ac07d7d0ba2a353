-- Which mails about a workspace a person has turned on or off; without a row, the kind's default applies. For a monthly
-- report that is on, `due_at` is the start of the next month, in billing time. `sent_for` is the start of the month of
-- the last report that was handed to the mail server: no report is sent twice.
CREATE TABLE mail_preferences (
    tenant_id  TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    is_on      BOOLEAN NOT NULL,
    changed_at BIGINT  NOT NULL,
    due_at     BIGINT,
    sent_for   BIGINT,
    PRIMARY KEY (tenant_id, user_id, kind),
    FOREIGN KEY (tenant_id, user_id) REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX mail_preferences_due ON mail_preferences (due_at) WHERE due_at IS NOT NULL;
