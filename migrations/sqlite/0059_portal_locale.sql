-- The tag of the language of the session's pages; NULL for the browser's.
ALTER TABLE portal_sessions ADD COLUMN locale TEXT;
