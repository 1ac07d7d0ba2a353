-- The parts of `described`, as JSON, to show it in each reader's language: a list in aside_subscriptions, one item in
-- unsold_prices. NULL in rows of former versions, which write `described` alone: the parts count only if they match it.
ALTER TABLE aside_subscriptions ADD COLUMN items TEXT;
ALTER TABLE unsold_prices ADD COLUMN item TEXT;
