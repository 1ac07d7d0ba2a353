-- The order in which the jobs of a lane are claimed. Jobs of one tenant that wait together are a second apart, so that a backlog of one
-- tenant does not hold up another's jobs. It is an order, not a time to wait: `run_at` alone says when a job is due.
ALTER TABLE jobs ADD COLUMN fair_at INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET fair_at = run_at;
CREATE INDEX jobs_fair ON jobs (lane, fair_at, run_at, job_id);
DROP INDEX jobs_by_lane;
-- The last of a tenant's jobs that wait in a lane.
DROP INDEX jobs_by_tenant;
CREATE INDEX jobs_by_tenant ON jobs (tenant_id, lane, fair_at, run_at) WHERE tenant_id IS NOT NULL;
