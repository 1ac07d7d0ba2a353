-- Whether somebody has shown that the account's address is hers: by a mailed link, or by an ID token that says so. Whoever shows it
-- later has the account for herself. What was there before counts as shown.
ALTER TABLE users ADD COLUMN has_proven_address BOOLEAN NOT NULL DEFAULT TRUE;
