-- Grows with everything that decides what a tenant may use, or who speaks for it. What a node remembers of a tenant holds as
-- long as this stands.
ALTER TABLE tenants ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

-- `used` is `folded`, what was counted before the ledger or has left it, and the amounts of the events in the ledger.
-- `version` grows with every write.
ALTER TABLE usage_counters ADD COLUMN folded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_counters ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
UPDATE usage_counters SET folded = used;

-- The ledger: what was counted, once a source and event; `part` tells apart the features of one call. For what the API
-- counts itself, `source` is the call, as `consume ai_tokens`: two words, which no event's source is. `amount` is what the counter changed by, `wanted` what was asked for. An event that came after
-- its period had ended is counted when it came: then `counted_at` is not `event_at`.
CREATE TABLE usage_events (
    tenant_id    TEXT   NOT NULL,
    source       TEXT   NOT NULL,
    event_id     TEXT   NOT NULL,
    part         BIGINT NOT NULL,
    feature      TEXT   NOT NULL,
    period_start BIGINT NOT NULL,
    change       TEXT   NOT NULL,
    wanted       BIGINT NOT NULL,
    amount       BIGINT NOT NULL,
    event_at     BIGINT NOT NULL,
    counted_at   BIGINT NOT NULL,
    recorded_at  BIGINT NOT NULL,
    used_after   BIGINT NOT NULL,
    limit_then   BIGINT,
    failure      TEXT,
    warning      TEXT,
    PRIMARY KEY (tenant_id, source, event_id, part)
);
-- Rows lie in the order in which they came, so the oldest are found without a tree that each event would have to be put into.
CREATE INDEX usage_events_by_age ON usage_events USING brin (recorded_at);
-- A busy counter is written over and over: room on its page keeps it there, and its index as it is.
ALTER TABLE usage_counters SET (fillfactor = 50);

-- Roll-ups, for history: what was counted in each, and how high the counter stood at most and in the end.
CREATE TABLE usage_hours (
    tenant_id TEXT   NOT NULL,
    feature   TEXT   NOT NULL,
    starts_at BIGINT NOT NULL,
    amount    BIGINT NOT NULL,
    peak      BIGINT NOT NULL,
    closing   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, feature, starts_at)
);

-- Of days whose hours are gone.
CREATE TABLE usage_days (
    tenant_id TEXT   NOT NULL,
    feature   TEXT   NOT NULL,
    starts_at BIGINT NOT NULL,
    amount    BIGINT NOT NULL,
    peak      BIGINT NOT NULL,
    closing   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, feature, starts_at)
);
