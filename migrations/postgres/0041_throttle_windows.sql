-- When the window of a count is over: kinds have windows of their own, and what is over is deleted batch by batch.
ALTER TABLE login_failures ADD COLUMN window_end BIGINT NOT NULL DEFAULT 0;
UPDATE login_failures SET window_end = window_start + 86400000000;
CREATE INDEX login_failures_by_end ON login_failures (window_end);
