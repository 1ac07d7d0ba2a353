-- How the counter stood to its limit when that was last looked at: 0 below, 1 near, 2 reached.
ALTER TABLE usage_counters ADD COLUMN level BIGINT NOT NULL DEFAULT 0;

-- What was told of limits: each kind once in the span that began at `told_since`. `feature` is the catalog's key then.
CREATE TABLE usage_alerts (
    tenant_id  TEXT   NOT NULL,
    feature    TEXT   NOT NULL,
    told_since BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    told_at    BIGINT NOT NULL,
    used       BIGINT NOT NULL,
    limit_then BIGINT,
    PRIMARY KEY (tenant_id, feature, told_since, kind)
);
CREATE INDEX usage_alerts_by_time ON usage_alerts (tenant_id, told_at);
