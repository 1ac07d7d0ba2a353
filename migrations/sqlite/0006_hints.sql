-- How often a job was asked for: one that is asked for while it is done is done again.
ALTER TABLE jobs ADD COLUMN wanted INTEGER NOT NULL DEFAULT 1;

-- What was received of an object at a provider is followed by one job.
CREATE INDEX inbox_waiting ON inbox (provider, subject) WHERE state = 'received';
DELETE FROM jobs WHERE task LIKE '{"task":"process_webhook",%';
INSERT INTO jobs (job_id, task, run_at, attempts, locked_until, created_at)
SELECT provider || ' ' || event_id, '{"task":"follow_hints","provider":"' || provider || '","subject":' || subject || '}',
    received_at, 0, 0, received_at
FROM inbox WHERE state = 'received';
