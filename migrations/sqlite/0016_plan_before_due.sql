-- While a payment is due: the plan that was paid before; null where nobody saw it paid. What it was changed to since is not paid.
ALTER TABLE subscriptions ADD COLUMN plan_before_due TEXT;
