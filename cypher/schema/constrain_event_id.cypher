// Makes the id of an event unique, and finds it by seek.
// Returns: nothing
// Why: A uniqueness constraint before the first MERGE: without it two writers would create the same node twice.
CREATE CONSTRAINT constrain_event_id IF NOT EXISTS FOR (n:Event) REQUIRE n.id IS UNIQUE
