-- The trace in which a job or a message was requested, as a W3C `traceparent`; NULL without tracing.
ALTER TABLE jobs ADD COLUMN traceparent TEXT;
ALTER TABLE webhook_messages ADD COLUMN traceparent TEXT;
