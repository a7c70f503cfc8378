// Makes the id of a record, within its kind, unique, and finds it by seek.
// Returns: nothing
// Why: The planner looks up what it changes; a second record of one name would be a mistake that this stops.
CREATE CONSTRAINT constrain_record_id IF NOT EXISTS FOR (n:Record) REQUIRE (n.kind, n.id) IS UNIQUE
