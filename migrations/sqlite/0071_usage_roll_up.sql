-- Which events the roll-ups by hour count: those whose `recorded_at` is not above `rolled_up_to`. The later ones are added
-- within seconds, or before the roll-ups are read. The time of an event is always above it when the event is recorded.
CREATE TABLE usage_roll_up (
    id           INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    rolled_up_to INTEGER NOT NULL
) STRICT;
-- So far each commit has written the roll-ups.
INSERT INTO usage_roll_up (id, rolled_up_to) SELECT 1, COALESCE(max(recorded_at), 0) FROM usage_events;
