-- Global tables.

-- Who runs this installation: looked up at each request.
CREATE TABLE operators (
    user_id    TEXT    NOT NULL PRIMARY KEY REFERENCES users (user_id),
    created_at INTEGER NOT NULL
) STRICT;

-- How far an enterprise request has come, in whose words, and since when. `state` is new, talking, won or lost.
ALTER TABLE enterprise_requests ADD COLUMN state TEXT NOT NULL DEFAULT 'new';
ALTER TABLE enterprise_requests ADD COLUMN desk_note TEXT NOT NULL DEFAULT '';
ALTER TABLE enterprise_requests ADD COLUMN changed_at INTEGER;
CREATE INDEX enterprise_requests_by_state ON enterprise_requests (state, created_at, request_id);

-- What the operator's lists go by: they read a page of many thousands.
CREATE INDEX jobs_failing ON jobs (created_at, job_id) WHERE last_error IS NOT NULL;
CREATE INDEX inbox_waiting_by_age ON inbox (received_at, event_id) WHERE state = 'received';

-- Tenant tables: the same.
CREATE INDEX tenants_by_age ON tenants (created_at, tenant_id);
CREATE INDEX tenants_by_grant ON tenants (granted_plan) WHERE granted_plan IS NOT NULL;
CREATE INDEX subscriptions_by_state ON subscriptions (status, plan, cycle);
CREATE INDEX subscriptions_by_external_id ON subscriptions (external_id);
CREATE INDEX drift_by_time ON drift (found_at);
CREATE INDEX usage_counters_near ON usage_counters (period_start, tenant_id) WHERE level > 0;
