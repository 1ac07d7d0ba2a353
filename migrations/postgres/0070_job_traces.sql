-- The trace in which a job was requested, as a W3C `traceparent`; NULL without tracing.
ALTER TABLE jobs ADD COLUMN traceparent TEXT;
