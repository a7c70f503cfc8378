-- Purpose: opens a revision.
-- ?1 number: INTEGER
-- ?2 commit_id: BLOB
-- ?3 recorded_at: INTEGER
-- ?4 actor: TEXT
-- ?5 source: TEXT
-- ?6 first_event: INTEGER
-- ?7 events: INTEGER
-- Returns: nothing.
-- Why so:  written before its events, which refer to it.
INSERT INTO revision (number, commit_id, recorded_at, actor, source, first_event, events)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
