-- What a cycle costs where it was bought, which the catalog may say otherwise since, and what is open of it; null where the provider
-- did not tell yet. Both in minor units of the currency.
ALTER TABLE subscriptions ADD COLUMN price_minor INTEGER;
ALTER TABLE subscriptions ADD COLUMN due_minor INTEGER;
ALTER TABLE subscriptions ADD COLUMN currency TEXT;
