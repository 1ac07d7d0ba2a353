-- Not used here: on PostgreSQL each commit writes the roll-ups. Only SQLite adds them later.
CREATE TABLE usage_roll_up (
    id           BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    rolled_up_to BIGINT NOT NULL
);
INSERT INTO usage_roll_up (id, rolled_up_to) VALUES (1, 0);
