-- MRR at list prices by month (UTC, as '2026-04') and currency. The row of the current month is written anew about once a day
-- of billing time, so that a past month has its last figures.
CREATE TABLE revenue_months (
    month         TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    monthly_minor INTEGER NOT NULL,
    subscriptions INTEGER NOT NULL,
    taken_at      INTEGER NOT NULL,
    PRIMARY KEY (month, currency)
) STRICT;

-- What changes of subscriptions meant for MRR. Rows are only added, in the transaction of the change. Times are billing time.
CREATE TABLE revenue_changes (
    tenant_id     TEXT    NOT NULL,
    change_id     TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    month         TEXT    NOT NULL,
    provider      TEXT    NOT NULL,
    external_id   TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    monthly_minor INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, change_id)
) STRICT;
CREATE INDEX revenue_changes_by_month ON revenue_changes (month, currency, kind, monthly_minor);
CREATE INDEX revenue_changes_by_time ON revenue_changes (at);

-- The counts of subscriptions by currency, too.
DROP INDEX subscriptions_by_state;
CREATE INDEX subscriptions_by_state ON subscriptions (status, plan, cycle, currency);

-- What is known of the time before: starts, ends and trials of stored subscriptions, at the prices at which they were bought.
-- Former changes of plan are not known. A trial counts as converted if the subscription outlived it by a day.
INSERT INTO revenue_changes (tenant_id, change_id, at, month, provider, external_id, kind, currency, monthly_minor)
SELECT tenant_id, provider || ':' || external_id || ':new', started_at, strftime('%Y-%m', started_at / 1000000, 'unixepoch'),
    provider, external_id, 'new', currency, CASE cycle WHEN 'yearly' THEN (price_minor + 6) / 12 ELSE price_minor END
FROM subscriptions WHERE price_minor IS NOT NULL AND currency IS NOT NULL AND trial_end IS NULL
    AND status IN ('active', 'past_due', 'unpaid', 'paused', 'canceled');
INSERT INTO revenue_changes (tenant_id, change_id, at, month, provider, external_id, kind, currency, monthly_minor)
SELECT tenant_id, provider || ':' || external_id || ':trial_started', started_at, strftime('%Y-%m', started_at / 1000000, 'unixepoch'),
    provider, external_id, 'trial_started', currency, CASE cycle WHEN 'yearly' THEN (price_minor + 6) / 12 ELSE price_minor END
FROM subscriptions WHERE price_minor IS NOT NULL AND currency IS NOT NULL AND trial_end IS NOT NULL;
INSERT INTO revenue_changes (tenant_id, change_id, at, month, provider, external_id, kind, currency, monthly_minor)
SELECT tenant_id, provider || ':' || external_id || ':trial_converted', trial_end, strftime('%Y-%m', trial_end / 1000000, 'unixepoch'),
    provider, external_id, 'trial_converted', currency, CASE cycle WHEN 'yearly' THEN (price_minor + 6) / 12 ELSE price_minor END
FROM subscriptions WHERE price_minor IS NOT NULL AND currency IS NOT NULL AND trial_end IS NOT NULL
    AND (status IN ('active', 'past_due', 'unpaid') OR (status = 'canceled' AND ended_at > trial_end + 86400000000));
INSERT INTO revenue_changes (tenant_id, change_id, at, month, provider, external_id, kind, currency, monthly_minor)
SELECT tenant_id, provider || ':' || external_id || ':churned', ended_at, strftime('%Y-%m', ended_at / 1000000, 'unixepoch'),
    provider, external_id, 'churned', currency, CASE cycle WHEN 'yearly' THEN (price_minor + 6) / 12 ELSE price_minor END
FROM subscriptions WHERE price_minor IS NOT NULL AND currency IS NOT NULL AND status = 'canceled' AND ended_at IS NOT NULL
    AND (trial_end IS NULL OR ended_at > trial_end + 86400000000);
