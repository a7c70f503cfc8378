// Indexes revisions by when they were recorded.
// Returns: nothing
// Why: Every revision has one event at index 1, so it stands there once, with its number.
CREATE INDEX index_event_recording IF NOT EXISTS FOR (n:Event) ON (n.index, n.recorded_at, n.revision)
