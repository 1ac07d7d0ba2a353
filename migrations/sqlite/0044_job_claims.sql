-- The token of the worker that has claimed the job, random for each claim; null while no worker has. Only the holder of the last
-- claim writes an outcome.
ALTER TABLE jobs ADD COLUMN claim TEXT;

-- When the next job of a lane is due.
CREATE INDEX jobs_next ON jobs (lane, (CASE WHEN run_at > locked_until THEN run_at ELSE locked_until END));
