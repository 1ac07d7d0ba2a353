-- Jobs leave this table as fast as they come. Vacuumed early, the look-up of the next job passes few dead rows.
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
