-- Purpose: finds records of a kind by state.
-- Returns: nothing.
-- Why so:  the open ones are few among the many that were worked off; ordered by place inside a state.
CREATE INDEX IF NOT EXISTS record_by_state ON record (kind, state, revision, place);
