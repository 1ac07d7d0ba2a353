-- Jobs of each kind wait in a lane of their own, so that a provider that is silent holds up no mail.
ALTER TABLE jobs ADD COLUMN lane TEXT NOT NULL DEFAULT 'housekeeping';
UPDATE jobs SET lane = 'mail' WHERE task LIKE '{"task":"mail\_%' ESCAPE '\';
UPDATE jobs SET lane = 'provider' WHERE task LIKE '{"task":"expire\_checkout"%' ESCAPE '\'
    OR task LIKE '{"task":"walk\_subscriptions"%' ESCAPE '\' OR task LIKE '{"task":"turn\_period"%' ESCAPE '\';
UPDATE jobs SET lane = 'stripe' WHERE task LIKE '%"provider":"stripe"%' AND lane = 'housekeeping';
UPDATE jobs SET lane = 'polar' WHERE task LIKE '%"provider":"polar"%' AND lane = 'housekeeping';
CREATE INDEX jobs_by_lane ON jobs (lane, run_at, job_id);
DROP INDEX jobs_by_time;

-- How quickly an endpoint answered last: new (not called yet), prompt or slow. Each waits in a lane of its own. `served_at` is
-- when one of its messages was last taken in hand: the tenant that was served least recently is next.
ALTER TABLE webhook_endpoints ADD COLUMN pace TEXT NOT NULL DEFAULT 'new';
ALTER TABLE webhook_endpoints ADD COLUMN served_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX webhook_messages_waiting ON webhook_messages (tenant_id, endpoint_id, next_try_at, message_id)
    WHERE next_try_at IS NOT NULL;
