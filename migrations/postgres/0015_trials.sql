-- Tenant tables: the tenant stands first in every key.

-- When a subscription's trial ends or ended; null for one that was paid from the start. A tenant with any has had its trial.
ALTER TABLE subscriptions ADD COLUMN trial_end BIGINT;
-- The plan and cycle that the provider puts it on by itself, and when; null when none waits.
ALTER TABLE subscriptions ADD COLUMN pending_plan TEXT;
ALTER TABLE subscriptions ADD COLUMN pending_cycle TEXT;
ALTER TABLE subscriptions ADD COLUMN pending_at BIGINT;

-- For how many days the order's page offers the plan for nothing: asked for again, it is the same page.
ALTER TABLE checkout_attempts ADD COLUMN trial_days BIGINT NOT NULL DEFAULT 0;

-- What a workspace's endpoints were last told of its subscription, as JSON: what time alone changes is told once, too.
CREATE TABLE told_subscriptions (
    tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
    data      TEXT NOT NULL
);
