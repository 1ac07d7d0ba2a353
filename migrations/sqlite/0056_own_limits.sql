-- What the workspace's admins set for its limits, as JSON: thresholds of alerts and caps, at most one entry a feature.
ALTER TABLE tenants ADD COLUMN own_limits TEXT NOT NULL DEFAULT '[]';
