-- ID tokens whose bearer signed in at the issuer before this open the account no more. A new password, a hand-over and signing out
-- everywhere end them, as they end sessions.
ALTER TABLE users ADD COLUMN tokens_since INTEGER NOT NULL DEFAULT 0;
UPDATE users SET tokens_since = sessions_since;

-- When a sign-in of another issuer was last used, to about an hour; NULL when that is not known.
ALTER TABLE firebase_users ADD COLUMN last_used_at INTEGER;
