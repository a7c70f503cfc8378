// Makes the id of an operation unique, and finds it by seek.
// Returns: nothing
// Why: A uniqueness constraint before the first MERGE: without it two writers would create the same node twice.
CREATE CONSTRAINT constrain_operation_id IF NOT EXISTS FOR (n:Operation) REQUIRE n.id IS UNIQUE
