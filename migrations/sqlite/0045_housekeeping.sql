-- Which node deletes or folds old rows, by task: until `lapses_at` the other nodes leave the task to it.
CREATE TABLE housekeeping_leases (
    task      TEXT    NOT NULL PRIMARY KEY,
    holder    TEXT    NOT NULL,
    lapses_at INTEGER NOT NULL
) STRICT;

-- The oldest rows, for deletion in slices.
CREATE INDEX usage_events_by_time ON usage_events (recorded_at);
CREATE INDEX usage_hours_by_time ON usage_hours (starts_at, tenant_id, feature);
CREATE INDEX usage_counters_by_period ON usage_counters (feature, period_start) WHERE period_start > 0;
CREATE INDEX invitations_by_expiry ON invitations (expires_at, tenant_id, invitation_id);
CREATE INDEX invitation_tokens_by_invitation ON invitation_tokens (tenant_id, invitation_id);
CREATE INDEX inbox_done ON inbox (received_at) WHERE state <> 'received';
-- Jobs that were given up: `run_at` is the last second of the year 9999.
CREATE INDEX jobs_given_up ON jobs (created_at) WHERE run_at = 253402300799000000;

-- The scheduled transitions that are due, in their order.
DROP INDEX billing_turns_by_time;
CREATE INDEX billing_turns_by_time ON billing_turns (due_at, tenant_id);
